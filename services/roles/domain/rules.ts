import type { Locale } from '#contracts/common/values.ts';
import { KEEPS_CONTROL, OPEN_ROLES } from './catalogue.ts';

interface Grants {
  readonly name: string;
  readonly permissions: readonly string[];
}

/** Sorted, each once: roles and permissions are sets. */
export function asSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

export function difference(these: readonly string[], without: readonly string[]): string[] {
  const others = new Set(without);
  return these.filter((one) => !others.has(one));
}

/**
 * Which of the permissions somebody may not hand on: neither his own nor such as any registered person may take with
 * an open role, which are no privilege.
 */
export function beyondOwn(permissions: readonly string[], own: readonly string[], open: readonly string[]): string[] {
  return asSet(difference(difference(permissions, own), open));
}

/** Permissions at stake when the roles of somebody change: of what is given and of what is taken. */
export function atStake(all: readonly Grants[], before: readonly string[], after: readonly string[]): string[] {
  const changed = new Set([...difference(after, before), ...difference(before, after)]);
  return asSet(
    all
      .filter((role) => changed.has(role.name) && !OPEN_ROLES.includes(role.name))
      .flatMap((role) => [...role.permissions]),
  );
}

/** What the admin role would lose that it must keep, so that somebody can always mend rights. */
export function lostControl(role: string, permissions: readonly string[], known: readonly string[]): string[] {
  if (role !== 'admin') return [];
  return KEEPS_CONTROL.filter((permission) => known.includes(permission) && !permissions.includes(permission));
}

/** Why a user may or may not do something, in a sentence. */
export function explainText(
  permission: string,
  roles: readonly string[],
  granting: readonly string[],
  locale: Locale,
): string {
  const ru = locale === 'ru';
  if (granting.length > 0)
    return ru
      ? `Право ${permission} даёт роль: ${granting.join(', ')}`
      : `${permission} comes with ${granting.join(', ')}`;
  if (roles.length === 0) return ru ? 'У пользователя нет ролей' : 'The user has no role';
  return ru
    ? `Ни одна из ролей не даёт права ${permission}: ${roles.join(', ')}`
    : `None of the roles holds ${permission}: ${roles.join(', ')}`;
}
