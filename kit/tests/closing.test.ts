import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { closerOf } from '#kit/service/closing.ts';

test('a server that ends answers what runs; connections without a request and half heads do not hold it', async () => {
  const app = fastify();
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.get('/slow', async () => {
    begun.resolve();
    await goOn.promise;
    return 'done';
  });
  // Only what is closed for being quiet can end it.
  const close = closerOf(app, { drainMs: 86_400_000, quietMs: 200 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const quiet = ['', 'GET /slow HTTP/1.1\r\nHost:'].map((said) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(said));
    return socket.on('error', () => {}).resume();
  });
  await Promise.all(quiet.map((socket) => once(socket, 'connect')));
  const answer = fetch(`http://127.0.0.1:${port}/slow`).then((response) => response.text());
  await begun.promise;
  const ended = close();
  await Promise.all(quiet.map((socket) => once(socket, 'close')));
  goOn.resolve();
  expect(await answer).toBe('done');
  await ended;
});
