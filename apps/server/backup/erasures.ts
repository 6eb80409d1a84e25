import { asOwner } from '../as-owner.ts';

/**
 * P2: who was erased since the backup must not come back with it. Notes in the restored database that these people are to
 * be erased, at once, by the job that does it after a person's own request; all services then take part as ever. Safe to
 * repeat. Returns how many there are.
 */
export async function repeatErasures(presentUrl: string, restoredUrl: string, at: Date): Promise<number> {
  const erased = await asOwner(presentUrl, async (client) => {
    const known = await client.query("select to_regclass('users.erasures') is not null as there");
    if (known.rows[0]?.there !== true) return [];
    const { rows } = await client.query<{ id: string }>('select user_id as id from users.erasures');
    return rows.map((row) => row.id);
  });
  if (erased.length === 0) return 0;
  return await asOwner(restoredUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `update users.profiles set erase_at = $2 where user_id = any($1::uuid[]) and status <> 'erased' returning user_id as id`,
      [erased, at],
    );
    for (const { id: userId } of rows)
      await client.query('select users_jobs.add_job($1, $2::json, job_key => $3)', [
        'eraseDue',
        JSON.stringify({ userId }),
        `erase:${userId}`,
      ]);
    return rows.length;
  });
}
