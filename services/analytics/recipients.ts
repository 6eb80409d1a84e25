import type { AnalyticsContext } from './context.ts';

const PERMISSION = 'analytics.reports';
/** Most people who are offered as recipients. */
const MOST = 100;

export async function mayGetReports(ctx: AnalyticsContext, userId: string): Promise<boolean> {
  const { allowed } = await ctx.clients.roles.checkPermission({ query: { userId, permission: PERMISSION } });
  return allowed;
}

/** People whose roles let them get reports. */
export async function possibleRecipients(ctx: AnalyticsContext): Promise<{ userId: string; displayName: string }[]> {
  const { items: roles } = await ctx.clients.roles.listRoles({});
  const members = new Set<string>();
  for (const role of roles.filter((one) => one.permissions.includes(PERMISSION))) {
    const { items } = await ctx.clients.roles.listMembers({ params: { name: role.name }, query: { limit: MOST } });
    for (const { userId } of items) members.add(userId);
  }
  const ids = [...members].slice(0, MOST);
  if (ids.length === 0) return [];
  const { items } = await ctx.clients.users.getContacts({ query: { ids: ids.join(',') } });
  return items
    .filter((contact) => contact.status === 'active')
    .map(({ userId, displayName }) => ({ userId, displayName }))
    .sort((a, b) => a.displayName.localeCompare(b.displayName));
}
