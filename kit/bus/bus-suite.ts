import { describe } from 'vitest';
import { deliveryTests } from './bus-suite-delivery.ts';
import { faultTests } from './bus-suite-faults.ts';
import { type BusHarness, suiteFixture } from './bus-suite-fixture.ts';

/** The promises of `Bus`, for any transport. */
export function busSuite(name: string, start: () => Promise<BusHarness>): void {
  describe(name, { timeout: 30_000 }, () => {
    const suite = suiteFixture(start);
    deliveryTests(suite);
    faultTests(suite);
  });
}
