/** F13: two replicas, a client that drops and resumes 100 times during 10,000 messages gets each once, in order. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Line, type Pair, type Person, twoReplicas } from './two-replicas.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 10_000);
const DROPS = Number(process.env['DROPS'] ?? 100);
/** Messages that are on their way at once, over the sockets of both gateways. */
const IN_FLIGHT = 60;
const GAP_MS = 200;
let pair: Pair;
let reading: Person;
let writing: Person;
let conversationId: string;

beforeAll(async () => {
  pair = await twoReplicas();
  reading = await pair.person('Анна', 'client');
  writing = await pair.person('Борис', 'freelancer');
  conversationId = await pair.conversation(reading, writing);
}, 60_000);
afterAll(() => pair?.close());

/** What a client does: takes frames that follow on, reads by REST what is between, and comes back elsewhere. */
class Reader {
  readonly texts: string[] = [];
  drops = 0;
  live = 0;
  #rev = 1;
  #socket: WebSocket | undefined;
  #reading = false;
  #gap: NodeJS.Timeout | undefined;
  readonly #ahead = new Map<number, string>();
  #again = false;
  #closed = false;

  async connect(): Promise<void> {
    const base = pair.gateways[this.drops % 2] as string;
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/socket`, [
      'artel.v1',
      `bearer.${reading.token}`,
    ]);
    this.#socket = socket;
    socket.on('message', (data) => {
      if (socket === this.#socket) this.#onFrame(JSON.parse(String(data)));
    });
    await once(socket, 'open');
    await this.catchUp();
  }

  #onFrame(frame: { type: string; rev: number; message: { text: string } }): void {
    if (frame.type !== 'message' || frame.rev <= this.#rev) return;
    // Two replicas' frames may overtake each other: what is ahead waits for a moment before it is a gap.
    this.#ahead.set(frame.rev, frame.message.text);
    this.#followOn();
    if (this.#ahead.size > 0) this.#gap ??= setTimeout(() => void this.catchUp(), GAP_MS);
  }

  #followOn(): void {
    if (this.#reading) return;
    for (let text = this.#ahead.get(this.#rev + 1); text !== undefined; text = this.#ahead.get(this.#rev + 1)) {
      this.#take(this.#rev + 1, text);
      this.live++;
    }
    if (this.#ahead.size > 0) return;
    clearTimeout(this.#gap);
    this.#gap = undefined;
  }

  #take(rev: number, text: string): void {
    this.#rev = rev;
    this.texts.push(text);
    this.#ahead.delete(rev);
  }

  async catchUp(): Promise<void> {
    if (this.#closed) return;
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#again) {
      this.#again = false;
      const path = `/conversations/${conversationId}/changes?limit=200&after=${this.#rev}`;
      const { items, more } = await pair.api(this.drops + 1, reading.token, 'GET', path);
      for (const { rev, text } of items) this.#take(rev, text);
      this.#again ||= more;
    }
    this.#reading = false;
    this.#gap = undefined;
    for (const rev of this.#ahead.keys()) if (rev <= this.#rev) this.#ahead.delete(rev);
    this.#followOn();
    if (this.#ahead.size > 0) this.#gap ??= setTimeout(() => void this.catchUp(), GAP_MS);
  }

  async drop(): Promise<void> {
    this.#socket?.terminate();
    this.#socket = undefined;
    this.#ahead.clear();
    this.drops++;
    await this.connect();
  }

  /** Nothing is taken or read after it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
    while (this.#reading) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test(`${DROPS} drops during ${MESSAGES} messages over two replicas: each message once, in order`, async () => {
  const ready = (frame: { type: string }) => frame.type === 'ready';
  const lines: Line[] = [await pair.connect(0, writing, ready), await pair.connect(1, writing, ready)];
  const sent: string[] = [];
  const send = async (line: Line, n: number) => {
    const body = { messageId: randomUUID(), text: `m${n}` };
    const answer = await line.call('messenger.sendMessage', { conversationId }, body);
    expect(answer.status).toBe(201);
    // The step that opened the conversation is number 1.
    sent[answer.body.seq - 2] = `m${n}`;
  };
  const reader = new Reader();
  await reader.connect();
  let next = 0;
  const senders = Array.from({ length: IN_FLIGHT }, async (_, index) => {
    while (next < MESSAGES) await send(lines[index % 2] as Line, next++);
  });
  for (let drop = 1; drop <= DROPS; drop++) {
    const mark = (drop * MESSAGES) / (DROPS + 1);
    while (reader.texts.length < mark) await new Promise((resolve) => setTimeout(resolve, 2));
    await reader.drop();
  }
  await Promise.all(senders);
  await expect.poll(() => reader.texts.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(MESSAGES);
  await reader.close();
  await Promise.all(lines.map((line) => line.close()));
  expect(reader.drops).toBe(DROPS);
  // Most come live, else it would be polling that is tested here.
  expect(reader.live).toBeGreaterThan(MESSAGES / 20);
  expect(sent).toHaveLength(MESSAGES);
  expect(reader.texts).toEqual(sent);
}, 300_000);
