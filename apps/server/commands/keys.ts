import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { requireSecret } from '../needs.ts';
import { generateServiceKeys } from '../service-keys.ts';
import { readPlatformSettings } from '../settings.ts';

/**
 * `artel keys <folder>`: `<service>.jwk` (private, 0600) for each service, `services.jwks` (public) for all. Over a
 * folder that holds keys already it rotates: the public set then holds the new keys and those of now.
 */
export async function keysCommand(env: Readonly<Record<string, string | undefined>>, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const set = join(folder, 'services.jwks');
  const now = existsSync(set) ? (JSON.parse(readFileSync(set, 'utf8')) as JSONWebKeySet) : undefined;
  const { generation, pairs, publicKeys } = generateServiceKeys(requireSecret(readPlatformSettings(env)), now);
  for (const { service, privateKey } of pairs) replace(join(folder, `${service}.jwk`), privateKey, 0o600);
  replace(set, publicKeys, 0o644);
  process.stdout.write(
    now
      ? `generation ${generation} of the ${pairs.length} private keys is in ${folder}, services.jwks holds it and the one before: restart all services with SERVICE_KEYS_FILE first, then each with its SERVICE_KEY_FILE\n`
      : `${pairs.length} private keys and services.jwks are in ${folder}: give each service SERVICE_KEY_FILE and SERVICE_KEYS_FILE\n`,
  );
}

/** Whoever reads the file meanwhile finds the old or the new one, never half of it. */
function replace(file: string, content: object, mode: number): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode });
  renameSync(`${file}.new`, file);
}
