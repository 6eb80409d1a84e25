import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { closerOf } from '#kit/service/closing.ts';

test('a server that ends answers what runs; connections without a request, half heads and bodies that stall do not hold it', async () => {
  const app = fastify();
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.get('/slow', async () => {
    begun.resolve();
    await goOn.promise;
    return 'done';
  });
  app.post('/slow', async () => 'never asked to the end');
  // Only what is closed for being quiet can end it.
  const close = closerOf(app, { drainMs: 86_400_000, quietMs: 200 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const stalled = 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{';
  const quiet = ['', 'GET /slow HTTP/1.1\r\nHost:', stalled].map((said) => {
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

test('a body that is slow but comes is answered, also by a server that ends', async () => {
  const app = fastify();
  app.post('/', async (request) => request.body);
  const close = closerOf(app, { drainMs: 86_400_000, quietMs: 400 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const begun = once(app.server, 'request');
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n');
  });
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const hungUp = once(socket, 'close');
  await begun;
  const ended = close();
  // Longer in all than the patience with one that is quiet.
  for (const letter of '{"a":"slowly"}') {
    socket.write(letter);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await hungUp;
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain('{"a":"slowly"}');
  await ended;
});
