import { messengerEvents } from '#contracts/messenger/events.ts';
import type { MessageView } from '#contracts/messenger/views.ts';
import { type CallContext, runInCall } from '#kit/call-context.ts';
import type { Clock } from '#kit/clock.ts';
import type { Db, Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { Live } from '#kit/service/types.ts';
import { type AttachmentRow, attachmentsOf, lockAttachments, tieAll } from '../data/attachments.ts';
import { advanceConversations, lockRooms, type Room } from '../data/rooms.ts';
import { insertMessages, type MessageRow, messagesById } from '../data/messages.ts';
import { readOnlyReason } from '../domain/access.ts';
import { pushMessage } from '../http/live.ts';
import { freshShape, messageShapes } from '../http/shape.ts';

export interface WritingContext {
  readonly db: Db;
  readonly live: Live;
  readonly clock: Clock;
  readonly config: { readonly MESSENGER_EDIT_WINDOW: number };
}

/** A message that somebody wants to send. */
export interface Sending {
  readonly conversationId: string;
  readonly userId: string;
  readonly messageId: string;
  readonly text: string;
  readonly attachmentIds: readonly string[];
  readonly replyTo: string | null;
  /** The call that brought it; its event carries the trace. */
  readonly call: CallContext | undefined;
}

interface Known {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly messages: Map<string, MessageRow>;
  readonly attachments: ReadonlyMap<string, AttachmentRow>;
  /** Files of the messages that are repeated, in their order. */
  readonly filesOf: Map<string, readonly string[]>;
}

/** What becomes of one: a new message, the one that it repeats, or what its sender should hear. */
type Decision =
  | { readonly kind: 'new'; readonly message: MessageRow; readonly room: Room; readonly files: AttachmentRow[] }
  | { readonly kind: 'repeat'; readonly message: MessageRow }
  | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Stores messages, of one conversation or of many, in one transaction. Nobody else writes in these conversations until
 * the commit: numbers have no gap, and a repeat is seen. One that is refused does not touch the others.
 */
export async function writeAll(
  ctx: WritingContext,
  tx: Tx,
  all: readonly Sending[],
): Promise<(MessageView | Problem)[]> {
  const now = ctx.clock.now();
  const known = await look(tx, all);
  const decided = all.map((one) => decide(one, known, now));
  const fresh = decided.filter((one) => one.kind === 'new');
  await store(tx, fresh, known.rooms, now);
  const options = { locale: 'ru' as const, editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW };
  const repeated = decided.flatMap((one) => (one.kind === 'repeat' ? [one.message] : []));
  const written = new Map(
    fresh.map(({ message, files }) => [message.messageId, freshShape(message, files, options.editWindowMs)]),
  );
  const stored = repeated.filter((one) => !written.has(one.messageId));
  for (const view of await messageShapes(tx, stored, options)) written.set(view.messageId, view);
  for (const [index, one] of decided.entries())
    if (one.kind === 'new') tell(ctx, tx, one, written.get(one.message.messageId) as MessageView, all[index]?.call);
  return decided.map((one) =>
    one.kind === 'refused' ? one.problem : (written.get(one.message.messageId) as MessageView),
  );
}

async function look(tx: Tx, all: readonly Sending[]): Promise<Known> {
  const ids = all.flatMap((one) => (one.replyTo === null ? [one.messageId] : [one.messageId, one.replyTo]));
  const fileIds = all.flatMap((one) => one.attachmentIds);
  // In one write: each sees what was committed until the rooms were locked.
  const [rooms, messages, attachments] = await Promise.all([
    lockRooms(tx, [...new Set(all.map((one) => one.conversationId))]),
    messagesById(tx, [...new Set(ids)]),
    fileIds.length === 0 ? [] : lockAttachments(tx, [...new Set(fileIds)]),
  ]);
  const repeated = messages.filter((message) => all.some((one) => one.messageId === message.messageId));
  const theirs =
    repeated.length === 0
      ? []
      : await attachmentsOf(
          tx,
          repeated.map((one) => one.messageId),
        );
  return {
    rooms: new Map(rooms.map((room) => [room.conversationId, room])),
    messages: new Map(messages.map((message) => [message.messageId, message])),
    attachments: new Map(attachments.map((file) => [file.attachmentId, file])),
    filesOf: new Map(
      repeated.map(({ messageId }) => [
        messageId,
        theirs.filter((file) => file.messageId === messageId).map((file) => file.attachmentId),
      ]),
    ),
  };
}

function decide(one: Sending, known: Known, now: Date): Decision {
  const refused = (code: string): Decision => ({ kind: 'refused', problem: new Problem(code) });
  const room = known.rooms.get(one.conversationId);
  if (!room || (room.clientId !== one.userId && room.freelancerId !== one.userId)) return refused('not_found');
  const there = known.messages.get(one.messageId);
  if (there)
    return isRepeat(one, there, known.filesOf.get(one.messageId) ?? [])
      ? { kind: 'repeat', message: there }
      : refused('messenger.message_id_taken');
  if (readOnlyReason(room) !== null) return refused('messenger.read_only');
  if (one.replyTo !== null && known.messages.get(one.replyTo)?.conversationId !== one.conversationId)
    return refused('messenger.reply_unknown');
  const files = [...new Set(one.attachmentIds)].map((id) => known.attachments.get(id));
  if (!files.every((file) => file !== undefined && isOwnUnsent(file, one)))
    return refused('messenger.attachment_unusable');
  const message: MessageRow = {
    messageId: one.messageId,
    conversationId: one.conversationId,
    seq: ++room.lastSeq,
    rev: ++room.lastRev,
    kind: 'text',
    senderId: one.userId,
    text: one.text,
    system: null,
    replyTo: one.replyTo,
    sentAt: now,
    editedAt: null,
    deletedAt: null,
  };
  const own = files as AttachmentRow[];
  known.messages.set(message.messageId, message);
  known.filesOf.set(
    message.messageId,
    own.map((file) => file.attachmentId),
  );
  // Sent with this one, whatever names it next in the batch.
  for (const [position, file] of own.entries()) Object.assign(file, { messageId: message.messageId, position });
  return { kind: 'new', message, room, files: own };
}

function isOwnUnsent(file: AttachmentRow, one: Sending): boolean {
  return file.messageId === null && file.conversationId === one.conversationId && file.uploaderId === one.userId;
}

/** The same id with other content is a fault of the client's. */
function isRepeat(one: Sending, there: MessageRow, files: readonly string[]): boolean {
  if (there.conversationId !== one.conversationId || there.senderId !== one.userId) return false;
  // Edited or deleted meanwhile: the repeat of a lost answer is a repeat all the same.
  if (there.editedAt !== null || there.deletedAt !== null) return true;
  return there.text === one.text && there.replyTo === one.replyTo && files.join() === one.attachmentIds.join();
}

async function store(
  tx: Tx,
  fresh: readonly { readonly message: MessageRow; readonly files: readonly AttachmentRow[] }[],
  rooms: ReadonlyMap<string, Room>,
  now: Date,
): Promise<void> {
  if (fresh.length === 0) return;
  const messages = fresh.map((one) => one.message);
  const grown = new Set(messages.map((one) => one.conversationId));
  const inserted = insertMessages(tx, messages);
  advanceConversations(
    tx,
    [...rooms.values()].filter((room) => grown.has(room.conversationId)),
    now,
  );
  // Another process may have taken an id meanwhile, in another conversation: then each is tried by itself.
  if ((await inserted) !== messages.length) throw new Problem('messenger.message_id_taken');
  const files = fresh.flatMap((one) => one.files);
  if (files.length === 0) return;
  tieAll(tx, files);
  for (const file of files) await tx.unschedule(`unsent:${file.attachmentId}`);
}

function tell(
  ctx: WritingContext,
  tx: Tx,
  { message, room }: { readonly message: MessageRow; readonly room: Room },
  view: MessageView,
  call: CallContext | undefined,
): void {
  const { conversationId } = message;
  const senderId = message.senderId as string;
  const data = {
    messageId: message.messageId,
    conversationId,
    orderId: room.orderId,
    orderTitle: room.title,
    senderId,
    recipientIds: [room.clientId, room.freelancerId].filter((id) => id !== senderId),
    hasAttachments: view.attachments.length > 0,
    at: view.sentAt,
  };
  const emit = () => tx.emit(messengerEvents.messageSent, conversationId, data, message.seq);
  if (call) runInCall(call, emit);
  else emit();
  pushMessage(ctx, tx, room, 'message', view);
}
