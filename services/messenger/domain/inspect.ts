import { unzipSync } from 'fflate';
import { Problem } from '#kit/problem.ts';

/** A picture of more pixels is not decoded (a small file can unfold into gigabytes, T3). */
const MAX_PIXELS = 64_000_000;
const PREVIEW_SIDE = 640;
/** Pictures that are decoded: made anew without what the camera wrote into them (T4), with a preview. */
const DECODED: Readonly<Record<string, 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff'>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/tiff': 'tiff',
};
/** Camera formats whose place and time we could not take out. */
const NOT_CLEANABLE = /^image\/(heic|heif)/;
/** Programs: nobody sends a customer one, and somebody will click on it. */
const PROGRAMS =
  /^application\/(x-msdownload|x-msdos-program|x-elf|x-mach-binary|vnd\.microsoft\.portable-executable|x-ms-shortcut|x-apple\.alias|java-vm|vnd\.android\.package-archive|x-ms-installer|x-msi)$/;
/** The string by which every scanner can be tried. Put together here so that no scanner finds it in our source. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

export interface Inspected {
  readonly content: Buffer;
  /** By content. What a browser could run (HTML, SVG, XML, scripts) is `application/octet-stream` or `text/plain`. */
  readonly contentType: string;
  readonly preview: Buffer | undefined;
  readonly width: number | null;
  readonly height: number | null;
}

/** What an uploaded file really is. Throws what its sender should hear. */
export async function inspectUpload(bytes: Buffer): Promise<Inspected> {
  if (bytes.subarray(0, 256).includes(EICAR)) throw new Problem('messenger.file_infected');
  const { fileTypeFromBuffer } = await import('file-type');
  const type = (await fileTypeFromBuffer(bytes))?.mime;
  if (type !== undefined && PROGRAMS.test(type)) throw new Problem('messenger.file_refused', { detail: type });
  if (bytes.subarray(0, 2).toString('latin1') === 'MZ') throw new Problem('messenger.file_refused');
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04' && isZipBomb(bytes))
    throw new Problem('messenger.file_refused', { detail: 'an archive that unfolds into far more than it is' });
  if (type !== undefined && NOT_CLEANABLE.test(type)) {
    throw new Problem('messenger.image_unreadable', { detail: 'HEIC: send it as JPEG, PNG or WebP' });
  }
  const format = type === undefined ? undefined : DECODED[type];
  if (format !== undefined) return await inspectImage(bytes, format);
  const contentType = type === undefined || isActive(type) ? (isText(bytes) ? 'text/plain' : BINARY) : type;
  return { content: bytes, contentType, preview: undefined, width: null, height: null };
}

/** An archive of more than this, unfolded, is looked at for how far it is from its size. */
const MAX_UNFOLDED = 512 * 1024 * 1024;
const MAX_RATIO = 100;
const MAX_ENTRIES = 20_000;

/**
 * Nothing here unfolds an archive, but somebody will click on it. Read from its directory alone: too much of too little,
 * or entries that lie over each other.
 */
function isZipBomb(bytes: Buffer): boolean {
  let unfolded = 0;
  let packed = 0;
  let entries = 0;
  try {
    unzipSync(bytes, {
      filter(entry) {
        unfolded += entry.originalSize;
        packed += entry.size;
        entries++;
        return false;
      },
    });
  } catch {
    return false;
  }
  const overlaps = packed > bytes.length;
  return overlaps || entries > MAX_ENTRIES || (unfolded > MAX_UNFOLDED && unfolded > MAX_RATIO * bytes.length);
}

const BINARY = 'application/octet-stream';

function isActive(type: string): boolean {
  return /html|xml|svg|javascript|ecmascript|flash|x-sh/i.test(type) && !/openxmlformats|opendocument/i.test(type);
}

function isText(bytes: Buffer): boolean {
  if (bytes.subarray(0, 64 * 1024).includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

async function inspectImage(bytes: Buffer, format: (typeof DECODED)[string] & string): Promise<Inspected> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const options = { limitInputPixels: MAX_PIXELS, failOn: 'error' as const };
  try {
    const animated = format === 'gif' || format === 'webp';
    const source = sharp(bytes, { ...options, animated });
    const clean = animated ? source : source.autoOrient();
    const quality = format === 'jpeg' || format === 'webp' ? { quality: 92 } : {};
    const { data, info } = await clean.toFormat(format, quality).toBuffer({ resolveWithObject: true });
    const preview = await sharp(bytes, options)
      .autoOrient()
      .resize(PREVIEW_SIDE, PREVIEW_SIDE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
    return {
      content: data,
      contentType: `image/${format}`,
      preview,
      width: info.width,
      height: info.pageHeight ?? info.height,
    };
  } catch (error) {
    throw new Problem('messenger.image_unreadable', { cause: error });
  }
}
