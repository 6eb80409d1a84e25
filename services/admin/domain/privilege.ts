/** Roles below the administration: their rights are nobody's privilege to act on or to hand out. */
const ORDINARY = new Set(['freelancer', 'client', 'support']);

interface RoleRights {
  readonly name: string;
  readonly permissions: readonly string[];
}

/**
 * Whether rights go beyond those of the actor. What freelancers, clients and support may do does not count: an admin
 * manages them without being able to do their work.
 */
export function isAbove(
  permissions: readonly string[],
  actor: ReadonlySet<string>,
  roles: readonly RoleRights[],
): boolean {
  const ordinary = new Set(roles.filter((role) => ORDINARY.has(role.name)).flatMap((role) => role.permissions));
  return permissions.some((permission) => !actor.has(permission) && !ordinary.has(permission));
}
