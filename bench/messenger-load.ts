/** The load of the messenger bench, a process of its own: sockets that count what they are told, and rooms of two that talk. Orders by IPC. */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';

export type Dialect = 'artel' | 'ws' | 'socket.io';
export interface Talker {
  readonly userId: string;
  readonly token: string;
  readonly conversationId: string;
}
export type LoadOrder =
  | { readonly type: 'listen'; readonly dialect: Dialect; readonly port: number; readonly people: readonly Talker[] }
  | { readonly type: 'expect'; readonly frames: number }
  | {
      readonly type: 'chat';
      readonly dialect: Dialect;
      readonly port: number;
      readonly people: readonly Talker[];
      readonly ms: number;
    }
  | { readonly type: 'hang-up' };
export interface ChatResult {
  readonly messages: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

const TEXT = 'Добрый день! Посмотрите, пожалуйста, второй вариант: там другой цвет и шрифт.';
const say = (message: object) => process.send?.(message);

/** A WebSocket that only counts bytes: the load must cost less than what is measured. */
class Listener {
  readonly #socket: Socket;
  #mode: 'handshake' | 'greeting' | 'counting' = 'handshake';
  static counted = 0;
  static wanted = Number.POSITIVE_INFINITY;

  private constructor(socket: Socket, onReady: () => void, dialect: Dialect) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => {
      if (this.#mode === 'counting') {
        Listener.counted += data.length;
        if (Listener.counted >= Listener.wanted) Listener.reached();
        return;
      }
      const text = data.toString('latin1');
      if (this.#mode === 'handshake' && !text.startsWith('HTTP/1.1 101'))
        throw new Error(`a socket was refused: ${text.slice(0, 80)}`);
      this.#mode = 'greeting';
      if (dialect === 'socket.io' && text.includes('"sid"') && text.includes('pingInterval'))
        return void socket.write(masked('40'));
      // Ours greets with `ready`, socket.io answers the connect; ws greets with one byte, so that all are counted from a frame on.
      const greeted =
        dialect === 'artel'
          ? text.includes('"ready"')
          : dialect === 'ws'
            ? /\x81\x01!/.test(text)
            : text.includes('40{');
      if (!greeted) return;
      this.#mode = 'counting';
      onReady();
    });
    socket.on('error', () => {});
  }

  static reached(): void {
    Listener.wanted = Number.POSITIVE_INFINITY;
    say({ reached: true });
  }

  static open(dialect: Dialect, port: number, person: Talker): Promise<Listener> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        const path = dialect === 'socket.io' ? '/socket.io/?EIO=4&transport=websocket' : '/api/v1/socket';
        const protocol = dialect === 'artel' ? `Sec-WebSocket-Protocol: artel.v1, bearer.${person.token}\r\n` : '';
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${protocol}\r\n`,
        );
      });
      const listener: Listener = new Listener(socket, () => resolve(listener), dialect);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A short text frame of a client, masked with zeros. */
function masked(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

let listeners: Listener[] = [];
/** Bytes of one told frame, learnt from the first. */
let frameBytes = 0;

async function listen(order: Extract<LoadOrder, { type: 'listen' }>): Promise<void> {
  const waiting = [...order.people];
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (let person = waiting.pop(); person; person = waiting.pop())
        listeners.push(await Listener.open(order.dialect, order.port, person));
    }),
  );
  Listener.counted = 0;
  frameBytes = 0;
  say({ listening: listeners.length });
}

/** `frames` for each listener. The first order, of one frame, teaches how long it is. */
function expect(frames: number): void {
  if (frameBytes === 0) {
    const settle = () => {
      const before = Listener.counted;
      setTimeout(() => {
        if (before === 0 || Listener.counted !== before) return settle();
        frameBytes = before / listeners.length;
        Listener.counted = 0;
        say({ reached: true });
      }, 200);
    };
    settle();
    return;
  }
  Listener.wanted = frames * listeners.length * frameBytes;
  if (Listener.counted >= Listener.wanted) Listener.reached();
}

/** How each says a message and hears one. */
const DIALECTS: Record<
  Dialect,
  { url(port: number): string; say(person: Talker, id: string): string; hear(text: string): string | undefined }
> = {
  artel: {
    url: (port) => `ws://127.0.0.1:${port}/api/v1/socket`,
    say: ({ conversationId }, messageId) =>
      JSON.stringify({
        type: 'call',
        id: messageId,
        route: 'messenger.sendMessage',
        params: { conversationId },
        body: { messageId, text: TEXT },
      }),
    hear(text) {
      const frame = JSON.parse(text);
      if (frame.type === 'reply' && frame.status !== 201) throw new Error(text);
      return frame.type === 'message' ? frame.message.messageId : undefined;
    },
  },
  ws: {
    url: (port) => `ws://127.0.0.1:${port}/api/v1/socket`,
    say: ({ conversationId, userId }, messageId) =>
      JSON.stringify({ type: 'message', conversationId, userId, messageId, text: TEXT }),
    hear: (text) => (text === '!' ? undefined : JSON.parse(text).messageId),
  },
  'socket.io': {
    url: (port) => `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`,
    say: ({ conversationId, userId }, messageId) =>
      `42${JSON.stringify(['message', { conversationId, userId, messageId, text: TEXT }])}`,
    hear: (text) => (text.startsWith('42') ? JSON.parse(text.slice(2))[1].messageId : undefined),
  },
};

