/** The one way in which a ticket changes: state, deadlines, history and event in one transaction. */
import { supportEvents } from '#contracts/support/events.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { readDeadlines, readSetting } from './data/known.ts';
import { appendHistory, countMessages, insertMessage } from './data/messages.ts';
import { type TicketRow, updateTicket } from './data/tickets.ts';
import { nextClocks } from './domain/deadlines.ts';
import { daysFrom } from './domain/disputes.ts';
import { type Action, type ActorKind, decide } from './domain/life.ts';
import { inBoth, type PlatformWords } from './domain/platform-words.ts';
import { addWorking } from './domain/working-time.ts';

export interface Actor {
  readonly kind: ActorKind;
  /** Null: the platform itself. */
  readonly id: string | null;
}
export const SYSTEM: Actor = { kind: 'system', id: null };
/** The author of a ticket that the platform itself opens: nobody, whom nothing is sent to. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Steps that give the user an answer. */
const ANSWERS: readonly Action[] = [
  'answer',
  'ask',
  'rule',
  'rule_final',
  'delete_review',
  'redact_review',
  'restore_review',
];
/** Steps that may happen while an act in another service runs. */
const MEANWHILE: readonly Action[] = ['message', 'note', 'triage', 'unassign', 'dispute_open', 'dispute_refuse'];
export const MAX_MESSAGES = 1000;

type Changes = Partial<
  Pick<
    TicketRow,
    | 'priority'
    | 'category'
    | 'tags'
    | 'assigneeId'
    | 'dispute'
    | 'case'
    | 'pending'
    | 'done'
    | 'satisfaction'
    | 'passedBy'
    | 'mergedInto'
  >
>;
export interface Step {
  readonly action: Action;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  /** Instead of a reason, where the platform speaks. */
  readonly words?: PlatformWords | undefined;
  readonly set?: Changes;
  readonly now: Date;
}

/** Takes a step of a locked ticket; refuses with `support.step_refused`. Returns the ticket as it is after it. */
export async function takeStep(tx: Tx, ticket: TicketRow, step: Step): Promise<TicketRow> {
  const { action, actor, now } = step;
  if (ticket.pending && step.set?.pending === undefined && !MEANWHILE.includes(action))
    throw new Problem('support.step_refused', { detail: 'a decision on this ticket is being carried out' });
  // Who works on a ticket that nobody has, has it from then on.
  const works = actor.kind === 'support' && !['note', 'triage', 'assign'].includes(action);
  const taken = works && ticket.assigneeId === null && step.set?.assigneeId === undefined;
  const set: Changes = taken ? { ...step.set, assigneeId: actor.id } : { ...step.set };
  const assigneeId = set.assigneeId === undefined ? ticket.assigneeId : set.assigneeId;
  const to = decide({ status: ticket.status, assigned: assigneeId !== null }, action, actor.kind);
  if (to === undefined)
    throw new Problem('support.step_refused', { detail: `${action} is not possible while ${ticket.status}` });
  const answered = ANSWERS.includes(action) && ticket.firstAnsweredAt === null;
  const ended = (to === 'resolved' || to === 'closed') && ticket.resolvedAt === null;
  const clocks = nextClocks(ticket, {
    to,
    now,
    answered,
    reopened: action === 'reopen' || action === 'appeal',
    hours: await readDeadlines(tx, now),
  });
  const silentDueAt = await silentDue(tx, ticket, { action, actor, now, to, assigneeId });
  const next = await updateTicket(tx, {
    ...ticket,
    ...set,
    ...clocks,
    silentDueAt,
    status: to,
    updatedAt: now,
    firstAnsweredAt: answered ? now : ticket.firstAnsweredAt,
    resolvedAt: ended ? now : ticket.resolvedAt,
  });
  await appendHistory(tx, ticket.ticketId, {
    version: next.version,
    at: now,
    actorKind: actor.kind,
    actorId: actor.id,
    action,
    from: ticket.status,
    to,
    reason: step.words ? null : (step.reason ?? null),
    words: step.words ?? null,
  });
  await keepAutoClose(tx, next, now);
  await keepSilentTimer(tx, next);
  if (next.status === 'new' && next.assigneeId === null) await askForAssignment(tx);
  // Notes and triage are nobody's business outside.
  if (action !== 'note' && action !== 'triage') announce(tx, next, { ...step, from: ticket.status, answered, ended });
  return next;
}

