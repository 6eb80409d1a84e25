import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1). */
export const personalData = personalDataHandlers({
  roles: {
    title: { ru: 'Роли', en: 'Roles' },
    rows: (userId) => sql`select role, since from assignments where user_id = ${userId} order by role`,
  },
  history: {
    title: { ru: 'Изменения ролей', en: 'Changes of roles' },
    rows: (userId) => sql`
      select at, action, before, after, reason from history where user_id = ${userId} order by change_id`,
  },
});
