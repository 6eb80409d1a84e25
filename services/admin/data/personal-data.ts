import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1): who else acted stays out. */
export const personalData = personalDataHandlers({
  audit: {
    title: { ru: 'Журнал: что делали вы и что делали с вашей записью', en: 'Audit log: by you, and on your account' },
    rows: (userId) => sql`
      select at, action, outcome, actor_id = ${userId} as "byYou", case when actor_id = ${userId} then address end as address
      from audit_log where actor_id = ${userId} or (target_kind = 'user' and target_id = ${userId}::text) order by number`,
  },
  blocks: {
    title: { ru: 'Блокировки', en: 'Blocks' },
    rows: (userId) => sql`
      select block_id as "blockId", rule, reason, until, blocked_at as "blockedAt", lifted_at as "liftedAt" from blocks where user_id = ${userId} order by blocked_at, block_id`,
  },
  blockAppeals: {
    title: { ru: 'Ваши обжалования блокировок', en: 'Your appeals against blocks' },
    rows: (userId) => sql`
      select appeal_id as "appealId", text, created_at as "createdAt", status, answer from block_appeals where user_id = ${userId} order by created_at, appeal_id`,
  },
  escalations: {
    title: { ru: 'Обращения, переданные администратору', en: 'Tickets passed to an admin' },
    rows: (userId) => sql`
      select number, kind, subject, escalated_at as "escalatedAt", status from escalations where author_id = ${userId} order by number`,
  },
});
