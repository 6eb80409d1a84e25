import { z } from 'zod';
import type { EventDefinition } from '#contracts/common/define.ts';
import { type Bus, type CloudEvent, type Delivery, RETRY_DELAYS_MS, type Subscription } from '#kit/bus/bus.ts';
import { type CallContext, newCall, runInCall } from '#kit/call-context.ts';
import type { Logger } from '#kit/log.ts';
import type { Effect, ReceivedEvent } from '#kit/service/types.ts';
import { isProblem } from '#kit/problem.ts';
import type { Telemetry } from '#kit/telemetry.ts';
import { type Db, sql, type Transact } from './db.ts';

/** One subscription of the service: its event and what to do, look-ups first, then the effect in the inbox's transaction. */
export interface InboxHandler {
  readonly event: EventDefinition;
  readonly handle: (events: readonly ReceivedEvent[]) => Promise<Effect | undefined>;
  /** Events whose handlers have the same `together` are handed over at once, where they came at once. Undefined: one by one. */
  readonly together: object | undefined;
}

export interface InboxOptions {
  service: string;
  bus: Bus;
  db: Db;
  log: Logger;
  telemetry: Telemetry;
  handlers: readonly InboxHandler[];
  /** An event was parked in the dead letters. */
  onDead?: () => void;
  /** Messages in flight per process. */
  prefetch: number;
  gatherMs?: number | undefined;
  /** How effects share transactions, where the service sees to that itself. */
  transact?: ((event: { type: string; subject: string }) => Transact) | undefined;
}

/** Most look-ups under way at a time in one process. */
const LOOK_UPS = 8;
/** Most effects that share a transaction, so that none holds its locks for long, and most such transactions at a time. */
const EFFECTS = 32;
const TRANSACTIONS = 4;
const HANDLER_TIMEOUT_MS = 30_000;

/** Starts taking the service's events. Resolves once the queue is bound. */
export async function startInbox(options: InboxOptions): Promise<Subscription> {
  const byType = new Map(options.handlers.map((handler) => [handler.event.type, handler]));
  return await options.bus.subscribe({
    queue: options.service,
    types: [...byType.keys()],
    prefetch: options.prefetch,
    ...(options.gatherMs !== undefined && { gatherMs: options.gatherMs }),
    onBatch: (batch) => handleBatch(options, byType, batch),
  });
}

/** A message that was understood. */
interface Received {
  readonly delivery: Delivery;
  readonly handler: InboxHandler;
  readonly event: CloudEvent;
}

/** On its way to its effect. */
interface Item extends Received {
  readonly call: CallContext;
  readonly startMs: number;
}

/** What has its effect as a whole: one event, or those that are handled together. */
interface Unit {
  readonly items: readonly [Item, ...Item[]];
  effect?: Effect;
}

async function handleBatch(options: InboxOptions, byType: Map<string, InboxHandler>, batch: Delivery[]): Promise<void> {
  const received: Received[] = [];
  for (const delivery of batch) {
    const parsed = parseEvent(delivery, byType);
    if ('event' in parsed) received.push({ ...parsed, delivery });
    else refuse(options, delivery, parsed);
  }
  for (const wave of wavesOf(received)) {
    const links = wave.flatMap(({ event }) => event.traceparent ?? []);
    const attributes = { 'messaging.batch.message_count': wave.length };
    const work = () => handleWave(options, wave.map(begun));
    await runInCall(newCall({ timeoutMs: HANDLER_TIMEOUT_MS }), () =>
      options.telemetry.span('inbox', 'internal', attributes, work, { links }),
    );
  }
}

function begun(received: Received): Item {
  const { traceparent, requestid: requestId } = received.event;
  const call = newCall({ traceparent, requestId, timeoutMs: HANDLER_TIMEOUT_MS, recordsEntry: true });
  return { ...received, call, startMs: Date.now() };
}

/**
 * Events of one subject go one after the other, each seeing what the one before did: each wave holds the next of every
 * subject, and those that follow it where they are handled together, which keeps their order.
 */
function wavesOf(items: readonly Received[]): Received[][] {
  const waves: Received[][] = [];
  const last = new Map<string, { at: number; together: object | undefined }>();
  for (const item of items) {
    const { together } = item.handler;
    const before = last.get(item.event.subject);
    const joins = together !== undefined && before?.together === together;
    const at = before === undefined ? 0 : joins ? before.at : before.at + 1;
    last.set(item.event.subject, { at, together });
    const wave = waves[at];
    if (wave) wave.push(item);
    else waves.push([item]);
  }
  return waves;
}

