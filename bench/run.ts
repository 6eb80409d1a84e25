/** `npm run bench [names…]`: measures in turns (A B A B …), prints medians, spread and ratios, writes JSON and SVG to bench/results/. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Aim, Bench, Contender, Running, Turn } from './bench.ts';
import { callBench } from './call.ts';
import { crudBench } from './crud.ts';
import { eventsBench } from './events.ts';
import { gatewayBench } from './gateway.ts';
import { growthBench } from './growth.ts';
import { ledgerBench } from './ledger.ts';
import { messengerBench } from './messenger.ts';
import { closeNeeds } from './needs.ts';
import { endProfiles, ofTurn, profilePrograms, type Shares } from './profile.ts';
import { searchBench } from './search.ts';
import { signInBench } from './sign-in.ts';
import { memoryBench, startBench } from './start.ts';
import { steadyBench } from './steady.ts';

/** Those of one line share a database server and what they fill it with; nothing of it is there for the next line. */
const FAMILIES: readonly (readonly Bench[])[] = [
  [gatewayBench],
  [callBench],
  crudBench,
  ledgerBench,
  eventsBench,
  [...searchBench, ...growthBench],
  messengerBench,
  [signInBench],
  [steadyBench],
  [startBench, memoryBench],
];
const here = fileURLToPath(new URL('.', import.meta.url));

/** A million orders are filled in and indexed in less; a smoke run has hundreds. */
const STEP_MS = 30 * 60_000;
const SMOKE_STEP_MS = 4 * 60_000;

/** What does not end fails, and says what it was: a run that stands still tells nothing. */
async function bounded<T>(doing: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took more than ${Math.round(ms / 1000)} s`)), ms);
  return await Promise.race([doing, late.promise]).finally(() => clearTimeout(timer));
}

interface Row {
  readonly name: string;
  readonly role: Contender['role'];
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly also: Readonly<Record<string, number>>;
  readonly turns: readonly number[];
}

interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  readonly absent: readonly { name: string; why: string }[];
  readonly aims: readonly (Aim & { reached: number | null })[];
  readonly profiles: readonly { contender: string; shares: readonly Shares[] }[];
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

async function run(bench: Bench, { smoke, profile }: { smoke: boolean; profile: boolean }): Promise<Result> {
  const running: { contender: Contender; running: Running; turns: Turn[] }[] = [];
  const absent: { name: string; why: string }[] = [];
  const profiles: { contender: string; shares: readonly Shares[] }[] = [];
  const turnMs = smoke ? 300 : (bench.turnMs ?? 3_000);
  const within = <T>(step: string, contender: Contender, doing: Promise<T>, extraMs = 0) =>
    bounded(doing, (smoke ? SMOKE_STEP_MS : STEP_MS) + extraMs, `${bench.name}: “${contender.name}” ${step}`);
  try {
    for (const contender of bench.contenders) {
      const started = await within('to start', contender, contender.start());
      if ('absent' in started) absent.push({ name: contender.name, why: started.absent });
      else running.push({ contender, running: started, turns: [] });
    }
    for (let turn = 0; turn < (smoke ? 1 : (bench.turns ?? 5)); turn++)
      for (const one of running)
        one.turns.push(await within('to end a turn', one.contender, one.running.turn(turnMs), turnMs));
    if (profile)
      for (const { contender, running: ours } of running)
        if (contender.role === 'ours')
          profiles.push({
            contender: contender.name,
            // Whoever did next to nothing is not what is measured.
            shares: (await ofTurn(() => within('to end a turn', contender, ours.turn(turnMs), turnMs))).filter(
              ({ busy }) => busy > 0.05,
            ),
          });
  } finally {
    // What does not stop is told; it must hide neither an error before nor the others.
    const told = (error: unknown) => void process.stderr.write(`bench: ${String(error)}\n`);
    for (const one of running) await within('to stop', one.contender, one.running.stop()).catch(told);
    await bounded(bench.close?.() ?? Promise.resolve(), SMOKE_STEP_MS, `${bench.name}: its end`).catch(told);
  }
  const rows = running.map(({ contender, turns }) => rowOf(contender, turns));
  return {
    name: bench.name,
    title: bench.title,
    unit: bench.unit,
    rows,
    absent,
    aims: bench.aims.map((aim) => ({ ...aim, reached: ratio(rows, aim) })),
    profiles,
  };
}

function rowOf({ name, role }: Contender, turns: readonly Turn[]): Row {
  const values = turns.map((turn) => turn.value);
  const names = [...new Set(turns.flatMap((turn) => Object.keys(turn.also ?? {})))];
  return {
    name,
    role,
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    also: Object.fromEntries(names.map((key) => [key, median(turns.map((turn) => turn.also?.[key] ?? 0))])),
    turns: values,
  };
}

/** The median of the ratios turn by turn: what slows the machine for a while slows both. */
function ratio(rows: readonly Row[], aim: Aim): number | null {
  const [ours, against] = [aim.ours, aim.against].map((name) => rows.find((row) => row.name === name));
  if (!ours || !against) return null;
  return median(ours.turns.map((value, turn) => value / (against.turns[turn] ?? Number.NaN)));
}

function print(result: Result): void {
  const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
  const lines = [`\n${result.title} (${result.unit})`];
  for (const row of result.rows) {
    const spread = `${number(row.least)}–${number(row.most)}`;
    const also = Object.entries(row.also).map(([name, value]) => `${name} ${number(value)}`);
    lines.push(`  ${row.name.padEnd(32)} ${number(row.median).padStart(10)}  ${spread.padEnd(18)} ${also.join(', ')}`);
  }
  for (const { name, why } of result.absent) lines.push(`  ${name.padEnd(32)} absent: ${why}`);
  for (const aim of result.aims) {
    const met = aim.reached !== null && (aim.kind === 'at least' ? aim.reached >= aim.ratio : aim.reached <= aim.ratio);
    const seen =
      aim.reached === null ? 'not measured' : `${aim.reached.toFixed(2)} × ${met ? 'reached' : 'NOT reached'}`;
    lines.push(`  ${aim.ours} : ${aim.against}, ${aim.kind} ${aim.ratio} × → ${seen}`);
  }
  for (const { contender, shares } of result.profiles)
    for (const { process: whose, busy, places } of shares)
      lines.push(
        `  ${contender}, ${whose}: ${busy} cores; ${Object.entries(places)
          .map(([place, share]) => `${place} ${Math.round(share * 100)} %`)
          .join(', ')}`,
      );
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** At once: a bench that fails later takes nothing along. */
function keep(result: Result, profile: boolean): void {
  mkdirSync(`${here}results`, { recursive: true });
  const about = { at: new Date().toISOString(), machine: machine() };
  const { profiles, ...figures } = result;
  const write = (name: string, content: object) =>
    writeFileSync(`${here}results/${name}.json`, `${JSON.stringify({ ...about, ...content }, null, 1)}\n`);
  write(result.name, figures);
  if (profile) write(`${result.name}.profile`, { profiles });
  const svg = execFileSync(process.execPath, [`${here}peers/chart.mjs`], { input: JSON.stringify(result) });
  writeFileSync(`${here}results/${result.name}.svg`, svg);
}

function machine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${gib} GiB, ${process.platform} ${release()}, Node.js ${process.versions.node}`;
}

