import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1). */
export const personalData = personalDataHandlers({
  accounts: {
    title: { ru: 'Счета', en: 'Accounts' },
    rows: (userId) =>
      sql`select account_id as "accountId", kind, currency, balance::text as balance from accounts where user_id = ${userId} order by account_id`,
  },
  movements: {
    title: { ru: 'Движения денег', en: 'Movements of money' },
    rows: (userId) => sql`
      select t.transaction_id as "transactionId", t.at, t.kind, a.kind as account, p.amount::text as amount, a.currency, t.order_id as "orderId", t.memo
      from accounts a join postings p using (account_id) join transactions t using (transaction_id) where a.user_id = ${userId} order by p.posting_id`,
  },
  topups: {
    title: { ru: 'Пополнения', en: 'Top-ups' },
    rows: (userId) => sql`
      select topup_id as "topupId", amount::text as amount, currency, status, created_at as "createdAt" from topups where user_id = ${userId} order by topup_id`,
  },
  withdrawals: {
    title: { ru: 'Выводы', en: 'Withdrawals' },
    rows: (userId) => sql`
      select withdrawal_id as "withdrawalId", amount::text as amount, currency, destination, status, created_at as "createdAt" from withdrawals where user_id = ${userId} order by withdrawal_id`,
  },
  holds: {
    title: { ru: 'Удержания по сделкам', en: 'Money held for deals' },
    rows: (userId) => sql`
      select hold_id as "holdId", order_id as "orderId", case when client_id = ${userId} then 'client' else 'freelancer' end as "as", amount::text as amount, currency, terms, status, at
      from holds where client_id = ${userId} or freelancer_id = ${userId} order by at, hold_id`,
  },
  reservations: {
    title: { ru: 'Резервы', en: 'Reserved money' },
    rows: (userId) => sql`
      select reservation_id as "reservationId", order_id as "orderId", account, amount::text as amount, posted::text as posted, currency, status, at, expires_at as "expiresAt", ended_at as "endedAt"
      from reservations where user_id = ${userId} order by at, reservation_id`,
  },
  placements: {
    title: { ru: 'Платы за публикацию', en: 'Placement fees' },
    rows: (userId) => sql`
      select placement_id as "placementId", order_id as "orderId", fee::text as fee, currency, status from placements where client_id = ${userId} order by placement_id`,
  },
  adjustments: {
    title: { ru: 'Исправления', en: 'Corrections' },
    rows: (userId) => sql`
      select adjustment_id as "adjustmentId", amount::text as amount, currency, reason, status from adjustments where user_id = ${userId} order by adjustment_id`,
  },
  referral: {
    title: { ru: 'Кто вас привёл', en: 'Who brought you' },
    rows: (userId) => sql`select referrer_id as "referrerId" from referrals where user_id = ${userId}`,
  },
});
