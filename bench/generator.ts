/** The load generator: a process of its own, on core 1 where cores are pinned. */
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadResult } from './http-load.ts';
import { launch, type Program } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('http-load.ts', import.meta.url));

export interface Generator {
  readonly program: Program;
  send(order: LoadOrder): Promise<LoadResult>;
}

export async function generator(): Promise<Generator> {
  let settle: (result: LoadResult) => void = () => {};
  const program: Program = launch([process.execPath, PROGRAM], {
    core: 1,
    onMessage: (message) => message !== 'ready' && settle(message as LoadResult),
  });
  return {
    program,
    send(order: LoadOrder): Promise<LoadResult> {
      return new Promise((resolve) => {
        settle = resolve;
        program.child.send(order);
      });
    },
  };
}