function installPeers(): void {
  if (existsSync(`${here}peers/node_modules`)) return;
  process.stderr.write('… installing what is compared with\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: `${here}peers`, stdio: 'inherit' });
}

const { values, positionals } = parseArgs({
  options: { smoke: { type: 'boolean', default: false }, profile: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const isChosen = ({ name }: Bench) => positionals.length === 0 || positionals.some((chosen) => name.startsWith(chosen));
if (!FAMILIES.flat().some(isChosen)) {
  const names = FAMILIES.flat().map(({ name }) => name);
  process.stderr.write(`bench: there are ${names.join(', ')}\n`);
  process.exit(64);
}
installPeers();
if (values.profile) profilePrograms();
process.stdout.write(`${machine()}\n`);
const results: Result[] = [];
try {
  for (const family of FAMILIES) {
    for (const bench of family.filter(isChosen)) {
      const result = await run(bench, values).catch(async (error: unknown) => {
        // A machine of CI may stand still for a while; what fails twice fails, as with the tests.
        if (!values.smoke || !process.env['CI']) throw error;
        process.stderr.write(`bench: ${String(error)}; once more\n`);
        return await run(bench, values);
      });
      results.push(result);
      print(result);
      if (!values.smoke) keep(result, values.profile);
    }
    await bounded(closeNeeds(), SMOKE_STEP_MS, 'the end of a family');
  }
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
  endProfiles();
  // What hangs would hold up its end as well.
  await bounded(closeNeeds(), 30_000, 'the end').catch(() => {});
  process.exit(1);
}
endProfiles();
// A bench that yields nothing is a failure, whatever else ran; on a CI machine a missing peer is one too.
const silent = results.filter((result) => !result.rows.some((row) => row.role === 'ours' && row.median > 0));
const missing = process.env['CI'] ? results.flatMap((result) => result.absent) : [];
for (const { name } of silent) process.stderr.write(`bench: ${name} yielded no number\n`);
for (const { name, why } of missing) process.stderr.write(`bench: ${name} is absent: ${why}\n`);
process.stdout.write(
  `\n${results.length} benches, ${results.flatMap((result) => result.rows).length} contenders measured\n`,
);
process.exit(silent.length + missing.length > 0 ? 1 : 0);
