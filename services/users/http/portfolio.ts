import type { usersContract } from '#contracts/users/index.ts';
import { join, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { dropMedia } from '../data/media.ts';
import { portfolioOf } from '../data/portfolio.ts';
import { announceProfile, lockProfile } from '../data/profiles.ts';
import { cleanImage } from '../domain/images.ts';
import { storeImage } from '../store-image.ts';

type H = Handlers<typeof usersContract, UsersContext>;
const MAX_ITEMS = 50;
const MAX_IMAGES = 20;
const IMAGE_EDGE = 1_600;

export const addPortfolioItem: H['addPortfolioItem'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    found(await lockProfile(tx, userId));
    const { n } = await tx.one<{ n: number }>(
      sql`select count(*)::int as n from portfolio_items where user_id = ${userId}`,
    );
    if (n >= MAX_ITEMS) throw new Problem('users.portfolio_full', { detail: `at most ${MAX_ITEMS} works` });
    const { title, description, link, tags } = req.body;
    const itemId = newId();
    await tx.run(
      sql`insert into portfolio_items (item_id, user_id, title, description, link, tags, position, created_at) values (${itemId}, ${userId}, ${title}, ${description}, ${link}, ${tags}, ${n}, ${ctx.clock.now()})`,
    );
    await announceProfile(tx, userId, ['portfolio']);
    return { body: found((await portfolioOf(tx, userId, itemId))[0]), version: 1 };
  });

export const editPortfolioItem: H['editPortfolioItem'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { itemId } = req.params;
    found(await lockProfile(tx, userId));
    const before = found((await portfolioOf(tx, userId, itemId))[0]);
    requireVersion(req, before.version);
    const { title, description, link, tags, position } = req.body;
    const set = [
      sql`version = version + 1`,
      ...(title === undefined ? [] : [sql`title = ${title}`]),
      ...(description === undefined ? [] : [sql`description = ${description}`]),
      ...(link === undefined ? [] : [sql`link = ${link}`]),
      ...(tags === undefined ? [] : [sql`tags = ${tags}`]),
      ...(position === undefined ? [] : [sql`position = ${position}`]),
    ];
    await tx.run(sql`update portfolio_items set ${join(set)} where item_id = ${itemId}`);
    await announceProfile(tx, userId, ['portfolio']);
    return { body: found((await portfolioOf(tx, userId, itemId))[0]), version: before.version + 1 };
  });

export const removePortfolioItem: H['removePortfolioItem'] = async (ctx, req) => {
  const { userId } = req.user;
  await ctx.db.tx(async (tx) => {
    found(await lockProfile(tx, userId));
    const item = found((await portfolioOf(tx, userId, req.params.itemId))[0]);
    await dropMedia(
      tx,
      item.images.map((image) => image.imageId),
    );
    await tx.run(sql`delete from portfolio_items where item_id = ${item.itemId}`);
    await announceProfile(tx, userId, ['portfolio']);
  });
  return { body: null };
};

export const addPortfolioImage: H['addPortfolioImage'] = async (ctx, req) => {
  const { userId } = req.user;
  const { itemId } = req.params;
  found((await portfolioOf(ctx.db, userId, itemId))[0]);
  const image = await cleanImage(req.body, IMAGE_EDGE);
  const mediaId = newId();
  await storeImage(ctx, mediaId, image.content);
  return req.tx(async (tx) => {
    found(await lockProfile(tx, userId));
    const item = found((await portfolioOf(tx, userId, itemId))[0]);
    if (item.images.length >= MAX_IMAGES)
      throw new Problem('users.portfolio_full', { detail: `at most ${MAX_IMAGES} images` });
    await tx.run(
      sql`insert into media (media_id, user_id, item_id, width, height, position, created_at) values (${mediaId}, ${userId}, ${itemId}, ${image.width}, ${image.height}, ${item.images.length}, ${ctx.clock.now()})`,
    );
    await tx.run(sql`update portfolio_items set version = version + 1 where item_id = ${itemId}`);
    await announceProfile(tx, userId, ['portfolio']);
    return { body: found((await portfolioOf(tx, userId, itemId))[0]), version: item.version + 1 };
  });
};

export const removePortfolioImage: H['removePortfolioImage'] = async (ctx, req) => {
  const { itemId, imageId } = req.params;
  const { userId } = req.user;
  await ctx.db.tx(async (tx) => {
    found(await lockProfile(tx, userId));
    const item = found((await portfolioOf(tx, userId, itemId))[0]);
    found(item.images.find((image) => image.imageId === imageId));
    await dropMedia(tx, [imageId]);
    await tx.run(sql`update portfolio_items set version = version + 1 where item_id = ${itemId}`);
    await announceProfile(tx, userId, ['portfolio']);
  });
  return { body: null };
};

export const listOwnPortfolio: H['listOwnPortfolio'] = async (ctx, req) => ({
  body: { items: await portfolioOf(ctx.db, req.user.userId) },
});

/** A list that is not exactly what is there would lose or double something. */
function requireSame(given: readonly string[], there: readonly string[]): void {
  if (given.length !== there.length || new Set([...given, ...there]).size !== there.length)
    throw new Problem('users.order_incomplete');
}

export const orderPortfolio: H['orderPortfolio'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { itemIds } = req.body;
    found(await lockProfile(tx, userId));
    const items = await portfolioOf(tx, userId);
    requireSame(
      itemIds,
      items.map((item) => item.itemId),
    );
    await tx.run(sql`
      update portfolio_items i set position = o.n - 1, version = version + 1
      from unnest(${itemIds}::uuid[]) with ordinality as o (item_id, n) where i.item_id = o.item_id and i.position <> o.n - 1`);
    await announceProfile(tx, userId, ['portfolio']);
    return { body: { items: await portfolioOf(tx, userId) } };
  });

export const orderPortfolioImages: H['orderPortfolioImages'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { itemId } = req.params;
    const { imageIds } = req.body;
    found(await lockProfile(tx, userId));
    const item = found((await portfolioOf(tx, userId, itemId))[0]);
    requireSame(
      imageIds,
      item.images.map((image) => image.imageId),
    );
    await tx.run(sql`
      update media m set position = o.n - 1
      from unnest(${imageIds}::uuid[]) with ordinality as o (media_id, n) where m.media_id = o.media_id`);
    await tx.run(sql`update portfolio_items set version = version + 1 where item_id = ${itemId}`);
    await announceProfile(tx, userId, ['portfolio']);
    return { body: found((await portfolioOf(tx, userId, itemId))[0]), version: item.version + 1 };
  });
