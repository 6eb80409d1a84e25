import pg from 'pg';
import { GENESIS, hashTransaction, type Sealable } from './seal.ts';

export interface Verdict {
  readonly transactions: number;
  readonly sealed: number;
  readonly head: string;
  /** Each names the faulty row; empty: the books are whole. */
  readonly faults: readonly string[];
}

const CHUNK = 2_000;

/** Each finds rows that are not as they must be, and says which and how. */
const CHECKS = [
  // M1.
  `select 'transaction ' || transaction_id || ' does not net to zero in ' || currency || ': ' || sum(amount) as fault
   from postings join accounts using (account_id) group by transaction_id, currency having sum(amount) <> 0`,
  `select 'transaction ' || t.transaction_id || ' has no postings' as fault
   from transactions t where not exists (select 1 from postings p where p.transaction_id = t.transaction_id)`,
  // Nobody may keep a transaction out of the chain: it has a seal or waits for one.
  `select 'transaction ' || t.transaction_id || ' is neither sealed nor waiting for its seal' as fault
   from transactions t where not exists (select 1 from seals s where s.transaction_id = t.transaction_id)
     and not exists (select 1 from unsealed u where u.transaction_id = t.transaction_id)`,
  `select 'account ' || a.account_id || ' (' || a.kind || ') says ' || a.balance || ', its postings sum to ' || coalesce(sum(p.amount), 0) as fault
   from accounts a left join postings p using (account_id) where a.user_id is not null
   group by a.account_id having a.balance <> coalesce(sum(p.amount), 0)`,
  // M3, should the constraint be gone.
  `select 'account ' || account_id || ' (' || kind || ') is below zero: ' || balance as fault
   from accounts where user_id is not null and kind <> 'recovery' and balance < 0`,
  // What statements show as the running balance.
  `select 'posting ' || posting_id || ' says a balance of ' || coalesce(balance_after::text, 'nothing') || ' after it, it was ' || running as fault
   from (select p.posting_id, p.balance_after, sum(p.amount) over (partition by p.account_id order by p.posting_id) as running
         from postings p join accounts a using (account_id) where a.user_id is not null) r
   where balance_after is distinct from running`,
  // M8 and its like: what lies on an account is what the holds and withdrawals say.
  `select 'escrow of ' || user_id || ' is ' || coalesce(e.balance, 0) || ' ' || currency || ', the holds say ' || coalesce(h.amount, 0) as fault
   from (select user_id, currency, balance from accounts where kind = 'escrow') e
   full join (select client_id as user_id, currency, sum(amount) as amount from holds where status = 'held' group by 1, 2) h using (user_id, currency)
   where coalesce(e.balance, 0) <> coalesce(h.amount, 0)`,
  `select 'pending withdrawals of ' || user_id || ' are ' || coalesce(e.balance, 0) || ' ' || currency || ', the withdrawals say ' || coalesce(w.amount, 0) as fault
   from (select user_id, currency, balance from accounts where kind = 'pending_withdrawal') e
   full join (select user_id, currency, sum(amount) as amount from withdrawals where status in ('requested', 'sent') group by 1, 2) w using (user_id, currency)
   where coalesce(e.balance, 0) <> coalesce(w.amount, 0)`,
  // Whatever waits for a decision, by the one table of all reservations.
  `select e.account || ' of ' || user_id || ' is ' || coalesce(e.balance, 0) || ' ' || currency || ', the reservations say ' || coalesce(r.amount, 0) as fault
   from (select kind as account, user_id, currency, balance from accounts where kind in ('escrow', 'pending_withdrawal', 'reserved')) e
   full join (select account, user_id, currency, sum(amount) as amount from reservations where status = 'held' group by 1, 2, 3) r using (account, user_id, currency)
   where coalesce(e.balance, 0) <> coalesce(r.amount, 0)`,
];

/**
 * Checks the whole ledger from a database connection, independent of the running service: the chain, the net of every
 * transaction, the balances of every account and after every posting, escrow against the holds.
 */
export async function verifyLedger(connectionString: string): Promise<Verdict> {
  const client = new pg.Client({ connectionString, options: '-c search_path=payments' });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const faults: string[] = [];
    const { sealed, head } = await verifyChain(client, faults);
    for (const check of CHECKS) {
      const { rows } = await client.query<{ fault: string }>(`${check} limit 20`);
      faults.push(...rows.map((row) => row.fault));
    }
    const { rows } = await client.query<{ n: string }>('select count(*)::text as n from transactions');
    return { transactions: Number(rows[0]?.n), sealed, head, faults };
  } finally {
    await client.end();
  }
}

async function verifyChain(client: pg.Client, faults: string[]): Promise<{ sealed: number; head: string }> {
  let previous = GENESIS;
  let position = 0n;
  let sealed = 0;
  for (;;) {
    const { rows } = await client.query<Omit<Sealable, 'at'> & { at: Date | null; position: string; hash: string }>(
      `select s.position::text, s.hash, s.transaction_id as "transactionId", t.reference, t.kind, t.order_id as "orderId", t.actor_id as "actorId", t.memo, t.at,
        coalesce((select jsonb_agg(jsonb_build_object('account', a.kind, 'userId', a.user_id, 'currency', a.currency, 'amount', p.amount::text) order by p.posting_id) from postings p join accounts a using (account_id) where p.transaction_id = t.transaction_id), '[]') as postings
       from seals s left join transactions t using (transaction_id) where s.position > $1 order by s.position limit ${CHUNK}`,
      [position.toString()],
    );
    for (const row of rows) {
      if (BigInt(row.position) !== position + 1n) faults.push(`the chain has a gap before position ${row.position}`);
      position = BigInt(row.position);
      if (row.at === null) faults.push(`transaction ${row.transactionId} (position ${row.position}) is gone`);
      else if (hashTransaction(previous, { ...row, at: row.at }) !== row.hash)
        faults.push(`transaction ${row.transactionId} (position ${row.position}) is not what was sealed`);
      // Goes on from what is written, so that each faulty row is named and not all that follow.
      previous = row.hash;
      sealed++;
    }
    if (rows.length < CHUNK || faults.length > 100) return { sealed, head: previous };
  }
}
