/** A name that is harmless on every system and in every header (T2): no path, no control or direction marks, not hidden. */
export function harmlessName(name: string): string {
  const plain = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd"<>:|?*\\/%]/g, '_')
    .replace(/^[.\s]+/, '')
    .trim();
  // By whole characters: half of one is no text.
  return [...plain].slice(-120).join('') || 'file';
}
