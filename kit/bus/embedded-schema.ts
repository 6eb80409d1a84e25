import type { Pool, PoolClient } from 'pg';

/**
 * Tables of the embedded bus. `message` holds what is ready or in flight, `delayed` what waits for a retry (apart, so
 * that thousands of them don't stand in front of ready messages), `dead_letter` what is parked.
 */
function ddl(schema: string): string {
  return `
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE ${schema}.binding (
      event_type text NOT NULL,
      queue text NOT NULL,
      PRIMARY KEY (event_type, queue)
    );
    CREATE TABLE ${schema}.message (
      queue text NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY,
      event_type text NOT NULL,
      body bytea NOT NULL,
      -- deliveries begun, this one included
      attempt int NOT NULL DEFAULT 0,
      -- the bus instance that has it in flight; not indexed, so that taking a message is a HOT update
      owner int,
      PRIMARY KEY (queue, id)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
    CREATE TABLE ${schema}.delayed (
      queue text NOT NULL,
      available_at timestamptz NOT NULL,
      id bigint NOT NULL,
      event_type text NOT NULL,
      body bytea NOT NULL,
      attempt int NOT NULL,
      reason text NOT NULL,
      PRIMARY KEY (queue, available_at, id)
    );
    CREATE TABLE ${schema}.dead_letter (
      queue text NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY,
      event_type text NOT NULL,
      body bytea NOT NULL,
      attempts int NOT NULL,
      reason text NOT NULL,
      dead_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (queue, id)
    );
    -- Takes the oldest free messages. A function for its settings: with the statistics of a table that is mostly empty,
    -- the planner would else read and sort a whole backlog for each batch.
    CREATE FUNCTION ${schema}.take(wanted text, most int, taker int)
    RETURNS TABLE (id bigint, event_type text, body bytea, attempt int)
    LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
    SET enable_hashjoin = off SET enable_mergejoin = off
    AS $$
    #variable_conflict use_column
    BEGIN
      -- Losing this to a crash of the server only means another delivery: no wait for the disk.
      PERFORM set_config('synchronous_commit', 'off', true);
      RETURN QUERY
        WITH next AS MATERIALIZED (
          SELECT id FROM ${schema}.message WHERE queue = wanted AND owner IS NULL
          ORDER BY queue, id LIMIT most FOR UPDATE SKIP LOCKED)
        UPDATE ${schema}.message m SET owner = taker, attempt = m.attempt + 1
        FROM next WHERE m.queue = wanted AND m.id = next.id
        RETURNING m.id, m.event_type, m.body, m.attempt;
    END $$;`;
}

/** Makes the tables if they are not there. Safe to run from many processes at once. */
export async function createSchema(pool: Pool, schema: string): Promise<void> {
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) throw new Error(`not a usable schema name: ${schema}`);
  const client: PoolClient = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1, 0)', [lockClass(schema)]);
    // Looked up first: CREATE … IF NOT EXISTS needs the right to create even when there is nothing to do.
    const found = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
      `${schema}.dead_letter`,
    ]);
    if (!found.rows[0]?.found) await client.query(ddl(schema));
    await client.query('COMMIT');
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release(failure);
  }
}

/** First key of the advisory locks of one bus. The second is 0 for its schema, else a live instance of the bus. */
export function lockClass(schema: string): number {
  let hash = 2_166_136_261;
  for (const char of `artel-bus:${schema}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
  return hash >>> 1;
}
