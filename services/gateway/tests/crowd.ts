/**
 * Thousands of sockets held by a process of its own: `node crowd.ts <address> <token>`, driven by messages. Both ends in
 * one process would need twice the file descriptors that one may have.
 */
import { WebSocket } from 'ws';

const [, , address = '', token = ''] = process.argv;
const sockets: WebSocket[] = [];
let heard = 0;
let gone = 0;

const open = () =>
  new Promise<void>((resolve, reject) => {
    const socket = new WebSocket(address, ['artel.v1', `bearer.${token}`], { perMessageDeflate: false });
    sockets.push(socket);
    socket.on('message', (data) => {
      if (String(data).includes('"ready"')) resolve();
      else if (String(data).includes('"for-all"')) heard++;
    });
    socket.on('close', () => gone++);
    socket.once('error', reject);
  });

type Order = { open: number } | { close: true } | { count: true };

process.on('message', (order: Order) => {
  void (async () => {
    if ('open' in order)
      for (let left = order.open; left > 0; left -= 100)
        await Promise.all(Array.from({ length: Math.min(100, left) }, open));
    else if ('close' in order) {
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.close();
      await Promise.all(closed);
      process.disconnect();
      return;
    }
    process.send?.({ open: sockets.length - gone, heard });
  })().catch((error: unknown) => process.send?.({ fault: String(error) }));
});
