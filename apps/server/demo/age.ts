/** The one thing of the demo data that people can't do: letting weeks pass. */
import { asOwner } from '../as-owner.ts';
import { dueNews } from '#kit/db/job-news.ts';

/**
 * Makes a published order `days` older, as the owner of the database, and has the timer of its silence look at it now: from there on orders
 * ends it as it ends every order that nobody responded to.
 */
export async function letDaysPass(adminUrl: string, orderId: string, days: number): Promise<void> {
  await asOwner(adminUrl, async (client) => {
    const { rows } = await client.query<{ at: Date }>(
      `update orders.orders set created_at = created_at - $2 * interval '1 day', published_at = published_at - $2 * interval '1 day',
        expires_at = expires_at - $2 * interval '1 day' where order_id = $1 returning expires_at as at`,
      [orderId, days],
    );
    const payload = JSON.stringify({ orderId, moment: rows[0]?.at.toISOString() });
    await client.query(`select orders_jobs.add_job('expireOrder', $1::json, job_key => $2)`, [
      payload,
      `no-response:${orderId}`,
    ]);
    await client.query(dueNews('orders'));
  });
}
