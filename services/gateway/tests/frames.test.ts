import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FrameWriter, textFrame } from '../frames.ts';

test('a frame made once reaches every socket whole and in turn with what ws sends; a closed socket harms nobody', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const heard: string[][] = [];
  const clients = [0, 1, 2].map((index) => {
    const client = new WebSocket(url);
    heard[index] = [];
    client.on('message', (data) => heard[index]?.push(String(data)));
    return client;
  });
  await Promise.all(clients.map((client) => once(client, 'open')));
  await expect.poll(() => server.clients.size).toBe(3);
  const texts = ['да', 'я'.repeat(100), 'ё'.repeat(1_000), 'ж'.repeat(50_000)];
  const writer = new FrameWriter();
  const sockets = [...server.clients];
  for (const text of texts) {
    const frame = textFrame(text);
    for (const socket of sockets) {
      writer.write(socket, frame);
      socket.send('between');
    }
  }
  const all = texts.flatMap((text) => [text, 'between']);
  await expect.poll(() => heard).toEqual([all, all, all]);
  sockets[0]?.terminate();
  for (const socket of sockets) writer.write(socket, textFrame('last'));
  await expect.poll(() => heard.filter((one) => one.at(-1) === 'last').length).toBe(2);
  for (const client of clients) client.terminate();
  server.close();
});
