import { analyticsErrors } from '../analytics/http.ts';
import { authErrors } from '../auth/http.ts';
import type { ErrorDefinition, Permission } from '../common/define.ts';
import { notificationsErrors } from '../notifications/http.ts';
import { rolesErrors } from '../roles/http.ts';
import { supportErrors } from '../support/http.ts';
import { usersErrors } from '../users/http.ts';
import { backupRoutes } from './routes-backups.ts';
import { casesRoutes } from './routes-cases.ts';
import { peopleRoutes } from './routes-people.ts';
import { runningRoutes } from './routes-running.ts';
import { settingsRoutes } from './routes-settings.ts';

/** Public routes of admin, below `/api/v1`. */
export const adminHttp = { ...peopleRoutes, ...settingsRoutes, ...casesRoutes, ...runningRoutes, ...backupRoutes };

const admin = ['admin'];
export const adminPermissions: Record<string, Permission> = {
  'admin.users.view': { title: { ru: 'Видеть пользователей', en: 'See users' }, roles: ['admin', 'support'] },
  'admin.users.block': { title: { ru: 'Блокировать пользователей', en: 'Block users' }, roles: admin },
  'admin.users.erase': { title: { ru: 'Удалять пользователей', en: 'Erase users' }, roles: admin },
  'admin.roles.view': { title: { ru: 'Видеть роли', en: 'See roles' }, roles: admin },
  'admin.roles.edit': { title: { ru: 'Менять роли', en: 'Edit roles' }, roles: admin },
  'admin.roles.assign': { title: { ru: 'Назначать роли', en: 'Assign roles' }, roles: admin },
  'admin.staff.view': { title: { ru: 'Видеть сотрудников', en: 'See staff' }, roles: admin },
  'admin.staff.invite': { title: { ru: 'Приглашать сотрудников', en: 'Invite staff' }, roles: admin },
  'admin.staff.manage': { title: { ru: 'Планировать смены', en: 'Plan shifts' }, roles: admin },
  'admin.settings.view': { title: { ru: 'Видеть настройки', en: 'See settings' }, roles: admin },
  'admin.settings.edit': { title: { ru: 'Менять настройки', en: 'Edit settings' }, roles: admin },
  'admin.dictionaries.edit': { title: { ru: 'Менять справочники', en: 'Edit dictionaries' }, roles: admin },
  'admin.templates.view': { title: { ru: 'Видеть шаблоны', en: 'See templates' }, roles: admin },
  'admin.templates.edit': { title: { ru: 'Менять шаблоны', en: 'Edit templates' }, roles: admin },
  'admin.notices.send': { title: { ru: 'Рассылать уведомления', en: 'Send notices' }, roles: admin },
  'admin.escalations.view': { title: { ru: 'Видеть эскалации', en: 'See escalations' }, roles: admin },
  'admin.escalations.decide': { title: { ru: 'Решать эскалации', en: 'Decide escalations' }, roles: admin },
  'admin.tickets.view': { title: { ru: 'Видеть обращения', en: 'See tickets' }, roles: admin },
  'admin.tickets.assign': { title: { ru: 'Назначать обращения', en: 'Assign tickets' }, roles: admin },
  'admin.reports.view': { title: { ru: 'Смотреть отчёты', en: 'See reports' }, roles: admin },
  'admin.audit.view': { title: { ru: 'Смотреть журнал', en: 'See the audit log' }, roles: admin },
  'admin.dead-letters.view': { title: { ru: 'Видеть недоставленные события', en: 'See dead letters' }, roles: admin },
  'admin.dead-letters.manage': {
    title: { ru: 'Повторять и удалять недоставленные события', en: 'Replay and discard dead letters' },
    roles: admin,
  },
  'admin.health.view': {
    title: { ru: 'Видеть состояние платформы', en: 'See the health of the platform' },
    roles: admin,
  },
  'admin.backups.view': { title: { ru: 'Видеть резервные копии', en: 'See backups' }, roles: admin },
  'admin.backups.make': { title: { ru: 'Делать и проверять копии', en: 'Make and verify backups' }, roles: admin },
  'admin.backups.restore': { title: { ru: 'Восстанавливать из копии', en: 'Restore a backup' }, roles: admin },
};

/** Its own, and those of the services that execute its acts: they come through as they are. */
export const adminErrors: Record<string, ErrorDefinition> = {
  ...analyticsErrors,
  ...authErrors,
  ...notificationsErrors,
  ...rolesErrors,
  ...supportErrors,
  ...usersErrors,
  'admin.own_account': {
    status: 409,
    title: { ru: 'Это ваша собственная учётная запись', en: 'This is your own account' },
  },
  'admin.above_own': {
    status: 403,
    title: { ru: 'Прав у пользователя больше, чем у вас', en: 'The rights concerned exceed your own' },
  },
  'admin.no_such_rule': {
    status: 400,
    title: { ru: 'Такого правила нет в справочнике', en: 'No such rule in the dictionary' },
  },
  'admin.no_such_evidence': { status: 400, title: { ru: 'Такого файла нет', en: 'No such file' } },
  'admin.proposal_differs': {
    status: 409,
    title: {
      ru: 'Другой администратор предложил иное: подтвердить можно только то же самое',
      en: 'Another admin proposed something else: only the same can be confirmed',
    },
  },
  'admin.appealed_already': {
    status: 409,
    title: { ru: 'Эта блокировка уже обжалована', en: 'This block was appealed already' },
  },
  'admin.same_person': {
    status: 409,
    title: { ru: 'Это решает другой администратор', en: 'Another admin has to decide this' },
  },
  'admin.second_admin_needed': {
    status: 409,
    title: {
      ru: 'Предложение записано: то же действие должен подтвердить другой администратор',
      en: 'Proposed: another admin has to do the same to confirm it',
    },
  },
  'admin.block_in_past': { status: 400, title: { ru: 'Срок блокировки уже прошёл', en: 'The block would be over' } },
  'admin.setting_faulty': { status: 400, title: { ru: 'Недопустимое значение настройки', en: 'Value not allowed' } },
  'admin.setting_in_past': {
    status: 400,
    title: { ru: 'Настройка не может действовать задним числом', en: 'A setting cannot act from the past' },
  },
  'admin.key_faulty': { status: 400, title: { ru: 'Недопустимый ключ', en: 'Key not allowed' } },
  'admin.parent_faulty': { status: 400, title: { ru: 'Недопустимая родительская запись', en: 'Parent not allowed' } },
  'admin.no_recipients': { status: 400, title: { ru: 'Нет получателей', en: 'No recipients' } },
  'admin.too_many_recipients': { status: 400, title: { ru: 'Слишком много получателей', en: 'Too many recipients' } },
  'admin.backup_busy': {
    status: 409,
    title: { ru: 'Другая работа с копиями ещё идёт', en: 'Another task of backups still runs' },
  },
  'admin.not_confirmed': {
    status: 400,
    title: { ru: 'Имя копии не совпадает', en: 'The name of the backup does not match' },
  },
  'admin.already_decided': { status: 409, title: { ru: 'Решение уже принято', en: 'Already decided' } },
};
