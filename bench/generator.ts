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
  let sent = Promise.withResolvers<LoadResult>();
  // Nobody may wait for it when the generator is ended.
  sent.promise.catch(() => {});
  const program: Program = launch([process.execPath, PROGRAM], {
    core: 1,
    onMessage: (message) => message !== 'ready' && sent.resolve(message as LoadResult),
  });
  program.child.once('exit', () => sent.reject(new Error('the load generator ended')));
  return {
    program,
    send(order: LoadOrder): Promise<LoadResult> {
      sent = Promise.withResolvers();
      program.child.send(order);
      return sent.promise;
    },
  };
}
