import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Refuses no sooner than after `floorMs`, so that what was done behind a refusal can't be read from its time (A1). The
 * floor lies well above the work of the slowest case. Who is let in need not wait.
 */
export async function refuseInEvenTime<T>(floorMs: number, work: () => Promise<T>): Promise<T> {
  const floor = sleep(floorMs);
  try {
    return await work();
  } catch (error) {
    await floor;
    throw error;
  }
}
