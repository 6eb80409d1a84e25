import type { Writable } from 'node:stream';
import type pg from 'pg';

/**
 * A connection whose statements of one turn of the loop go in one write, in their order: to wake the database for each
 * costs about what a simple statement does.
 */
export class Pipeline {
  private readonly client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.client = client;
  }

  query(statement: pg.QueryConfig | string): Promise<pg.QueryResult> {
    const { stream } = (this.client as unknown as { connection: { stream: Writable } }).connection;
    if (stream.writableCorked === 0) {
      stream.cork();
      // After what promises have to do, which is where the statements of a turn come from.
      process.nextTick(() => stream.uncork());
    }
    return this.client.query(statement as pg.QueryConfig);
  }
}
