import type { Contract } from '#contracts/common/define.ts';
import { accessText, publicPath } from './openapi.ts';

const ROLES = ['freelancer', 'client', 'support', 'admin'] as const;

/** Role × endpoint as the platform is set up (Z1): Markdown. */
export function permissionMatrix(contracts: readonly Contract[]): string {
  const permissions = Object.assign({}, ...contracts.map((contract) => contract.permissions)) as Record<
    string,
    { roles: readonly string[] }
  >;
  const rows = contracts.flatMap((contract) =>
    Object.values(contract.http)
      .filter((route) => route.access.kind !== 'service')
      .map((route) => {
        const { access } = route;
        const may = (role: string) =>
          access.kind !== 'user' || access.permission === null || permissions[access.permission]?.roles.includes(role)
            ? '●'
            : '';
        return `| ${contract.name} | ${route.method} ${publicPath(route)} | ${access.kind === 'guest' ? '●' : ''} | ${ROLES.map(may).join(' | ')} | ${accessText(access)} |`;
      }),
  );
  return `# Who may do what\n\nMade from the contracts by \`npm run generate\`. Roles are data: an admin may change what they hold.\n\n| service | endpoint | guest | ${ROLES.join(' | ')} | rule |\n|---|---|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}
