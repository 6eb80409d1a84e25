import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { StartError } from '../start-error.ts';
import { temporaryFolder } from './help.ts';

const root = process.getuid?.() === 0;

async function refusal(dir: string): Promise<StartError> {
  const error = await openDataFolder(dir).then(
    (folder) => {
      folder.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).not.toContain('\n');
  return error as StartError;
}

test('creates the folder for us alone', async () => {
  const dir = path.join(temporaryFolder(), 'a', 'data');
  const folder = await openDataFolder(dir);
  // Root lets PostgreSQL's user pass through, but not look around.
  expect(statSync(dir).mode & 0o777).toBe(root ? 0o711 : 0o700);
  expect(statSync(folder.path('files')).mode & 0o777).toBe(0o700);
  folder.close();
});

test('a secret is generated once, kept, and readable by us alone', async () => {
  const dir = temporaryFolder();
  const first = await openDataFolder(dir);
  const token = first.secrets('token', 32);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(first.secrets('other', 32)).not.toBe(token);
  expect(statSync(path.join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
  first.close();

  const second = await openDataFolder(dir);
  expect(second.secrets('token', 32)).toBe(token);
  expect(() => second.secrets('token', 16)).toThrow(/another length/);
  second.close();
});

test('damaged secrets are said without quoting them', async () => {
  const dir = temporaryFolder();
  (await openDataFolder(dir)).close();
  writeFileSync(path.join(dir, 'secrets.json'), '{"token": "canary');
  const { message } = await refusal(dir);
  expect(message).toMatch(/secrets\.json are damaged/);
  expect(message).not.toContain('canary');
});

test('is held by one opener at a time and says by whom', async () => {
  const dir = temporaryFolder();
  const folder = await openDataFolder(dir);
  const { message, exitCode } = await refusal(dir);
  expect(message).toContain(`in use by another copy of Artel: process ${process.pid}, since `);
  expect(exitCode).toBe(69);
  folder.close();
  (await openDataFolder(dir)).close();
});

test("what a killed run's holder file says does not matter, even if its pid lives again", async () => {
  const dir = temporaryFolder();
  (await openDataFolder(dir)).close();
  writeFileSync(path.join(dir, 'lock.holder'), JSON.stringify({ pid: process.ppid, host: 'here', since: 'then' }));
  (await openDataFolder(dir)).close();
});

test('refuses a folder that is not empty and was never ours', async () => {
  const dir = temporaryFolder();
  writeFileSync(path.join(dir, 'thesis.txt'), 'precious');
  const { message, exitCode } = await refusal(dir);
  expect(message).toMatch(/not empty \(thesis\.txt\) and not Artel's/);
  expect(exitCode).toBe(78);
  expect(readdirSync(dir)).toEqual(['thesis.txt']);
});

test('refuses a file in its place, or on the way', async () => {
  const file = path.join(temporaryFolder(), 'data');
  writeFileSync(file, '');
  expect((await refusal(file)).message).toContain(`${file} can't be written: it is a file`);
  expect((await refusal(path.join(file, 'below'))).message).toContain('is a file, not a folder');
});

test('refuses a place it may not write, whatever stands in the way', async () => {
  if (!root) {
    const dir = path.join(temporaryFolder(), 'data');
    mkdirSync(dir, { mode: 0o500 });
    expect((await refusal(dir)).message).toBe(`The data folder ${dir} can't be written: permission denied.`);
    return;
  }
  // Permissions don't bind root; the kernel's own file system does, and so does a read-only mount where we may make one.
  expect((await refusal('/sys/artel-test')).message).toContain("can't be written: ");
  if (!canMount()) return;
  const dir = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', dir]);
  try {
    expect((await refusal(dir)).message).toContain('the file system is read-only');
    expect((await refusal(path.join(dir, 'data'))).message).toContain('the file system is read-only');
  } finally {
    execFileSync('umount', [dir]);
  }
});

/** Whether this process holds CAP_SYS_ADMIN, which root in a container does not. */
function canMount(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${effective}`) & (1n << 21n)) !== 0n;
}

test('reset deletes what is in the folder, nothing that is linked to it, and leaves it usable', async () => {
  const dir = temporaryFolder();
  const elsewhere = temporaryFolder();
  writeFileSync(path.join(elsewhere, 'keep'), '');
  const folder = await openDataFolder(dir);
  const token = folder.secrets('token', 32);
  writeFileSync(path.join(folder.path('files'), 'upload'), 'x');
  symlinkSync(elsewhere, path.join(dir, 'link'));
  await folder.reset();
  expect(readdirSync(dir).toSorted()).toEqual(['artel-data.json', 'lock', 'lock.holder']);
  expect(existsSync(path.join(elsewhere, 'keep'))).toBe(true);
  expect(folder.secrets('token', 32)).not.toBe(token);
  folder.close();
});