async function openTalker(dialect: Dialect, port: number, person: Talker): Promise<WebSocket> {
  const protocols = dialect === 'artel' ? ['artel.v1', `bearer.${person.token}`] : [];
  const socket = new WebSocket(DIALECTS[dialect].url(port), protocols);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', function greet(data) {
      const text = String(data);
      if (dialect === 'socket.io' && text.startsWith('0')) return socket.send('40');
      if (dialect === 'ws')
        socket.send(JSON.stringify({ type: 'join', userId: person.userId, conversationId: person.conversationId }));
      if (dialect === 'socket.io')
        socket.send(`42${JSON.stringify(['join', { conversationId: person.conversationId }])}`);
      socket.off('message', greet);
      resolve();
    });
  });
  return socket;
}

/** In each room one speaks, the other answers when he has heard it: as many messages under way as rooms. */
async function chat(order: Extract<LoadOrder, { type: 'chat' }>): Promise<ChatResult> {
  const { say: write, hear } = DIALECTS[order.dialect];
  const sockets = await Promise.all(order.people.map((person) => openTalker(order.dialect, order.port, person)));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const times: number[] = [];
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  const until = begun + order.ms;
  let ended = 0;
  await Promise.all(
    Array.from({ length: order.people.length / 2 }, (_, room) => {
      const pair = [0, 1].map((side) => ({
        person: order.people[room * 2 + side] as Talker,
        socket: sockets[room * 2 + side] as WebSocket,
      }));
      return new Promise<void>((resolve) => {
        let speaker = 0;
        let id = '';
        let sentAt = 0;
        const speak = () => {
          id = randomUUID();
          sentAt = performance.now();
          pair[speaker]?.socket.send(write(pair[speaker]?.person as Talker, id));
        };
        for (const [side, { socket }] of pair.entries())
          socket.on('message', (data) => {
            if (hear(String(data)) !== id || side === speaker) return;
            const now = performance.now();
            times.push(now - sentAt);
            ended = Math.max(ended, now);
            if (now > until) return resolve();
            speaker = side;
            speak();
          });
        speak();
      });
    }),
  );
  const used = process.cpuUsage(cpuBefore);
  for (const socket of sockets) socket.terminate();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const seconds = (ended - begun) / 1000;
  return {
    messages: times.length,
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    cpu: (used.user + used.system) / 1e6 / seconds,
  };
}

process.on('message', (order: LoadOrder) => {
  if (order.type === 'listen') void listen(order);
  else if (order.type === 'expect') expect(order.frames);
  else if (order.type === 'chat') void chat(order).then((result) => say({ chat: result }));
  else {
    for (const listener of listeners) listener.close();
    listeners = [];
    say({ gone: true });
  }
});
