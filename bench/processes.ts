/** Programs of a run: started on their core, looked at through /proc, ended with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { profiledProgram, profileStart } from './profile.ts';

const pins = availableParallelism() > 1 && has('taskset');

export function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  end(): Promise<void>;
}

/** Starts a program on one core (where the machine has several and `taskset`). Its output is kept for the case that it fails. */
export function launch(
  command: readonly string[],
  options: {
    core?: number;
    env?: Record<string, string>;
    onMessage?: (message: unknown) => void;
    /** What is measured, by Node: it can be asked where its time goes. */
    profiled?: boolean;
  } = {},
): Program {
  const [node = '', ...rest] = command;
  const { flags, env } = options.profiled ? profileStart() : { flags: [], env: {} };
  const told = [node, ...flags, ...rest];
  const pinned = pins && options.core !== undefined ? ['taskset', '-c', String(options.core), ...told] : told;
  const [program = '', ...args] = pinned;
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe', ...(options.onMessage ? (['ipc'] as const) : [])],
  });
  if (options.profiled) profiledProgram(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  if (options.onMessage) child.on('message', options.onMessage);
  let ending = false;
  child.on('exit', (code) => {
    if (!ending && code !== 0) process.stderr.write(`${command.join(' ')} ended with ${code}: ${errors}\n`);
  });
  return {
    pid: child.pid as number,
    child,
    async end() {
      ending = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(late);
    },
  };
}

/** Microseconds of processor time a process has used. Undefined where there is no /proc. */
export function cpuMicros(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime and stime, in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return undefined;
  }
}

/** KiB of memory that is a process's own, its share of the shared included. */
export function pssKiB(pid: number): number | undefined {
  try {
    const found = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

export async function answers(url: string, withinMs = 30_000, headers: Record<string, string> = {}): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    const fine = await fetch(url, { headers, signal: AbortSignal.timeout(1_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (fine) return;
    if (Date.now() > until) throw new Error(`${url} does not answer`);
    await sleep(20);
  }
}
