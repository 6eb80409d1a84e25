import type { Currency } from '#contracts/common/values.ts';
import type { ACCOUNT_KINDS } from '#contracts/payments/events.ts';
import { raw, sql, type Tx } from '#kit/db/db.ts';
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
 * The accounts that are there, by their names. People's are locked, all at once and in the order of their ids: so two
 * transactions never wait for each other in a ring, whatever they move afterwards.
 */
export async function findAccounts(tx: Tx, of: readonly AccountName[]): Promise<Map<string, Account>> {
  const { kinds, users, currencies } = columnsOf(of);
  if (kinds.length === 0) return new Map();
  const wantedRows = sql`unnest(${kinds}::text[], ${users}::uuid[], ${currencies}::text[]) as t (kind, user_id, currency)
      join accounts a on a.kind = t.kind and a.currency = t.currency and coalesce(a.user_id, ${NOBODY}) = coalesce(t.user_id, ${NOBODY})`;
  const columns = sql`a.account_id as "accountId", a.balance, a.kind as account, a.user_id as "userId", a.currency`;
  const found = await tx.many<Account & AccountName>(sql`
    select * from (select ${columns} from ${wantedRows} where a.user_id is not null order by a.account_id for update of a) personal
    union all select ${columns} from ${wantedRows} where a.user_id is null`);
  return new Map(found.map(({ accountId, balance, ...name }) => [nameOf(name), { accountId, balance }]));
}

/** `found` with those that are wanted and are not there yet, made now. */
export async function openMissing(
  tx: Tx,
  found: Map<string, Account>,
  wanted: readonly AccountName[],
): Promise<Map<string, Account>> {
  const missing = wanted.filter((name) => !found.has(nameOf(name)));
  if (missing.length === 0) return found;
  const { kinds, users, currencies } = columnsOf(missing);
  tx.send(sql`
    insert into accounts (account_id, kind, user_id, currency)
    select * from unnest(${kinds.map(() => newId())}::uuid[], ${kinds}::text[], ${users}::uuid[], ${currencies}::text[]) on conflict do nothing`);
  return new Map([...found, ...(await findAccounts(tx, missing))]);
}

/** Each name once, in an order that is the same for all. */
function columnsOf(of: readonly AccountName[]) {
  const wanted = [...new Map(of.map((name) => [nameOf(name), name])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, name]) => name);
  return {
    kinds: wanted.map((name) => name.account),
    users: wanted.map((name) => name.userId),
    currencies: wanted.map((name) => name.currency),
  };
}
