import { Client } from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from './postgres.ts';

async function rows<T>(url: string, statement: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as T[];
  } finally {
    await client.end();
  }
}

test('each database is empty and apart from the others', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  await rows(one.url, 'create table only_here (id int)');
  const tables = "select count(*)::int as count from pg_tables where tablename = 'only_here'";
  expect(await rows(one.url, tables)).toEqual([{ count: 1 }]);
  expect(await rows(two.url, tables)).toEqual([{ count: 0 }]);
  await Promise.all([one.drop(), two.drop()]);
});

test('drop closes open connections and removes the database', async () => {
  const database = await testDatabase();
  const client = new Client({ connectionString: database.url });
  const closed = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  await database.drop();
  await closed;
  await expect(rows(database.url, 'select 1')).rejects.toThrow(/does not exist/);
});
