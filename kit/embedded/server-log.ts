import { copyFile, stat, truncate } from 'node:fs/promises';

/**
 * Keeps PostgreSQL's log file bounded: above `limit` bytes it is copied to `<file>.1` and emptied, now and every minute
 * until the returned function is called. The server appends to an open file, so it must stay the same file.
 */
export async function boundLog(file: string, limit = 5 * 1024 * 1024): Promise<() => void> {
  const check = async () => {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size <= limit) return;
    await copyFile(file, `${file}.1`);
    await truncate(file);
  };
  await check();
  // A full disk is no reason to stop: the next minute tries again.
  const timer = setInterval(() => void check().catch(() => undefined), 60_000);
  timer.unref();
  return () => clearInterval(timer);
}
