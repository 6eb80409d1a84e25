import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { StartError } from '#kit/embedded/start-error.ts';
import { verifyLedger } from '#services/payments/ledger/verify.ts';
import { asOwner } from '../as-owner.ts';
import type { Manifest } from './manifest.ts';
import { checkBackup, restoreBackup } from './restore.ts';

export interface RehearsalOptions {
  source: string;
  manifest: Manifest;
  /** The running platform's database; the new one is made on its server. */
  adminUrl: string;
  masterSecret: string;
  /** Ends it early: it throws. */
  signal?: AbortSignal | undefined;
}

/** Runs one statement on the server's own database, where none of ours is locked by the connection itself. */
export async function onServer(adminUrl: string, statements: readonly string[]): Promise<pg.QueryResult[]> {
  const url = new URL(adminUrl);
  url.pathname = '/postgres';
  return await asOwner(url.href, async (client) => {
    const results = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  });
}

export function databaseName(adminUrl: string): string {
  return decodeURIComponent(new URL(adminUrl).pathname.slice(1));
}

export async function dropDatabase(adminUrl: string, database: string): Promise<void> {
  await onServer(adminUrl, [`drop database if exists ${pg.escapeIdentifier(database)} with (force)`]);
}

/**
 * Restores the tables of a backup into a new database beside the running one and verifies the books there, so that it is
 * seen and not believed that the backup restores (F15). Returns the database; throws a StartError that says why not, and
 * leaves none behind.
 */
export async function restoreBeside(options: RehearsalOptions): Promise<string> {
  const { adminUrl, manifest } = options;
  const database = `${databaseName(adminUrl)}_restored_${randomBytes(4).toString('hex')}`;
  await onServer(adminUrl, [`create database ${pg.escapeIdentifier(database)} template template0`]);
  try {
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    await restoreBackup({ ...options, adminUrl: url.href, files: undefined, onProgress() {} });
    if (manifest.services['payments'] !== undefined) {
      const { faults } = await verifyLedger(url.href);
      if (faults.length > 0) throw new StartError(`the restored ledger has faults: ${faults[0]}`);
    }
    return database;
  } catch (error) {
    await dropDatabase(adminUrl, database).catch(() => {});
    throw error;
  }
}

/** Checks the sums and, where the database's owner may make databases, that it restores. Returns how far it went. */
export async function rehearse(options: RehearsalOptions): Promise<'sums' | 'restored'> {
  await checkBackup(options.source, options.manifest, options.signal);
  if (!(await mayRestore(options.adminUrl))) return 'sums';
  await dropDatabase(options.adminUrl, await restoreBeside(options));
  return 'restored';
}

async function mayRestore(adminUrl: string): Promise<boolean> {
  const { rows } = await asOwner(adminUrl, (client) =>
    client.query('select rolsuper from pg_roles where rolname = current_user'),
  );
  return rows[0]?.rolsuper === true;
}
