import type { z } from 'zod';
import type { staffMember } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { formatDate } from '../ui/format.ts';
import { Check, Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown, Status, Tags } from '../ui/parts.tsx';

type Member = z.output<typeof staffMember>;
const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Members of support and administration: roles, shifts, load; and an invitation. */
export function AdminStaff() {
  useTitle(t('admin.staff'));
  const staff = useLoad(() => api('admin', 'listStaff'), []);
  const roles = useLoad(
    () => (can('admin.roles.view') ? api('admin', 'listRoles') : Promise.resolve({ items: [] })),
    [],
  );
  const names = (roles.data?.items ?? []).map((one) => one.name);
  return (
    <>
      <AdminTabs at="/admin/staff" />
      {can('admin.staff.invite') && (
        <Fold title={t('staffPage.invite')} kind="fold-main">
          <Form
            reset
            button={t('staffPage.invite')}
            submit={async (typed) => {
              await api('admin', 'inviteStaff', {
                body: {
                  email: typed.text('email'),
                  displayName: typed.text('displayName'),
                  roles: [typed.text('role')],
                  locale: typed.text('locale') as 'ru',
                },
              });
              staff.reload();
            }}
          >
            <Field label={t('field.email')} name="email" type="email" required />
            <Field label={t('field.displayName')} name="displayName" required maxLength={100} />
            <Select
              label={t('staffPage.role')}
              name="role"
              value="support"
              options={['support', 'admin'].map((one) => [one, one])}
            />
            <Select
              label={t('field.locale')}
              name="locale"
              value="ru"
              options={[
                ['ru', 'Русский'],
                ['en', 'English'],
              ]}
            />
          </Form>
        </Fold>
      )}
      <Shown of={staff}>
        {({ items }) => (
          <ul class="cards">
            {items.map((one) => (
              <li key={one.userId} class="card">
                <p class="card-top">
                  <b>{one.displayName || one.userId}</b>
                  {one.present !== null && <Status kind="presence" of={one.present ? 'here' : 'gone'} />}
                  <span>{t('presence.load', { count: one.openTickets })}</span>
                </p>
                <small class="muted">
                  {one.email} · {formatDate(one.since)}
                </small>
                <Tags of={one.roles} />
                <div class="row">
                  {can('admin.staff.manage') && <Shifts member={one} changed={staff.reload} />}
                  {can('admin.roles.assign') && names.length > 0 && (
                    <Roles member={one} names={names} changed={staff.reload} />
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </>
  );
}

function Shifts({ member, changed }: { member: Member; changed: () => void }) {
  const planned = member.shifts?.items ?? [];
  const of = (day: number) => planned.find((one) => one.day === day);
  const zone = planned.length > 0 ? member.shifts?.timeZone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Fold title={t('staffPage.shifts')}>
      <Form
        button={t('common.save')}
        submit={async (typed) => {
          const items = DAYS.flatMap((day) => {
            const [from, to] = [typed.text(`from${day}`), typed.text(`to${day}`)];
            return from && to ? [{ day, from, to }] : [];
          });
          const body = { timeZone: typed.text('timeZone'), items };
          await api('admin', 'putShifts', { params: { userId: member.userId }, body });
          changed();
        }}
      >
        <Field label={t('field.timeZone')} name="timeZone" value={zone ?? 'Europe/Moscow'} required />
        {DAYS.map((day) => (
          <div class="pair" key={day}>
            <Field
              label={`${t(`weekday.${day}`)}, ${t('common.from')}`}
              name={`from${day}`}
              type="time"
              value={of(day)?.from ?? ''}
              required={false}
            />
            <Field
              label={`${t(`weekday.${day}`)}, ${t('common.to')}`}
              name={`to${day}`}
              type="time"
              value={of(day)?.to ?? ''}
              required={false}
            />
          </div>
        ))}
      </Form>
    </Fold>
  );
}

function Roles({ member, names, changed }: { member: Member; names: readonly string[]; changed: () => void }) {
  return (
    <Fold title={t('staffPage.roles')}>
      <Form
        button={t('common.save')}
        submit={async (typed) => {
          await api('admin', 'assignRoles', {
            params: { userId: member.userId },
            body: { roles: typed.all('roles'), reason: typed.text('reason') },
          });
          changed();
        }}
      >
        <div class="checks">
          {names.map((name) => (
            <Check key={name} label={name} name="roles" value={name} checked={member.roles.includes(name)} />
          ))}
        </div>
        <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={500} />
      </Form>
    </Fold>
  );
}
