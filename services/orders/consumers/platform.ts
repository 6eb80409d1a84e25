import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { FIRST, type FollowMerge } from '../jobs/follow-merge.ts';

type C = Consumers<typeof ordersContract, OrdersContext>;

export const settingChanged: C['settingChanged'] = async (_ctx, event) => async (tx) => {
  const { key, version, value, actsFrom } = event.data;
  if (!key.startsWith('orders.')) return;
  await tx.run(
    sql`insert into settings (key, version, value, acts_from) values (${key}, ${version}, ${JSON.stringify(value)}, ${actsFrom}) on conflict do nothing`,
  );
};

export const dictionaryChanged: C['dictionaryChanged'] = async (_ctx, event) => async (tx) => {
  const { dictionary, version, entries } = event.data;
  await tx.run(sql`
    insert into dictionaries (dictionary, version, keys) values (${dictionary}, ${version}, ${entries.filter((entry) => !entry.deprecated).map((entry) => entry.key)})
    on conflict (dictionary) do update set version = excluded.version, keys = excluded.keys where dictionaries.version < excluded.version`);
};

/** What names the merged entry follows, in portions. */
export const dictionaryMerged: C['dictionaryMerged'] = async (_ctx, event) => async (tx) => {
  const { dictionary, from, into } = event.data;
  if (dictionary !== 'categories' && dictionary !== 'skills' && dictionary !== 'styles') return;
  const work: FollowMerge = { dictionary, from, into, after: FIRST };
  await tx.schedule('followMerge', work, { key: `merge:${event.id}` });
};
