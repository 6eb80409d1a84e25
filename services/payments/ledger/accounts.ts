import type { Currency } from '#contracts/common/values.ts';
import type { ACCOUNT_KINDS } from '#contracts/payments/events.ts';
import { type Queries, raw, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** Names one account. `userId` null: the platform's own. */
export interface AccountName {
  readonly account: AccountKind;
  readonly userId: string | null;
  readonly currency: Currency;
}

export interface Account {
  readonly accountId: string;
  readonly balance: bigint;
}

const PLATFORM = '00000000-0000-0000-0000-000000000000';
/** In the text, not a parameter: only so is it the expression of the index. */
const NOBODY = raw(`'${PLATFORM}'::uuid`);
export const nameOf = (of: AccountName) => `${of.account}:${of.userId ?? PLATFORM}:${of.currency}`;

/**
 * The accounts, made where missing, by their names. People's are locked, all at once and in the order of their ids: so
 * two transactions never wait for each other in a ring, whatever they move afterwards.
 */
export async function openAccounts(tx: Queries, of: readonly AccountName[]): Promise<Map<string, Account>> {
  const wanted = [...new Map(of.map((name) => [nameOf(name), name])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, name]) => name);
  const kinds = wanted.map((name) => name.account);
  const users = wanted.map((name) => name.userId);
  const currencies = wanted.map((name) => name.currency);
  const wantedRows = sql`unnest(${kinds}::text[], ${users}::uuid[], ${currencies}::text[]) as t (kind, user_id, currency)
      join accounts a on a.kind = t.kind and a.currency = t.currency and coalesce(a.user_id, ${NOBODY}) = coalesce(t.user_id, ${NOBODY})`;
  const columns = sql`a.account_id as "accountId", a.balance, a.kind as account, a.user_id as "userId", a.currency`;
  const find = () =>
    tx.many<Account & AccountName>(sql`
      select * from (select ${columns} from ${wantedRows} where a.user_id is not null order by a.account_id for update of a) personal
      union all select ${columns} from ${wantedRows} where a.user_id is null`);
  let found = await find();
  if (found.length < wanted.length) {
    await tx.run(sql`
      insert into accounts (account_id, kind, user_id, currency)
      select * from unnest(${wanted.map(() => newId())}::uuid[], ${kinds}::text[], ${users}::uuid[], ${currencies}::text[]) on conflict do nothing`);
    found = await find();
  }
  return new Map(found.map(({ accountId, balance, ...name }) => [nameOf(name), { accountId, balance }]));
}
