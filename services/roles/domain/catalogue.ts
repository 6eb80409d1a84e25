import { contracts } from '#contracts/all.ts';
import type { Contract } from '#contracts/common/define.ts';
import type { OwnerRule } from '#contracts/common/owners.ts';
import type { Bilingual } from '#contracts/common/values.ts';

export interface Declared {
  readonly permission: string;
  readonly service: string;
  readonly title: Bilingual;
  /** Built-in roles that have it at first. */
  readonly roles: readonly string[];
}

/** Every permission, from the contracts of all services. */
export function catalogue(): Declared[] {
  return (Object.values(contracts) as Contract[]).flatMap((contract) =>
    Object.entries(contract.permissions).map(([permission, { title, roles }]) => ({
      permission,
      service: contract.name,
      title,
      roles,
    })),
  );
}

/** Where a permission is asked for, with the ownership rule that is declared beside it. */
export function endpointsOf(permission: string): { endpoint: string; owner: OwnerRule | null }[] {
  return (Object.values(contracts) as Contract[]).flatMap((contract) =>
    Object.values(contract.http).flatMap(({ method, path, access }) =>
      access.kind === 'user' && access.permission === permission
        ? [{ endpoint: `${method} /api/v1${path}`, owner: access.owner ?? null }]
        : [],
    ),
  );
}

export const BUILT_IN: Readonly<Record<string, Bilingual>> = {
  freelancer: { ru: 'Исполнитель', en: 'Freelancer' },
  client: { ru: 'Заказчик', en: 'Client' },
  support: { ru: 'Поддержка', en: 'Support' },
  admin: { ru: 'Администратор', en: 'Admin' },
};

/** Roles that a person may take by himself. */
export const OPEN_ROLES: readonly string[] = ['freelancer', 'client'];

/** What comes with the open roles as they are declared. */
export function openPermissions(): string[] {
  return catalogue()
    .filter((one) => one.roles.some((role) => OPEN_ROLES.includes(role)))
    .map((one) => one.permission);
}

/** What the admin role must keep, so that somebody can always mend rights. */
export const KEEPS_CONTROL: readonly string[] = [
  'roles.view',
  'admin.roles.view',
  'admin.roles.edit',
  'admin.roles.assign',
];
