import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { portFile, superuserUrl } from './server.ts';

/**
 * Connection of the database's owner in the data folder `dir`, while another process runs it; undefined when none does.
 * For commands that look in from beside (the folder's lock is not theirs to take).
 */
export async function runningDatabase(dir: string): Promise<string | undefined> {
  let url: string;
  try {
    const { postgres } = JSON.parse(readFileSync(path.join(dir, 'secrets.json'), 'utf8')) as { postgres?: string };
    const port = Number(readFileSync(path.join(dir, portFile), 'utf8'));
    if (postgres === undefined || !(port > 0)) return undefined;
    url = superuserUrl(postgres, port);
  } catch {
    return undefined;
  }
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return url;
  } catch {
    return undefined;
  }
}
