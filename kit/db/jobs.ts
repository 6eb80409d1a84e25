import pg from 'pg';
import { EventEmitter } from 'node:events';
import {
  type JobHelpers,
  Logger as WorkerLogger,
  parseCronItems,
  type Runner,
  run,
  type WorkerEvents,
} from 'graphile-worker';
import { newCall, runInCall } from '#kit/call-context.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#kit/log.ts';
import { Problem } from '#kit/problem.ts';
import type { AnyService, ServiceContext } from '#kit/service/types.ts';
import { hearing } from './job-news.ts';
import type { DbPool } from './pool.ts';

/** A job that takes longer has failed; it is bounded so that one whose worker died can be told and given back soon. */
const JOB_TIMEOUT_MS = 30_000;
/** A job locked for longer belongs to nobody any more: its process was killed, or could not say that it failed. */
const ABANDONED_MS = 40_000;
const SWEEP_MS = 10_000;
/** A job whose run is over for so long and that is still locked: its outcome could not be written down. */
const UNTOLD_MS = 5_000;
const RESTART_MS = 200;
/**
 * Questions for work that failed one after the other, until the runner is begun anew: the library asks for the ids of its
 * tasks once, and when that fails it takes no job ever after.
 */
const FAILED_LOOKS = 3;
/** What the library sets when it stops because of a migration. */
const LIBRARY_EXIT_CODE = 57;

export interface JobRunner {
  close(): Promise<void>;
}

/** Runs the service's jobs: durable, each once across replicas, again after a failure with growing delays. */
export async function startJobs(options: {
  ctx: ServiceContext;
  db: DbPool;
  schema: string;
  jobs: AnyService['jobs'];
  log: Logger;
  /** Nobody else runs on this database: what is locked at the start was a process's that is dead. */
  alone?: boolean;
  /** Default 40 s. */
  abandonedMs?: number;
}): Promise<JobRunner> {
  const { ctx, jobs, log, abandonedMs = ABANDONED_MS } = options;
  const ended = new Set<Ended>();
  const taskList = Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => [
      name,
      (payload: unknown, { job: { id, attempts, locked_by: by } }: JobHelpers) =>
        runInCall(newCall({ timeoutMs: JOB_TIMEOUT_MS }), () =>
          ctx.telemetry.span(`job ${name}`, 'internal', { 'artel.job': name }, () =>
            bounded(job.run(ctx, job.payload.parse(job.cron ? {} : payload))),
          ),
        ).finally(() => ended.add({ id, by, attempts, at: performance.now() })),
    ]),
  );
  const cronItems = Object.entries(jobs).flatMap(([name, job]) =>
    job.cron ? [{ task: name, match: job.cron, options: { backfillPeriod: 0, jobKey: `cron:${name}` } }] : [],
  );
  // A pool of its own: the library writes what it reads as JSON, and the service's pool reads int8 as bigint, which JSON
  // has no form for. Two workers and one that listens.
  const pool = new pg.Pool({
    ...options.db.raw.options,
    types: undefined,
    pipeline: false,
    Client: hearing(options.schema),
    max: 3,
    application_name: `artel-${options.schema}-jobs`,
  });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const start = async (): Promise<Runner> => {
    const events: WorkerEvents = new EventEmitter();
    let failures = 0;
    const fine = () => {
      failures = 0;
    };
    events.on('worker:getJob:empty', fine);
    events.on('job:start', fine);
    let running: Runner | undefined;
    events.on('worker:getJob:error', () => {
      if (++failures < FAILED_LOOKS || !running) return;
      // Once: it ends, and is started again below.
      running.stop().catch(() => {});
      running = undefined;
    });
    const started = await run({
      pgPool: pool,
      events,
      schema: `${options.schema}_jobs`,
      taskList,
      parsedCronItems: parseCronItems(cronItems),
      concurrency: 2,
      pollInterval: 2_000,
      noHandleSignals: true,
      logger: new WorkerLogger(() => (level, message, meta) => {
        if (meta?.['failure']) log.error({ err: meta['error'] ?? message }, 'a job failed and will be tried again');
        else if (level === 'error') log.warn({ detail: message.split('\n')[0] }, 'job runner');
        else if (level === 'warning' && !/migration/i.test(message)) log.debug({ detail: message }, 'job runner');
      }),
    });
    running = started;
    return started;
  };
  const release = `update "${options.schema}_jobs"._private_jobs set locked_at = null, locked_by = null where`;
  if (options.alone) await pool.query(`${release} locked_at is not null`);
  let closed = false;
  let runner = await start();
  // The library ends its loop also by itself (a breaking migration of any schema in this database, with exit code 57).
  // Timers must not stand still because of it: it is started again until the service closes.
  const keep = async (): Promise<void> => {
    for (;;) {
      await runner.promise.catch((error: unknown) => log.error({ err: error }, 'the job runner stopped'));
      if (closed) return;
      if (process.exitCode === LIBRARY_EXIT_CODE) process.exitCode = undefined;
      log.warn({ service: options.schema }, 'the job runner ended and is started again');
      for (let wait = RESTART_MS; ; wait = RESTART_MS * 10) {
        await sleep(wait);
        if (closed) return;
        const fresh = await start().catch((error: unknown) =>
          log.warn({ err: error }, 'the job runner waits for the database'),
        );
        if (!fresh) continue;
        runner = fresh;
        break;
      }
    }
  };
  const keeping = keep().catch((error: unknown) =>
    log.error({ err: error }, 'the job runner could not be started again'),
  );
  // The library gives such jobs back after four hours; a timer must not wait so long.
  const sweep = setInterval(() => {
    pool.query(`${release} locked_at < now() - interval '${abandonedMs} milliseconds'`).catch(() => {});
  }, SWEEP_MS);
  sweep.unref();
  // Nor until it counts as abandoned, when the database was away at the moment of its end.
  const untold = setInterval(() => {
    const old = [...ended].filter((one) => performance.now() - one.at > UNTOLD_MS);
    if (old.length === 0) return;
    const values = [old.map((one) => one.id), old.map((one) => one.by), old.map((one) => one.attempts)];
    pool
      .query(
        `${release} (id, locked_by, attempts) in (select * from unnest($1::bigint[], $2::text[], $3::int[]))`,
        values,
      )
      .then(() => old.forEach((one) => void ended.delete(one)))
      .catch(() => {});
  }, UNTOLD_MS);
  untold.unref();
  return {
    async close() {
      clearInterval(sweep);
      clearInterval(untold);
      closed = true;
      await runner.stop().catch(() => {});
      await keeping;
      await pool.end();
    },
  };
}

/** A run that is over. */
interface Ended {
  readonly id: string;
  /** Who had locked the job. */
  readonly by: string | null;
  /** Which run it was: the job may be running again. */
  readonly attempts: number;
  readonly at: number;
}

function bounded(work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem('timeout')), JOB_TIMEOUT_MS);
    timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
