const MAX_CHARACTERS = 120;

/**
 * A file name that does no harm wherever it is shown or saved (T2): no path, no control or direction marks, no
 * characters that a file system or a header gives a meaning, not hidden, not over-long; the extension is kept.
 */
export function harmlessFileName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/["'`<>:|?*;%]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  if (clean === '') return 'file';
  const characters = [...clean];
  if (characters.length <= MAX_CHARACTERS) return clean;
  const extension = /\.[\p{L}\p{N}]{1,10}$/u.exec(clean)?.[0] ?? '';
  return `${characters
    .slice(0, MAX_CHARACTERS - extension.length)
    .join('')
    .trimEnd()}${extension}`;
}

/** `Content-Disposition` of a download, with the name in both spellings (RFC 6266). */
export function attachmentDisposition(fileName: string): string {
  const name = harmlessFileName(fileName);
  const ascii = name.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
