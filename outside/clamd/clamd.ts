/** Stands in for ClamAV's clamd: answers PING, VERSION and INSTREAM (the `z` forms) and finds EICAR and what it is told to. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { OutsideLog } from '../log.ts';

// Put together here so that no scanner finds it in our source.
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
/** clamd's own default. */
const STREAM_MAX_BYTES = 100 * 1024 * 1024;

export interface ClamdOptions {
  /** 0: any. */
  readonly port: number;
  readonly host?: string;
  /** Name of a signature to the text by which it is found. */
  readonly signatures?: Readonly<Record<string, string>>;
  readonly log: OutsideLog;
}

export interface Clamd {
  /** As the platform's CLAMAV_URL. */
  readonly url: string;
  /** How many streams were looked at. */
  readonly scanned: number;
  /** Takes connections and answers nothing: a scanner that hangs up. */
  silent: boolean;
  close(): Promise<void>;
}

export async function startClamd(options: ClamdOptions): Promise<Clamd> {
  const host = options.host ?? '127.0.0.1';
  const signatures = { 'Win.Test.EICAR_HDB-1': EICAR, ...options.signatures };
  const sockets = new Set<Socket>();
  const state = { scanned: 0, silent: false };
  const look = (content: Buffer): string => {
    state.scanned++;
    const found = Object.entries(signatures).find(([, text]) => content.includes(text))?.[0];
    options.log.info({ part: 'clamd', bytes: content.length, found: found ?? null }, 'scanned');
    return found === undefined ? 'stream: OK\0' : `stream: ${found} FOUND\0`;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (state.silent) socket.destroy();
    else converse(socket, look);
  });
  server.listen(options.port, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `tcp://${host}:${port}`,
    get scanned() {
      return state.scanned;
    },
    get silent() {
      return state.silent;
    },
    set silent(value) {
      state.silent = value;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One command, ended by NUL; after INSTREAM chunks with their length before them, until one of none. */
function converse(socket: Socket, look: (content: Buffer) => string): void {
  let buffered = Buffer.alloc(0);
  let streaming = false;
  let total = 0;
  const chunks: Buffer[] = [];
  const onCommand = (command: string): void => {
    if (command === 'zPING') return void socket.end('PONG\0');
    if (command === 'zVERSION') return void socket.end('ClamAV 1.4.0 (stand-in)\0');
    if (command !== 'zINSTREAM') return void socket.end('UNKNOWN COMMAND\0');
    streaming = true;
    takeChunks();
  };
  const takeChunks = (): void => {
    while (buffered.length >= 4) {
      const size = buffered.readUInt32BE();
      if (size === 0) return void socket.end(look(Buffer.concat(chunks)));
      if (total + size > STREAM_MAX_BYTES) return void socket.end('INSTREAM size limit exceeded. ERROR\0');
      if (buffered.length < 4 + size) return;
      total += size;
      chunks.push(buffered.subarray(4, 4 + size));
      buffered = buffered.subarray(4 + size);
    }
  };
  socket.on('data', (data) => {
    buffered = Buffer.concat([buffered, data as Buffer]);
    if (streaming) return takeChunks();
    const end = buffered.indexOf(0);
    if (end < 0) return;
    const command = buffered.subarray(0, end).toString('latin1');
    buffered = buffered.subarray(end + 1);
    onCommand(command);
  });
}
