import { serveFile } from '#kit/files/serve.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { LIVE } from '../data/responses.ts';
import { harmlessName } from '../domain/file-name.ts';
import { consented, sideOf, visibleOrder } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
const MAX_FILES = { order: 30, work: 100, response: 5 } as const;

interface Place {
  readonly kind: 'order' | 'work' | 'response';
  readonly responseId: string | null;
}

/**
 * Where a person's file belongs: the client's before the start to the order, of either party after it to the work, of a
 * freelancer with a live response to that. Undefined: he may not attach anything now; no part in it: 404.
 */
async function placeOf(db: Queries, order: Order, userId: string): Promise<Place | undefined> {
  const side = sideOf(order, userId);
  if (side === 'client' && (order.status === 'draft' || order.status === 'published'))
    return { kind: 'order', responseId: null };
  if (side)
    return ['in_progress', 'delivered', 'disputed'].includes(order.status)
      ? { kind: 'work', responseId: null }
      : undefined;
  const row = await db.maybe<{ responseId: string; open: boolean }>(
    sql`select response_id as "responseId", status in ('submitted', 'shortlisted') as open from responses where order_id = ${order.orderId} and freelancer_id = ${userId} and status in ${LIVE}`,
  );
  if (!row) throw new Problem('not_found');
  return row.open ? { kind: 'response', responseId: row.responseId } : undefined;
}

export const addAttachment: H['addAttachment'] = async (ctx, req) => {
  const { userId } = req.user;
  const seen = await visibleOrder(ctx.db, req.params.orderId, req.user);
  await placeOf(ctx.db, seen, userId);
  const attachmentId = newId();
  // By what the bytes are, whatever the sender says (T1).
  const { fileTypeFromBuffer } = await import('file-type');
  const contentType = (await fileTypeFromBuffer(req.body))?.mime ?? 'application/octet-stream';
  await ctx.files.put(attachmentId, req.body, contentType);
  try {
    return await req.tx(async (tx) => {
      const order = found(await lockOrder(tx, seen.orderId));
      const place = await placeOf(tx, order, userId);
      if (!place) throw new Problem('orders.not_now');
      const { kind, responseId } = place;
      const { n } = await tx.one<{ n: number }>(
        sql`select count(*)::int as n from attachments where order_id = ${order.orderId} and kind = ${kind} and response_id is not distinct from ${responseId}::uuid`,
      );
      if (n >= MAX_FILES[kind]) throw new Problem('orders.too_many_files', { detail: `${n} / ${MAX_FILES[kind]}` });
      const fileName = harmlessName(req.query.fileName);
      const size = req.body.length;
      await tx.run(sql`
        insert into attachments (attachment_id, order_id, owner_id, kind, response_id, file_name, content_type, size, at)
        values (${attachmentId}, ${order.orderId}, ${userId}, ${kind}, ${responseId}, ${fileName}, ${contentType}, ${size}, ${ctx.clock.now()})`);
      return { body: { attachmentId, fileName, contentType, size } };
    });
  } catch (error) {
    await ctx.files.delete(attachmentId).catch(() => ctx.log.warn({ attachmentId }, 'a refused upload stays behind'));
    throw error;
  }
};

interface FileRow {
  orderId: string;
  ownerId: string;
  kind: Place['kind'];
  fileName: string;
}

/** Files of an order for whoever sees its details, work for the parties, of a response for its author and the client. */
export const getAttachment: H['getAttachment'] = async (ctx, req) => {
  const { attachmentId } = req.params;
  const userId = req.user?.userId;
  const row = found(
    await ctx.db.maybe<FileRow>(
      sql`select order_id as "orderId", owner_id as "ownerId", kind, file_name as "fileName" from attachments where attachment_id = ${attachmentId}`,
    ),
  );
  const order = await visibleOrder(ctx.db, row.orderId, req.user);
  const side = sideOf(order, userId);
  const mayRead = {
    work: side !== undefined,
    response: side === 'client' || row.ownerId === userId,
    order: side !== undefined || !order.nda || (await consented(ctx.db, order.orderId, userId)),
  }[row.kind];
  if (!mayRead) throw new Problem('not_found');
  const file = found(await ctx.files.open(attachmentId));
  const ascii = row.fileName.replace(/[^\x20-\x7e]/g, '_');
  return await serveFile(file, req, attachmentId, {
    // Never shown in the app's origin, whatever it is (T1).
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encodeName(row.fileName)}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-store',
  });
};

/** RFC 8187: what `encodeURIComponent` leaves but the header may not carry. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
