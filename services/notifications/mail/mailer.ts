import type { Contact } from '#contracts/users/internal.ts';
import { newId } from '#kit/ids.ts';
import type { BaseContext } from '../context.ts';
import {
  claimDeliveries,
  collect,
  type DeliveryRow,
  finishDelivery,
  finishDigestItems,
  postpone,
} from '../data/deliveries.ts';
import { hashAddress, suppress } from '../data/suppressions.ts';
import { contactsIfThere } from '../people.ts';
import { delayAfter } from './delays.ts';
import type { Outcome } from './outcome.ts';
import { tryDelivery } from './sender.ts';
import { createSmtp, type Smtp, SMTP_CONNECTIONS } from './smtp.ts';

/** A dead sender's work is taken over after this; longer than any single try. */
const LEASE_MS = 40_000;
const BATCH = 32;
const POLL_MS = 1_000;

export interface Mailer {
  start(): void;
  /** There may be something to send. */
  wake(): void;
  /** Ends what is being sent and stops. */
  close(): Promise<void>;
}

/**
 * Sends what is queued. Replicas share the queue: a row is leased before anything is done for it, and the lease is
 * confirmed just before the mail server gets the last line, so that a slow sender never sends what another took over.
 * What is left is the moment between that line and the mark of its success: a process killed in it leaves the row
 * `handed`, and it is sent again with the same Message-ID. A lost mail is worse than one that can be told for a double.
 */
export function createMailer(ctx: BaseContext): Mailer {
  const smtp = createSmtp(ctx.config.SMTP_URL, ctx.config.MAIL_FROM, ctx.config.MAIL_BOUNCES_TO);
  const outcomes = ctx.telemetry.counter('artel.notifications.deliveries', {
    unit: '{delivery}',
    description: 'Tries to send mail and SMS, by outcome',
  });
  let closed = false;
  let woken = false;
  let rouse: () => void = () => {};
  let running: Promise<void> | undefined;

  async function idle(): Promise<void> {
    if (woken || closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function loop(): Promise<void> {
    while (!closed) {
      woken = false;
      let took = 0;
      try {
        took = await sendRound(ctx, smtp, (outcome, row) =>
          outcomes.add(1, { outcome: outcome.kind, channel: row.channel }),
        );
      } catch (error) {
        ctx.log.warn({ err: error }, 'a round of sending failed and will be tried again');
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      if (took === 0) await idle();
    }
  }

  return {
    start() {
      running ??= loop();
    },
    wake() {
      woken = true;
      rouse();
    },
    async close() {
      closed = true;
      rouse();
      await running;
      smtp.close();
    },
  };
}

/** Sends what is due, a batch; answers how many rows it took. */
export async function sendRound(
  ctx: BaseContext,
  smtp: Smtp,
  onOutcome: (outcome: Outcome, row: DeliveryRow) => void = () => {},
): Promise<number> {
  const claimId = newId();
  const rows = await claimDeliveries(ctx.db, { claimId, now: ctx.clock.now(), leaseMs: LEASE_MS, limit: BATCH });
  if (rows.length === 0) return 0;
  const people = await contactsIfThere(
    ctx,
    rows.flatMap((row) => [row.userId, ...(row.actorId === null ? [] : [row.actorId])]),
  );
  const queue = [...rows];
  const work = async () => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      const outcome = await attempt(ctx, smtp, claimId, row, people);
      onOutcome(outcome, row);
      await settle(ctx, claimId, row, outcome, people);
    }
  };
  await Promise.all(Array.from({ length: Math.min(SMTP_CONNECTIONS, rows.length) }, work));
  return rows.length;
}

async function attempt(
  ctx: BaseContext,
  smtp: Smtp,
  claimId: string,
  row: DeliveryRow,
  people: ReadonlyMap<string, Contact>,
): Promise<Outcome> {
  try {
    return await tryDelivery(ctx, smtp, { claimId, leaseMs: LEASE_MS }, row, people);
  } catch (error) {
    ctx.log.error({ err: error, deliveryId: row.deliveryId, event: row.event }, 'a message could not be made');
    return { kind: 'again', reason: 'fault', uncertain: false };
  }
}

async function settle(
  ctx: BaseContext,
  claimId: string,
  row: DeliveryRow,
  outcome: Outcome,
  people: ReadonlyMap<string, Contact>,
): Promise<void> {
  const now = ctx.clock.now();
  const { deliveryId } = row;
  const finish = (state: 'sent' | 'dropped' | 'failed', reason: string | null) =>
    ctx.db.tx(async (tx) => {
      await finishDelivery(tx, deliveryId, { claimId, state, reason, now });
      if (row.event === 'digest') await finishDigestItems(tx, deliveryId, now);
    });
  switch (outcome.kind) {
    case 'lost':
      return;
    case 'sent':
      return await finish('sent', null);
    case 'dropped':
      return await finish('dropped', outcome.reason);
    case 'later':
      return await postpone(ctx.db, deliveryId, { claimId, ...outcome, counted: false, uncertain: false });
    case 'digest':
      return await ctx.db.tx((tx) => collect(tx, row, { claimId, deliveryId: newId(), sendAt: outcome.sendAt, now }));
    case 'again': {
      const delay = delayAfter(row.attempts, now.getTime() - row.createdAt.getTime());
      if (delay === undefined) return await giveUp(ctx, row, outcome.reason, () => finish('failed', outcome.reason));
      const sendAt = new Date(now.getTime() + delay);
      const { reason, uncertain } = outcome;
      return await postpone(ctx.db, deliveryId, { claimId, sendAt, reason, uncertain, counted: true });
    }
    case 'refused': {
      const email = row.channel === 'email' && row.secretId === null ? people.get(row.userId)?.email : undefined;
      if (outcome.address && email !== undefined)
        await suppress(ctx.db, {
          userId: row.userId,
          addressHash: hashAddress(ctx.secret('suppressions'), email),
          reason: outcome.reason,
          now,
        });
      return await giveUp(ctx, row, outcome.reason, () => finish('failed', outcome.reason));
    }
  }
}

async function giveUp(ctx: BaseContext, row: DeliveryRow, reason: string, finish: () => Promise<void>): Promise<void> {
  await finish();
  ctx.log.warn(
    { deliveryId: row.deliveryId, event: row.event, attempts: row.attempts, reason },
    'a message was given up',
  );
}