/**
 * Look-ups side by side, then effects and their inbox entries, many in one transaction. When that fails, each event
 * goes by itself, so that one that can't be handled holds back no other.
 */
async function handleWave(options: InboxOptions, wave: readonly Item[]): Promise<void> {
  let fresh: readonly Item[];
  try {
    fresh = await withoutKnown(options, wave);
  } catch (error) {
    for (const item of wave) giveBack(options, item, error);
    return;
  }
  const units = unitsOf(fresh);
  if (units.length === 1 && units[0]?.items.length === 1) return handleAlone(options, units[0].items[0]);
  const alone: Item[] = [];
  const ready = new Set<Unit>();
  await sideBySide(LOOK_UPS, units, async (unit) => {
    try {
      const effect = await effectOf(unit.items);
      if (effect) {
        unit.effect = effect;
        ready.add(unit);
      } else for (const item of unit.items) settle(options, item);
    } catch (error) {
      if (unit.items.length > 1) alone.push(...unit.items);
      else giveBack(options, unit.items[0], error);
    }
  });
  // As they came, but what is handled together last: it locks what all others would wait for (the end of the audit log).
  const isTogether = (unit: Unit) => Number(unit.items[0].handler.together !== undefined);
  const inOrder = units.filter((unit) => ready.has(unit)).sort((a, b) => isTogether(a) - isTogether(b));
  const [size, sideways] = options.transact ? [1, inOrder.length] : [EFFECTS, TRANSACTIONS];
  const shares = Array.from({ length: Math.ceil(inOrder.length / size) }, (_, n) =>
    inOrder.slice(n * size, (n + 1) * size),
  );
  await sideBySide(sideways, shares, async (share) => {
    if (!(await applied(options, share))) alone.push(...share.flatMap((unit) => unit.items));
  });
  const bySubject = [...Map.groupBy(alone, (item) => item.event.subject).values()];
  await sideBySide(TRANSACTIONS, bySubject, async (items) => {
    for (const item of items) await handleAlone(options, item);
  });
}

async function handleAlone(options: InboxOptions, item: Item): Promise<void> {
  try {
    const effect = await effectOf([item]);
    if (effect) await applyAll(options, [{ items: [item], effect }]);
    settle(options, item);
  } catch (error) {
    giveBack(options, item, error);
  }
}

function unitsOf(items: readonly Item[]): Unit[] {
  const units: { items: [Item, ...Item[]] }[] = [];
  const open = new Map<object, Item[]>();
  for (const item of items) {
    const { together } = item.handler;
    const joined = together && open.get(together);
    if (joined) {
      joined.push(item);
      continue;
    }
    const unit: { items: [Item, ...Item[]] } = { items: [item] };
    units.push(unit);
    if (together) open.set(together, unit.items);
  }
  return units;
}

async function sideBySide<T>(most: number, all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, worker));
}

/** Acks what had its effect before. */
async function withoutKnown(options: InboxOptions, wave: readonly Item[]): Promise<readonly Item[]> {
  const ids = wave.map((item) => item.event.id);
  const rows = await options.db.many<{ id: string }>(
    sql`select event_id as id from inbox where event_id = any(${ids}::uuid[])`,
  );
  if (rows.length === 0) return wave;
  const known = new Set(rows.map((row) => row.id));
  for (const item of wave) if (known.has(item.event.id)) settle(options, item);
  return wave.filter((item) => !known.has(item.event.id));
}

/** False: nothing was committed; each is to be tried by itself. */
async function applied(options: InboxOptions, units: readonly Unit[]): Promise<boolean> {
  const items = units.flatMap((unit) => unit.items);
  try {
    await applyAll(options, units);
  } catch (error) {
    options.log.debug({ err: error, events: items.length }, 'events that came together are applied one by one');
    return false;
  }
  for (const item of items) settle(options, item);
  return true;
}

