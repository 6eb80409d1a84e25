import type { MessengerHandlers } from '../context.ts';
import { presenceRows } from '../data/presence.ts';

export const getPresenceSettings: MessengerHandlers['getPresenceSettings'] = async (ctx, req) => {
  const [row] = await presenceRows(ctx.db, [req.user.userId]);
  return { body: { visible: !row?.hidden } };
};

export const putPresenceSettings: MessengerHandlers['putPresenceSettings'] = async (ctx, req) => {
  const { visible } = req.body;
  await ctx.presence.hide(req.user.userId, !visible);
  return { body: { visible } };
};
