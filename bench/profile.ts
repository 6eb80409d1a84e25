/** `--profile`: one more turn of each contender of ours, and where the processor's time went in it, by place and by function. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

let folder: string | undefined;

export function profilePrograms(): void {
  folder = mkdtempSync(join(tmpdir(), 'artel-profiles-'));
}
/** For Node, so that a program tells at its end what it did. */
export function profileFlags(): readonly string[] {
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}
const now = () => process.hrtime.bigint() / 1_000n;

/** Of this process, and when it was. */
export async function ofTurn(turn: () => Promise<unknown>): Promise<{ span: Span; here: Shares }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const from = now();
  await turn();
  const to = now();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { span: { from, to }, here: sharesOf('bench', profile, { from, to }) };
}

/** Of the programs that have ended: what each did in a time. */
export function ofPrograms(): ((span: Span) => Shares)[] {
  if (folder === undefined) return [];
  const files = readdirSync(folder).map((file) => join(folder as string, file));
  const profiles = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile);
  for (const file of files) rmSync(file);
  return profiles.map((profile) => (span) => sharesOf('program', profile, span));
}

export function endProfiles(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

function sharesOf(process: string, profile: Profiler.Profile, { from, to }: Span): Shares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let [at, busy] = [profile.startTime, 0];
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const took = profile.timeDeltas?.[index] ?? 0;
    at += took;
    const frame = nodes.get(id);
    if (!frame || frame.functionName === '(idle)' || at < Number(from) || at > Number(to)) continue;
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
    ...{ process, busy: Math.round((busy / Number(to - from)) * 100) / 100 },
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