/** The effects and their inbox entries commit together; an id that another replica was faster with has no effect. */
async function applyAll({ db, transact }: InboxOptions, units: readonly Unit[]): Promise<void> {
  const ids = units.flatMap((unit) => unit.items.map((item) => item.event.id));
  const [first] = units;
  const on: Transact = (first && transact?.(first.items[0].event)) ?? ((work) => db.tx(work));
  await on(async (tx) => {
    const rows = await tx.many<{ id: string }>(
      sql`insert into inbox (event_id) select unnest(${ids}::uuid[]) on conflict do nothing returning event_id as id`,
    );
    const fresh = new Set(rows.map((row) => row.id));
    for (const { items, effect } of units) {
      // Deleted, as one id may stand twice in a batch of somebody else's making.
      const news = items.filter((item) => fresh.delete(item.event.id));
      if (news.length === 0) continue;
      if (news.length < items.length) throw new Error('some of the events that came together are known');
      await runInCall(items[0].call, () => effect?.(tx));
    }
  });
}

async function effectOf(items: readonly [Item, ...Item[]]): Promise<Effect | undefined> {
  const events = items.map(({ event }) => ({
    id: event.id,
    type: event.type,
    subject: event.subject,
    time: new Date(event.time),
    sequence: event.sequence === undefined ? undefined : BigInt(event.sequence),
    data: event.data,
  }));
  return await runInCall(items[0].call, () => items[0].handler.handle(events));
}

function settle(options: InboxOptions, item: Item): void {
  record(options, item, 'ok');
  item.delivery.ack();
}

function record({ telemetry }: InboxOptions, { event, call, startMs }: Item, status: 'ok' | 'error'): void {
  telemetry.record(
    `consume ${event.type}`,
    'consumer',
    {
      'messaging.system': 'artel',
      'messaging.destination.name': event.type,
      'messaging.message.id': event.id,
      'artel.source': event.source,
    },
    startMs,
    Date.now(),
    status,
    call,
  );
}

interface Refusal {
  readonly reason: string;
  /** A replica of another release may know what to do: try again before parking. */
  readonly mayFit: boolean;
}

function refuse(options: InboxOptions, delivery: Delivery, { reason, mayFit }: Refusal): void {
  const delay = mayFit ? RETRY_DELAYS_MS[delivery.attempt - 1] : undefined;
  if (delay !== undefined) {
    delivery.retry(delay, reason);
    return;
  }
  options.log.warn({ type: delivery.type, reason }, 'a message that can not be read was parked');
  delivery.dead(reason);
  options.onDead?.();
}

/** The event and its handler, or why the message is poison. */
function parseEvent(
  delivery: Delivery,
  byType: Map<string, InboxHandler>,
): { event: CloudEvent; handler: InboxHandler } | Refusal {
  let json: unknown;
  try {
    json = JSON.parse(delivery.raw.toString('utf8'));
  } catch {
    return { reason: 'not JSON', mayFit: false };
  }
  const head = envelope.safeParse(json);
  if (!head.success) return { reason: `not a CloudEvent 1.0: ${faultsOf(head.error)}`, mayFit: false };
  const event = json as CloudEvent;
  const handler = byType.get(event.type);
  if (!handler) return { reason: `no subscription for ${event.type}`, mayFit: true };
  const data = handler.event.data.safeParse(event.data);
  if (!data.success) return { reason: `does not fit its schema: ${faultsOf(data.error)}`, mayFit: false };
  return { event: { ...event, data: data.data }, handler };
}

/** The attributes that the inbox relies on. */
const envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  type: z.string().max(200),
  subject: z.string().max(200),
  time: z.iso.datetime({ offset: true }),
  sequence: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
});

function faultsOf(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.join('/')} ${issue.message}`)
    .join('; ')
    .slice(0, 500);
}

/** An absent database or peer, and a disk without room, are waited for without counting to the end; a fault of the handler counts. */
function giveBack(options: InboxOptions, item: Item, error: unknown): void {
  record(options, item, 'error');
  const { event, delivery } = item;
  const reason = error instanceof Error ? error.message : String(error);
  if (isProblem(error, 'unavailable') || isProblem(error, 'timeout') || isProblem(error, 'storage_full')) {
    delivery.retry(RETRY_DELAYS_MS[Math.min(delivery.attempt - 1, 2)] ?? 5_000, reason);
    return;
  }
  const delay = RETRY_DELAYS_MS[delivery.attempt - 1];
  if (delay === undefined) {
    options.log.error(
      { err: error, type: event.type, eventId: event.id, attempts: delivery.attempt },
      'an event was parked in the dead letters',
    );
    delivery.dead(reason);
    options.onDead?.();
  } else {
    options.log.warn(
      { err: error, type: event.type, eventId: event.id, attempt: delivery.attempt },
      'an event will be tried again',
    );
    delivery.retry(delay, reason);
  }
}