/** When an assignee whose turn it is has been silent for too long; what he does, and being assigned, sets it anew. */
async function silentDue(
  tx: Tx,
  ticket: TicketRow,
  step: { action: Action; actor: Actor; now: Date; to: TicketRow['status']; assigneeId: string | null },
): Promise<Date | null> {
  const { action, actor, now, to, assigneeId } = step;
  if (to !== 'assigned' || assigneeId === null) return null;
  if (action !== 'assign' && actor.id !== assigneeId && ticket.silentDueAt !== null) return ticket.silentDueAt;
  const { silentHours } = await readSetting(tx, 'support.assignment', now);
  if (silentHours === 0) return null;
  const { calendar } = await readDeadlines(tx, now);
  return addWorking(now, silentHours * 3_600_000, calendar);
}

async function keepSilentTimer(tx: Tx, { ticketId, silentDueAt }: TicketRow): Promise<void> {
  const key = `silent:${ticketId}`;
  if (silentDueAt === null) await tx.unschedule(key);
  else await tx.schedule('silentAssignee', { ticketId }, { at: silentDueAt, key });
}

/** A ticket waits for somebody: it is given to who is at work, if the platform is to do that. */
export async function askForAssignment(tx: Tx): Promise<void> {
  await tx.schedule('assignWaiting', {}, { key: 'assign-waiting' });
}

const AUTO_CLOSE_MS = 7 * 24 * 3_600_000;

/** A resolved ticket that nobody objects to is closed after a week. */
async function keepAutoClose(tx: Tx, ticket: TicketRow, now: Date): Promise<void> {
  const { ticketId } = ticket;
  const key = `close:${ticketId}`;
  if (ticket.status !== 'resolved') await tx.unschedule(key);
  else await tx.schedule('closeResolved', { ticketId }, { at: new Date(now.getTime() + AUTO_CLOSE_MS), key });
}

/** E10, E15 */
export function announce(
  tx: Tx,
  ticket: TicketRow,
  step: Pick<Step, 'actor' | 'now'> & {
    action: string;
    from: TicketRow['status'] | null;
    answered: boolean;
    ended: boolean;
  },
): void {
  const seconds = Math.max(0, Math.round((step.now.getTime() - ticket.createdAt.getTime()) / 1000));
  tx.emit(
    supportEvents.ticketChanged,
    ticket.ticketId,
    {
      ticketId: ticket.ticketId,
      number: ticket.number,
      kind: ticket.kind,
      ...named(ticket),
      authorId: ticket.authorId,
      assigneeId: ticket.assigneeId,
      orderId: ticket.orderId,
      from: step.from,
      to: ticket.status,
      action: step.action,
      actorId: step.actor.id,
      notify: whoHears(ticket, step.actor, step.action),
      at: step.now.toISOString(),
      firstAnswerSeconds: step.answered ? seconds : null,
      resolutionSeconds: step.ended ? seconds : null,
      satisfaction: step.action === 'rate' ? ticket.satisfaction : null,
      until: untilOf(ticket, step.action, step.now),
    },
    ticket.version,
  );
}

/** The subject as events carry it: its readers are not known here. */
export function named({ subject, subjectWords }: TicketRow) {
  const subjectIn = inBoth(subjectWords);
  return { subject: subjectIn?.ru ?? subject, subjectIn };
}

/** By when somebody has to act after this step of a dispute. */
function untilOf({ case: of }: TicketRow, action: string, now: Date): string | null {
  if (of === null) return null;
  if (action === 'dispute_open') return of.respondentDue;
  if (action === 'ask') return of.terms.silenceDays > 0 ? daysFrom(now, of.terms.silenceDays) : null;
  return action === 'rule' ? (of.ruling?.appealUntil ?? null) : null;
}

/** The users hear of what staff does, the assignee of what users do or administration decides; nobody of his own acts. */
function whoHears(ticket: TicketRow, actor: Actor, action: string): string[] {
  const users = [ticket.authorId, ticket.respondentId];
  const silent = action === 'unassign' || action === 'rate' || action === 'execute';
  const heard = actor.kind === 'support' ? users : [...(silent ? [] : users), ticket.assigneeId];
  if (action === 'assign') heard.push(ticket.assigneeId);
  return [...new Set(heard)].filter(
    (userId): userId is string => userId !== null && userId !== NOBODY && userId !== actor.id,
  );
}

/** Writes a message or a note into a ticket. */
export async function say(
  tx: Tx,
  ticketId: string,
  message: { actor: Actor; text?: string; words?: PlatformWords | undefined; internal?: boolean; now: Date },
): Promise<void> {
  if ((await countMessages(tx, ticketId)) >= MAX_MESSAGES) throw new Problem('support.too_many_messages');
  await insertMessage(tx, {
    messageId: newId(),
    ticketId,
    authorId: message.actor.id,
    authorKind: message.actor.kind === 'admin' ? 'support' : message.actor.kind,
    text: message.words ? '' : (message.text ?? ''),
    words: message.words ?? null,
    internal: message.internal ?? false,
    sentAt: message.now,
  });
}
