import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** AMQP frame of connection.blocked ("low on memory") and of connection.unblocked, on channel 0. */
const BLOCKED = frame(60, Buffer.concat([Buffer.from([13]), Buffer.from('low on memory')]));
const UNBLOCKED = frame(61, Buffer.alloc(0));

/**
 * Stands between a test and the broker, so that a test can break its own connections and nobody else's: cut them,
 * refuse new ones, go silent, or raise the broker's alarm.
 */
export class BrokerProxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ client: Socket; broker: Socket; greeting: { text: string } }>();
  readonly #target: URL;
  #refusing = false;
  #silent = false;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#onClient(client));
  }

  static async start(brokerUrl: string): Promise<BrokerProxy> {
    const proxy = new BrokerProxy(new URL(brokerUrl));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const url = new URL(this.#target);
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is not listening');
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    return url.href;
  }

  /** Breaks all connections; new ones are taken unless refused. */
  cut(): void {
    for (const { client, broker } of this.#pairs) {
      client.resetAndDestroy();
      broker.resetAndDestroy();
    }
  }

  /** As a broker that is down. */
  down(): void {
    this.#refusing = true;
    this.cut();
  }

  up(): void {
    this.#refusing = false;
  }

  /** As a broker that hangs: connections stay, nothing passes. */
  silence(): void {
    this.#silent = true;
    for (const { client, broker } of this.#pairs) {
      client.unpipe(broker);
      broker.unpipe(client);
      client.pause();
      broker.pause();
    }
  }

  /** Ends a silence; what was silenced is cut. */
  speak(): void {
    this.#silent = false;
    this.cut();
  }

  /**
   * The broker's alarm, as connections that publish hear it (`only` is in their name). Only between frames, so only
   * while nothing is under way.
   */
  alarm(on: boolean, only: string): void {
    for (const { client, greeting } of this.#pairs) {
      if (greeting.text.includes(only)) client.write(on ? BLOCKED : UNBLOCKED);
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onClient(client: Socket): void {
    client.on('error', () => {});
    if (this.#refusing) return void client.resetAndDestroy();
    const broker = createConnection({ host: this.#target.hostname, port: Number(this.#target.port || 5672) });
    broker.on('error', () => {});
    // What the client says of itself comes first.
    const greeting = { text: '' };
    const pair = { client, broker, greeting };
    client.on('data', (bytes: Buffer) => {
      if (greeting.text.length < 2_000) greeting.text += bytes.toString('latin1');
    });
    this.#pairs.add(pair);
    client.on('close', () => {
      this.#pairs.delete(pair);
      broker.destroy();
    });
    broker.on('close', () => client.destroy());
    if (this.#silent) return;
    client.pipe(broker);
    broker.pipe(client);
  }
}

function frame(method: number, params: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([0, 10, 0, method]), params]);
  const header = Buffer.alloc(7);
  header.writeUInt8(1, 0);
  header.writeUInt32BE(payload.length, 3);
  return Buffer.concat([header, payload, Buffer.from([0xce])]);
}
