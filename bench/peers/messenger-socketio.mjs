// socket.io over WebSocket alone, rooms and broadcasts by its own means, an insert per message.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { openStore } from './messenger-store.mjs';

const { port, databaseUrl, text } = JSON.parse(process.argv[2]);
const store = await openStore(databaseUrl, 'bench_socketio');
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  pingInterval: 600_000,
  serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('join', ({ conversationId }) => socket.join(conversationId));
  socket.on('message', async (message) => {
    const stored = await store.insert(message);
    io.to(stored.conversationId).emit('message', stored);
  });
});
process.on('message', (order) => {
  if (order.gc) {
    globalThis.gc?.();
    process.send({ gc: true });
  }
  for (let n = 0; n < (order.burst ?? 0); n++) io.emit('message', { type: 'message', seq: n, text });
});
http.listen(port, '127.0.0.1', () => process.send({ ready: true }));
