import { Problem } from '#kit/problem.ts';

const MAX_PIXELS = 40_000_000;

/** Reads an image by its content, takes off all it says of its maker (EXIF), fits it into a square, makes it WebP (T3, T4). */
export async function cleanImage(
  bytes: Buffer,
  edge: number,
): Promise<{ content: Buffer; width: number; height: number }> {
  const [{ fileTypeFromBuffer }, { default: sharp }] = await Promise.all([import('file-type'), import('sharp')]);
  sharp.cache(false);
  const type = await fileTypeFromBuffer(bytes);
  if (!type || !['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'].includes(type.mime))
    throw new Problem('users.image_unreadable');
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .rotate()
      .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .toBuffer({ resolveWithObject: true });
    return { content: data, width: info.width, height: info.height };
  } catch (error) {
    throw new Problem('users.image_unreadable', { cause: error });
  }
}
