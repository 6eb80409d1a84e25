import { type Queries, sql } from '#kit/db/db.ts';
import { mediaUrl } from './profiles.ts';

export interface PortfolioItem {
  itemId: string;
  title: string;
  description: string;
  link: string | null;
  tags: string[];
  position: number;
  version: number;
  images: { imageId: string; url: string; width: number; height: number }[];
}

/** Works of a person (or one of them) with their images, in one query. */
export async function portfolioOf(db: Queries, userId: string, itemId?: string): Promise<PortfolioItem[]> {
  const rows = await db.many<
    Omit<PortfolioItem, 'images'> & { images: { imageId: string; width: number; height: number }[] }
  >(sql`
    select i.item_id as "itemId", i.title, i.description, i.link, i.tags, i.position, i.version,
      coalesce((select jsonb_agg(jsonb_build_object('imageId', m.media_id, 'width', m.width, 'height', m.height) order by m.position, m.media_id) from media m where m.item_id = i.item_id), '[]') as images
    from portfolio_items i where i.user_id = ${userId} and (${itemId ?? null}::uuid is null or i.item_id = ${itemId ?? null}) order by i.position, i.item_id limit 100`);
  return rows.map((row) => ({
    ...row,
    images: row.images.map((image) => ({ ...image, url: mediaUrl(image.imageId) as string })),
  }));
}
