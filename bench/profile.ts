/** `--profile`: one more turn of each contender of ours, and where the processor's time went in it, by place and by function. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Shares of the busy time. */
export interface Shares {
  readonly process: string;
  /** Of one core. */
  readonly busy: number;
  readonly places: Readonly<Record<string, number>>;
  readonly functions: Readonly<Record<string, number>>;
}

const PLACES = 14;
const FUNCTIONS = 20;
const BEGIN_MS = 1_500;
const PRELOAD = new URL('./profiled.ts', import.meta.url).href;

let folder: string | undefined;
/** Programs that can be asked, by process. */
const programs = new Set<ChildProcess>();

export function profilePrograms(): void {
  folder = mkdtempSync(join(tmpdir(), 'artel-profiles-'));
}

/** How Node starts a program that can be profiled. It costs nothing until the program is asked. */
export function profileStart(): { flags: readonly string[]; env: Readonly<Record<string, string>> } {
  if (folder === undefined) return { flags: [], env: {} };
  return { flags: ['--import', PRELOAD], env: { BENCH_PROFILES: folder } };
}

export function profiledProgram(child: ChildProcess): void {
  if (folder === undefined) return;
  programs.add(child);
  child.once('exit', () => void programs.delete(child));
}

/** One turn: of this process, and of the programs that run. */
export async function ofTurn(turn: () => Promise<unknown>): Promise<Shares[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const asked = [...programs];
  // One that came too late for the turn before.
  for (const program of asked) rmSync(fileOf(program), { force: true });
  for (const program of asked) program.kill('SIGUSR2');
  // Beginning to profile takes a program a while, which is none of the turn's.
  await sleep(BEGIN_MS);
  const from = now();
  await turn();
  const to = now();
  for (const program of asked) program.kill('SIGUSR2');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const told = await Promise.all(asked.map(toldBy));
  const of = (process: string, one: Profiler.Profile) => sharesOf(process, one, { from, to });
  return [of('bench', profile), ...told.flatMap((one) => (one ? [of('program', one)] : []))];
}

const fileOf = ({ pid }: ChildProcess) => join(folder as string, `${pid}.cpuprofile`);

async function toldBy(program: ChildProcess): Promise<Profiler.Profile | null> {
  const file = fileOf(program);
  for (let tries = 0; tries < 200 && !existsSync(file); tries++) await sleep(50);
  if (!existsSync(file)) return null;
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile | null;
  rmSync(file);
  return profile;
}

export function endProfiles(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** As profiles have it: microseconds of the machine's monotonic clock. */
const now = () => Number(process.hrtime.bigint() / 1_000n);

function sharesOf(of: string, profile: Profiler.Profile, { from, to }: { from: number; to: number }): Shares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let [at, busy] = [profile.startTime, 0];
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const took = profile.timeDeltas?.[index] ?? 0;
    at += took;
    const frame = nodes.get(id);
    if (!frame || frame.functionName === '(idle)' || at < from || at > to) continue;
    busy += took;
    const place = placeOf(frame.url, frame.functionName);
    const named = `${frame.functionName || '(anonymous)'} ${place}`;
    places.set(place, (places.get(place) ?? 0) + took);
    functions.set(named, (functions.get(named) ?? 0) + took);
  }
  const most = (of: ReadonlyMap<string, number>, count: number) =>
    Object.fromEntries(
      [...of]
        .sort(([, a], [, b]) => b - a)
        .slice(0, count)
        .map(([name, took]) => [name, Math.round((took / busy) * 1000) / 1000]),
    );
  return {
    ...{ process: of, busy: Math.round((busy / (to - from)) * 100) / 100 },
    ...{ places: most(places, PLACES), functions: most(functions, FUNCTIONS) },
  };
}

/** A package, a part of Node, or a folder of ours. */
function placeOf(url: string, name: string): string {
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (inPackage) return inPackage[1] as string;
  if (url.startsWith('node:')) return url.split('/').slice(0, 3).join('/');
  if (url === '' || url.startsWith('wasm:')) return name === '(garbage collector)' ? 'garbage collection' : 'native';
  return /\/((?:kit|services|contracts|apps|testing|bench|outside)\/[^/]+)/.exec(url)?.[1] ?? url;
}
