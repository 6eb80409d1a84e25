import { brokerVariable, startBroker } from './test-server.ts';

/**
 * Before all tests of a run: opens the broker through which `testDatabase()` reaches the run's one PostgreSQL (or nothing
 * if TEST_DATABASE_URL names a server). Called once per vitest project; the first call serves them all.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TEST_DATABASE_URL || process.env[brokerVariable]) return undefined;
  const broker = await startBroker();
  process.env[brokerVariable] = String(broker.port);
  return async () => {
    delete process.env[brokerVariable];
    await broker.stop();
  };
}

export default setup;
