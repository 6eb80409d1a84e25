/** A file of JSON lines: appended to at once, read back at the next start. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface JsonLines<T> {
  /** Hands the entry to the operating system before it returns: a killed process loses nothing it has answered for. */
  append(entry: T): void;
  /** Replaces all of the file, at once or not at all. */
  rewrite(entries: Iterable<T>): void;
  close(): void;
}

export interface JsonLinesOptions<T> {
  /** The file is written anew, with what is live, when it has grown to so many lines; more than can be live. */
  readonly maxLines: number;
  /** Everything that was appended and still counts. */
  live(): Iterable<T>;
}

/** As for lines: far below the length at which Node can't read a file into one string. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Opens a file and gives what it holds. Lines that a crash or a full disk left half-written are skipped.
 * Without a file nothing is kept.
 */
export function openJsonLines<T>(
  file: string | undefined,
  options: JsonLinesOptions<T>,
): { kept: T[]; lines: JsonLines<T> } {
  if (file === undefined) {
    return { kept: [], lines: { append: () => undefined, rewrite: () => undefined, close: () => undefined } };
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const text = readIfThere(file);
  const kept = parseLines<T>(text);
  return { kept, lines: new OpenFile(file, options, text, kept.length) };
}

class OpenFile<T> implements JsonLines<T> {
  readonly #file: string;
  readonly #options: JsonLinesOptions<T>;
  #fd: number;
  #count: number;
  #bytes: number;
  /** The file ends in half a line. */
  #torn: boolean;

  constructor(file: string, options: JsonLinesOptions<T>, text: string, count: number) {
    this.#file = file;
    this.#options = options;
    this.#fd = openSync(file, 'a', 0o600);
    this.#count = count;
    this.#bytes = Buffer.byteLength(text);
    this.#torn = text !== '' && !text.endsWith('\n');
  }

  append(entry: T): void {
    // Before the entry is written: it isn't among the live ones yet.
    if (this.#count >= this.#options.maxLines || this.#bytes >= MAX_BYTES) this.rewrite(this.#options.live());
    const line = Buffer.from(`${this.#torn ? '\n' : ''}${JSON.stringify(entry)}\n`);
    this.#torn = true;
    for (let written = 0; written < line.length; ) written += writeSync(this.#fd, line, written);
    this.#torn = false;
    this.#count += 1;
    this.#bytes += line.length;
  }

  rewrite(entries: Iterable<T>): void {
    const next = `${this.#file}.new`;
    const all = [...entries].map((entry) => `${JSON.stringify(entry)}\n`);
    const text = all.join('');
    writeFileSync(next, text, { mode: 0o600 });
    renameSync(next, this.#file);
    closeSync(this.#fd);
    this.#fd = openSync(this.#file, 'a', 0o600);
    this.#count = all.length;
    this.#bytes = Buffer.byteLength(text);
    this.#torn = false;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parseLines<T>(text: string): T[] {
  const entries: T[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      entries.push(JSON.parse(line) as T);
    } catch {
      // Half a line: whoever wrote it was never answered.
    }
  }
  return entries;
}
