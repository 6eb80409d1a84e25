/** The rules of the house that no linter knows: who may import whom, sizes, no leftovers. Prints each fault; exit code 1. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(ts|tsx)$/.test(file));

/** Which rooms a room may use, besides itself. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  kit: ['contracts'],
  services: ['contracts', 'kit'],
  outside: [],
  'apps/web': ['contracts'],
  'apps/server': ['contracts', 'kit', 'services', 'outside', 'apps/web'],
  testing: ['contracts', 'kit', 'services', 'outside', 'apps/server', 'apps/web'],
  bench: ['contracts', 'kit', 'services', 'outside', 'apps/server', 'testing'],
};
const MAX_LINES = 500;

function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'apps' ? `apps/${second}` : first;
}

const faults: string[] = [];
/** Functions of the database that may write or wait: reads outside transactions share connections, so what calls one says that it is no read. */
const writing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.sql'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.includes('/migrations/'))
  .flatMap((file) => [
    ...readFileSync(`${root}${file}`, 'utf8').matchAll(/create (?:or replace )?function (\w+)\(([^$']*?)\bas\b/g),
  ])
  .filter(([, , head = '']) => !/returns trigger|\b(immutable|stable)\b/.test(head))
  .map(([, name = '']) => name);
if (!writing.includes('reserve_guess'))
  faults.push('no writing functions seen: the check does not look where the migrations are');
const callsWriting = new RegExp(`\\bsql\`\\s*(?!\\s|/\\* writes \\*/)[^\`]*\\b(${writing.join('|')})\\(`);
let imports = 0;
for (const file of files) {
  const text = readFileSync(`${root}${file}`, 'utf8');
  const lines = text.split('\n').length;
  if (lines > MAX_LINES) faults.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
  const isTest = /\.test\.ts$|(^|\/)tests\//.test(file);
  if (file.startsWith('services/') && !isTest && callsWriting.test(text))
    faults.push(`${file}: ${callsWriting.exec(text)?.[1]} writes: the statement begins with /* writes */`);
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(#[^']+|\.\.?\/[^']+)'/g)) {
    imports++;
    const target = resolve(file, match[1] as string);
    const [from, to] = [roomOf(file), roomOf(target)];
    const allowed =
      from === to ||
      (MAY_USE[from] ?? []).includes(to) ||
      (isTest && to === 'testing') ||
      (isTest && to === 'outside') ||
      (isTest && to === 'apps/server');
    if (!allowed) faults.push(`${file} imports ${target}: ${from} may not use ${to}`);
    if (from === 'services' && to === 'services' && file.split('/')[1] !== target.split('/')[1])
      faults.push(`${file} imports ${target}: services know each other by contract only`);
  }
}
// A checker that sees nothing passes silently: that is a fault of its own.
if (imports < 100) faults.push(`only ${imports} imports seen: the check does not look where the code is`);
for (const fault of faults) process.stdout.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
