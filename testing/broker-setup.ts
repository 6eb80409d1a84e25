import { ownBroker } from './broker.ts';

/**
 * Before the tests that need RabbitMQ: a node of the run's own unless AMQP_URL names one. One that many runs have shared
 * may be full of what those left that were killed. Called once per vitest project; the first call serves them all.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['AMQP_URL']) return undefined;
  const broker = await ownBroker();
  process.env['AMQP_URL'] = broker.url;
  return async () => {
    delete process.env['AMQP_URL'];
    await broker.close();
  };
}
