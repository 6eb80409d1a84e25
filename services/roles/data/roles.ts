import type { Bilingual } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface RoleRow {
  name: string;
  roleId: string;
  title: Bilingual;
  builtIn: boolean;
  permissions: string[];
  version: number;
  updatedAt: Date;
}

export const roleColumns = sql`name, role_id as "roleId", title, built_in as "builtIn", permissions, version, updated_at as "updatedAt"`;

export function listRoles(db: Queries): Promise<RoleRow[]> {
  return db.many<RoleRow>(sql`select ${roleColumns} from roles order by built_in desc, name`);
}

export function lockRole(tx: Tx, name: string): Promise<RoleRow | undefined> {
  return tx.maybe<RoleRow>(sql`select ${roleColumns} from roles where name = ${name} for update`);
}

export function rolesOf(db: Queries, userId: string): Promise<{ name: string; permissions: string[] }[]> {
  return db.many(
    sql`select r.name, r.permissions from assignments a join roles r on r.name = a.role where a.user_id = ${userId} order by r.name`,
  );
}

/** Roles and the union of their permissions. */
export async function rightsOf(db: Queries, userId: string): Promise<{ roles: string[]; permissions: string[] }> {
  const rows = await rolesOf(db, userId);
  return {
    roles: rows.map((row) => row.name),
    permissions: [...new Set(rows.flatMap((row) => row.permissions))].sort(),
  };
}

/** Changes of assignments and roles wait for each other: «the last admin» is a rule over all of them. */
export async function lockAssignments(tx: Tx): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtext('roles.assignments'))::text as locked`);
}

/** Roles as they are replaced, under `lockAssignments`. */
export async function replaceRoles(tx: Tx, userId: string, roles: readonly string[], now: Date): Promise<void> {
  await tx.run(sql`delete from assignments where user_id = ${userId} and not role = any(${[...roles]}::text[])`);
  await tx.run(sql`
    insert into assignments (user_id, role, since)
    select ${userId}, name, ${now} from unnest(${[...roles]}::text[]) as t (name) on conflict do nothing`);
}

export interface Change {
  at: Date;
  actorId: string | null;
  action: 'created' | 'changed' | 'assigned';
  role?: string | null;
  userId?: string | null;
  before: readonly string[];
  after: readonly string[];
  reason: string;
}

export async function remember(tx: Tx, change: Change): Promise<void> {
  await tx.run(sql`
    insert into history (at, actor_id, action, role, user_id, before, after, reason)
    values (${change.at}, ${change.actorId}, ${change.action}, ${change.role ?? null}, ${change.userId ?? null}, ${[...change.before]}, ${[...change.after]}, ${change.reason})`);
}

const changeColumns = sql`at, actor_id as "actorId", action, role, user_id as "userId", before, after, reason`;

interface ChangeRow {
  at: Date;
  actorId: string | null;
  action: 'created' | 'changed' | 'assigned';
  role: string | null;
  userId: string | null;
  before: string[];
  after: string[];
  reason: string;
}

/** The last hundred changes of a role, newest first. */
export function historyOfRole(db: Queries, name: string): Promise<ChangeRow[]> {
  return db.many<ChangeRow>(
    sql`select ${changeColumns} from history where role = ${name} order by change_id desc limit 100`,
  );
}

/** The last hundred changes of a user's roles, newest first. */
export function historyOfUser(db: Queries, userId: string): Promise<ChangeRow[]> {
  return db.many<ChangeRow>(
    sql`select ${changeColumns} from history where user_id = ${userId} order by change_id desc limit 100`,
  );
}

/** Whether somebody else took this role from the person and nobody has given it back. */
export async function wasWithdrawn(db: Queries, userId: string, role: string): Promise<boolean> {
  const last = await db.maybe<{ after: string[] }>(sql`
    select after from history
    where user_id = ${userId} and actor_id is distinct from ${userId} and (${role} = any(before)) <> (${role} = any(after))
    order by change_id desc limit 1`);
  return last !== undefined && !last.after.includes(role);
}
