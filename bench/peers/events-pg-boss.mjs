// pg-boss: the job is put in the transaction of the business row, the worker is woken by NOTIFY, the effect is the subscriber's row.
import pg from 'pg';
import { PgBoss } from 'pg-boss';

export async function open({ databaseUrl, schema, title, pool: max, onArrive }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max, options: `-c search_path=${schema}` });
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const boss = new PgBoss({ connectionString: databaseUrl, schema: `${schema}_boss`, max: 10, useListenNotify: true });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  await boss.createQueue('things', { notify: true });
  await boss.work('things', { batchSize: 64, pollingIntervalSeconds: 0.5, localConcurrency: 4 }, async (jobs) => {
    await pool.query(
      'insert into seen (id, title) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing',
      [jobs.map((job) => job.data.id), jobs.map((job) => job.data.title)],
    );
    for (const job of jobs) onArrive(job.data.id);
  });
  return {
    async send(id) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query({
          name: 'thing',
          text: 'insert into things (id, title) values ($1, $2)',
          values: [id, title],
        });
        await boss.send('things', { id, title }, { db: { executeSql: (text, values) => client.query(text, values) } });
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    async close() {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}
