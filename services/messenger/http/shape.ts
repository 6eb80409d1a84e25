import type { Locale } from '#contracts/common/values.ts';
import type { AttachmentView, ConversationView, MessageView } from '#contracts/messenger/views.ts';
import type { Person } from '#contracts/users/internal.ts';
import type { Queries } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import type { MessengerContext } from '../context.ts';
import { type AttachmentRow, attachmentsOf } from '../data/attachments.ts';
import { type ConversationRow, readPointers } from '../data/conversations.ts';
import { lastMessages, type MessageRow, reactionsOf } from '../data/messages.ts';
import { readOnlyReason } from '../domain/access.ts';
import { stepText } from '../domain/steps.ts';

export function attachmentShape(row: AttachmentRow): AttachmentView {
  const { attachmentId, fileName, contentType, width, height, hasPreview, sha256 } = row;
  return { attachmentId, fileName, contentType, size: Number(row.size), hasPreview, width, height, sha256 };
}

/** A message of this very moment, which nobody has reacted to. */
export function freshShape(row: MessageRow, files: readonly AttachmentRow[], editWindowMs: number): MessageView {
  return shapeOf(row, row.text, files, [], editWindowMs);
}

function shapeOf(
  row: MessageRow,
  text: string,
  files: readonly AttachmentRow[],
  reactions: readonly { userId: string; emoji: string }[],
  editWindowMs: number,
): MessageView {
  const { messageId, conversationId, seq, rev, kind, senderId, system, replyTo, sentAt, deletedAt } = row;
  const editable = kind === 'text' && deletedAt === null;
  return {
    messageId,
    conversationId,
    seq,
    rev,
    kind,
    senderId,
    text,
    system,
    replyTo,
    sentAt: sentAt.toISOString(),
    editedAt: row.editedAt?.toISOString() ?? null,
    deleted: deletedAt !== null,
    editableUntil: editable ? new Date(sentAt.getTime() + editWindowMs).toISOString() : null,
    attachments: files.map(attachmentShape),
    reactions: reactions.map(({ userId, emoji }) => ({ userId, emoji })),
  };
}

/** Messages as participants see them, with their files and reactions. */
export async function messageShapes(
  db: Queries,
  rows: readonly MessageRow[],
  options: { locale: Locale; editWindowMs: number },
): Promise<MessageView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.messageId);
  const files = Map.groupBy(await attachmentsOf(db, ids), (file) => file.messageId);
  const reactions = Map.groupBy(await reactionsOf(db, ids), (reaction) => reaction.messageId);
  return rows.map((row) =>
    shapeOf(
      row,
      row.system === null ? row.text : stepText(row.system, options.locale),
      files.get(row.messageId) ?? [],
      reactions.get(row.messageId) ?? [],
      options.editWindowMs,
    ),
  );
}

export async function oneMessage(
  ctx: MessengerContext,
  db: Queries,
  row: MessageRow,
  locale: Locale,
): Promise<MessageView> {
  const [shape] = await messageShapes(db, [row], { locale, editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW });
  return shape as MessageView;
}

/** Names and photos by one call (I16). They are decoration: without users the conversations are shown all the same. */
async function peopleOf(ctx: MessengerContext, unique: readonly string[]): Promise<Map<string, Person>> {
  const people = new Map<string, Person>();
  try {
    for (let at = 0; at < unique.length; at += 100) {
      const { items } = await ctx.clients.users.getPeople({
        query: { ids: unique.slice(at, at + 100).join(',') },
        timeoutMs: 2_000,
      });
      for (const one of items) people.set(one.userId, one);
    }
  } catch (error) {
    if (!isProblem(error)) throw error;
    ctx.log.debug({ err: error }, 'conversations are shown without names');
  }
  return people;
}

/** Conversations with their people, read pointers and newest messages, each kind read once for the whole page. */
export async function conversationShapes(
  ctx: MessengerContext,
  rows: readonly ConversationRow[],
  locale: Locale,
): Promise<ConversationView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.conversationId);
  const parties = [...new Set(rows.flatMap((row) => [row.clientId, row.freelancerId]))];
  const [people, presences, pointers, newest] = await Promise.all([
    peopleOf(ctx, parties),
    ctx.presence.of(parties),
    readPointers(ctx.db, ids),
    lastMessages(ctx.db, ids).then((messages) =>
      messageShapes(ctx.db, messages, { locale, editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW }),
    ),
  ]);
  const readSeq = new Map(pointers.map((one) => [`${one.conversationId}:${one.userId}`, one.readSeq]));
  const participant = (row: ConversationRow, userId: string, kind: 'client' | 'freelancer') => {
    const known = people.get(userId);
    return {
      userId,
      kind,
      displayName: known?.displayName ?? null,
      slug: known?.slug ?? null,
      avatarUrl: known?.avatarUrl ?? null,
      status: known?.status ?? null,
      readSeq: readSeq.get(`${row.conversationId}:${userId}`) ?? 0,
      presence: row.erased ? null : (presences.get(userId) ?? null),
    };
  };
  return rows.map((row) => ({
    conversationId: row.conversationId,
    orderId: row.orderId,
    orderTitle: row.title,
    orderStatus: row.status,
    participants: [participant(row, row.clientId, 'client'), participant(row, row.freelancerId, 'freelancer')],
    readOnly: readOnlyReason(row),
    lastMessage: newest.find((message) => message.conversationId === row.conversationId) ?? null,
    lastSeq: row.lastSeq,
    rev: row.lastRev,
    readSeq: row.readSeq,
    unread: row.unread,
    createdAt: row.createdAt.toISOString(),
  }));
}
