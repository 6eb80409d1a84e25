// graphile-worker with a local queue: the job is added in the transaction of the business row, the effect is the subscriber's row.
import { Logger, run, runMigrations } from 'graphile-worker';
import pg from 'pg';

export async function open({ databaseUrl, schema, title, pool: max, onArrive }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max, options: `-c search_path=${schema}` });
  const workerPool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  // A connection that the server ends while it is idle must not end the run.
  for (const one of [pool, workerPool])
    one.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const preset = {
    worker: {
      schema: `${schema}_jobs`,
      concurrentJobs: 16,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  };
  const logger = new Logger(() => () => {});
  await runMigrations({ pgPool: workerPool, preset, logger });
  const runner = await run({
    pgPool: workerPool,
    preset,
    logger,
    noHandleSignals: true,
    taskList: {
      async thing(data) {
        await pool.query({
          name: 'seen',
          text: 'insert into seen (id, title) values ($1, $2) on conflict do nothing',
          values: [data.id, data.title],
        });
        onArrive(data.id);
      },
    },
  });
  const add = `select "${schema}_jobs".add_job('thing', $1::json)`;
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
        await client.query({ name: 'add', text: add, values: [JSON.stringify({ id, title })] });
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    async close() {
      await runner.stop();
      await workerPool.end();
      await pool.end();
    },
  };
}
