import type { Contact } from '#contracts/users/internal.ts';
import { isProblem } from '#kit/problem.ts';
import type { BaseContext } from '../context.ts';
import { type DeliveryRow, isRead, markHanded } from '../data/deliveries.ts';
import { preferencesOf } from '../data/preferences.ts';
import { hashAddress, isSuppressed } from '../data/suppressions.ts';
import { wants } from '../domain/preferences.ts';
import { nextDigest, quietUntil } from '../domain/quiet.ts';
import { type Attachment, attachmentsOf } from './attachments.ts';
import { type Composed, composeMessage, type Message, type Secret } from './compose.ts';
import { LeaseLost, type Outcome, outcomeOfSmtpError } from './outcome.ts';
import { nameOf } from '../people.ts';
import { counted, renderShort } from '../templates/render.ts';
import { sendPush } from './push.ts';
import type { Smtp } from './smtp.ts';
import { sendSms } from './sms.ts';

/** What is sent later than this after it happened may be known by then. */
const LATE_MS = 30_000;

export interface Claim {
  readonly claimId: string;
  readonly leaseMs: number;
}

/** Tries one delivery: asks what it needs, decides by what holds now, sends. Throws only on faults of ours. */
export async function tryDelivery(
  ctx: BaseContext,
  smtp: Smtp,
  claim: Claim,
  row: DeliveryRow,
  people: ReadonlyMap<string, Contact>,
): Promise<Outcome> {
  const contact = people.get(row.userId);
  if (contact?.status === 'erased') return { kind: 'dropped', reason: 'erased' };
  if (contact?.status === 'blocked' && !row.critical && row.type !== 'support' && row.type !== 'money')
    return { kind: 'dropped', reason: 'blocked' };
  if (row.channel === 'push') return await tryPush(ctx, claim, row, people);
  const secret = row.secretId === null ? undefined : await fetchSecret(ctx, row.secretId);
  if (secret !== undefined && 'kind' in secret) return secret;
  const address = secret?.destination ?? (row.channel === 'sms' ? contact?.phone : contact?.email);
  if (!address) {
    // Registration may have run ahead of the profile; a person without a phone has none.
    if (contact) return { kind: 'refused', reason: 'no address', address: false };
    return { kind: 'again', reason: 'no contact yet', uncertain: false };
  }
  const addressHash = hashAddress(ctx.secret('suppressions'), address);
  const held = row.critical ? undefined : await holdBack(ctx, row, contact, addressHash);
  if (held) return held;
  const composed = await composeMessage(ctx, { row, contact, secret, people } satisfies Message);
  if (!composed) return { kind: 'dropped', reason: 'read' };
  if (row.channel === 'sms') {
    if (!(await hand(ctx, claim, row, null))) return { kind: 'lost' };
    return await sendSms(ctx, { to: address, text: composed.text, id: row.deliveryId });
  }
  let attachments: Attachment[];
  try {
    attachments = await attachmentsOf(ctx, row);
  } catch (error) {
    return { kind: 'again', reason: `analytics: ${isProblem(error) ? error.code : 'failure'}`, uncertain: false };
  }
  return await sendMail(ctx, smtp, claim, row, { to: address, addressHash, attachments, ...composed });
}

function hand(ctx: BaseContext, claim: Claim, row: DeliveryRow, addressHash: string | null): Promise<boolean> {
  return markHanded(ctx.db, row.deliveryId, { ...claim, now: ctx.clock.now(), addressHash });
}

async function tryPush(
  ctx: BaseContext,
  claim: Claim,
  row: DeliveryRow,
  people: ReadonlyMap<string, Contact>,
): Promise<Outcome> {
  const contact = people.get(row.userId);
  const held = row.critical ? undefined : await holdBack(ctx, row, contact, undefined);
  if (held) return held;
  const short = renderShort(row.event, counted(row.params, row.count), {
    locale: contact?.locale ?? 'ru',
    timeZone: contact?.timeZone ?? 'Europe/Moscow',
    who: row.actorId === null ? undefined : nameOf(people.get(row.actorId)),
  });
  if (!(await hand(ctx, claim, row, null))) return { kind: 'lost' };
  return await sendPush(ctx, row.userId, { notificationId: row.notificationId ?? row.deliveryId, ...short });
}

async function fetchSecret(ctx: BaseContext, secretId: string): Promise<Secret | Outcome> {
  try {
    return await ctx.clients.auth.getMessageSecret({ params: { secretId }, timeoutMs: 5_000 });
  } catch (error) {
    if (isProblem(error, 'not_found')) return { kind: 'dropped', reason: 'the secret is used or over' };
    return { kind: 'again', reason: `auth: ${isProblem(error) ? error.code : 'failure'}`, uncertain: false };
  }
}

/** Why what can wait is not sent now: not wanted, known, no such mailbox, quiet hours, digest. */
async function holdBack(
  ctx: BaseContext,
  row: DeliveryRow,
  contact: Contact | undefined,
  addressHash: string | undefined,
): Promise<Outcome | undefined> {
  const now = ctx.clock.now();
  const preferences = (await preferencesOf(ctx.db, [row.userId]))(row.userId);
  if (row.event !== 'digest' && !wants(preferences, row.type, row.channel === 'push' ? 'push' : 'email', false))
    return { kind: 'dropped', reason: 'muted' };
  const late = now.getTime() - row.createdAt.getTime() > LATE_MS;
  if (late && row.notificationId !== null && (await isRead(ctx.db, row.notificationId)))
    return { kind: 'dropped', reason: 'read' };
  if (addressHash !== undefined && (await isSuppressed(ctx.db, row.userId, addressHash)))
    return { kind: 'dropped', reason: 'the mailbox refused before' };
  // What a server may have taken already is finished, not put off.
  if (row.handedAt !== null) return undefined;
  const timeZone = contact?.timeZone ?? 'Europe/Moscow';
  if (preferences.digest !== 'off' && row.event !== 'digest' && row.channel === 'email')
    return { kind: 'digest', sendAt: nextDigest(now, preferences.digest, timeZone) };
  const sendAt = quietUntil(now, preferences.quiet, timeZone);
  return sendAt && { kind: 'later', sendAt, reason: 'quiet hours' };
}

async function sendMail(
  ctx: BaseContext,
  smtp: Smtp,
  claim: Claim,
  row: DeliveryRow,
  letter: Composed & { to: string; addressHash: string; attachments: readonly Attachment[] },
): Promise<Outcome> {
  let handed = false;
  try {
    await smtp.send({ ...letter, event: row.event, messageId: messageIdOf(ctx, row) }, async () => {
      if (!(await hand(ctx, claim, row, letter.addressHash))) throw new LeaseLost();
      handed = true;
    });
    return { kind: 'sent' };
  } catch (error) {
    return outcomeOfSmtpError(error, handed);
  }
}

function messageIdOf(ctx: Pick<BaseContext, 'config'>, row: DeliveryRow): string {
  const domain = /@([^\s<>@]+?)>?\s*$/.exec(ctx.config.MAIL_FROM)?.[1] ?? 'localhost';
  return `<${row.deliveryId}@${domain}>`;
}
