// Plain ws as its documentation writes it: a send per socket, an insert per message.
import { WebSocketServer } from 'ws';
import { openStore } from './messenger-store.mjs';

const { port, databaseUrl, text } = JSON.parse(process.argv[2]);
const store = await openStore(databaseUrl, 'bench_ws');
const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false });
const rooms = new Map();
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.send('!');
  socket.on('message', async (data) => {
    const message = JSON.parse(data);
    if (message.type === 'join') {
      const room = rooms.get(message.conversationId) ?? new Set();
      rooms.set(message.conversationId, room.add(socket));
      socket.on('close', () => room.delete(socket));
      return;
    }
    const stored = JSON.stringify({ type: 'message', ...(await store.insert(message)) });
    for (const member of rooms.get(message.conversationId) ?? []) member.send(stored);
  });
});
process.on('message', (order) => {
  if (order.gc) {
    globalThis.gc?.();
    process.send({ gc: true });
  }
  for (let n = 0; n < (order.burst ?? 0); n++) {
    const frame = JSON.stringify({ type: 'message', seq: n, text });
    for (const client of server.clients) client.send(frame);
  }
});
process.send({ ready: true });
