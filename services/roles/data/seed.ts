import { type Db, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { BUILT_IN, catalogue } from '../domain/catalogue.ts';
import { lockAssignments, remember } from './roles.ts';

/**
 * Makes the built-in roles, and gives them the permissions that this release adds: each once, so that what an admin
 * has taken away stays away. Harmless to repeat, from any replica.
 */
export async function seedRoles(db: Db, now: Date): Promise<void> {
  const declared = catalogue();
  await db.tx(async (tx) => {
    await lockAssignments(tx);
    for (const [name, title] of Object.entries(BUILT_IN)) {
      await tx.run(sql`
        insert into roles (name, role_id, title, built_in, permissions, updated_at)
        values (${name}, ${newId()}, ${JSON.stringify(title)}, true, '{}', ${now}) on conflict do nothing`);
    }
    const fresh = await tx.many<{ permission: string }>(sql`
      insert into known_permissions select * from unnest(${declared.map((one) => one.permission)}::text[])
      on conflict do nothing returning permission`);
    const added = new Set(fresh.map((row) => row.permission));
    for (const name of Object.keys(BUILT_IN)) {
      const gets = declared
        .filter((one) => added.has(one.permission) && one.roles.includes(name))
        .map((one) => one.permission);
      if (gets.length === 0) continue;
      const { before, after } = await tx.one<{ before: string[]; after: string[] }>(sql`
        update roles r set permissions = (select array_agg(distinct p order by p) from unnest(r.permissions || ${gets}::text[]) as t (p)),
          version = r.version + 1, updated_at = ${now}
        from (select name, permissions from roles where name = ${name} for update) as old
        where r.name = old.name returning old.permissions as before, r.permissions as after`);
      const reason = 'declared by the release';
      await remember(tx, { at: now, actorId: null, action: 'changed', role: name, before, after, reason });
    }
  });
}
