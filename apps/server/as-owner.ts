import pg from 'pg';

/** Work on a connection of the database's owner, which ends with it. For what is beside the platform: backups, demo data. */
export async function asOwner<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, application_name: 'artel-owner' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
