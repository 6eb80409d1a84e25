/** Loaded before a program whose time is to be explained: SIGUSR2 begins a profile, the next one ends it and writes it into `BENCH_PROFILES`. */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const folder = process.env['BENCH_PROFILES'] ?? '.';
let session: Session | undefined;

process.on('SIGUSR2', () => {
  if (!session) {
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.start');
    return;
  }
  const ended = session;
  session = undefined;
  ended.post('Profiler.stop', (error, result) => {
    ended.disconnect();
    const file = join(folder, `${process.pid}.cpuprofile`);
    // Whoever waits for the name finds all of it.
    writeFileSync(`${file}.part`, JSON.stringify(error ? null : result.profile));
    renameSync(`${file}.part`, file);
  });
});
