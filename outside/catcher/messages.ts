/** What was caught: the newest thousand messages, kept in a file when there is a folder. */
import { v7 as uuidv7 } from 'uuid';
import { openJsonLines } from '../json-lines.ts';

export interface CaughtAttachment {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

interface Caught {
  /** UUIDv7: a later message has a greater id. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Recipients of the envelope, or the phone number. */
  readonly to: readonly string[];
  readonly text: string;
}

export interface CaughtMail extends Caught {
  readonly kind: 'mail';
  /** Sender of the envelope; the From header is among the headers. */
  readonly from: string;
  readonly subject: string;
  readonly html: string | null;
  /** Decoded, names as sent, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly attachments: readonly CaughtAttachment[];
}

export interface CaughtSms extends Caught {
  readonly kind: 'sms';
}

export type CaughtMessage = CaughtMail | CaughtSms;

export interface MessageFilter {
  /** An address or phone number; letter case doesn't matter. */
  readonly to?: string | undefined;
  /** Part of the subject; letter case doesn't matter. SMS have none and never match. */
  readonly subject?: string | undefined;
  /** Part of the text. */
  readonly text?: string | undefined;
  readonly kind?: 'mail' | 'sms' | undefined;
  /** Messages caught after the one with this id, or at this time (RFC 3339) and later. */
  readonly since?: string | undefined;
}

type Entry = { readonly message: CaughtMessage; readonly contents: readonly string[] };
/** A message before it has an id and a time. */
export type NewMessage = Omit<CaughtMail, 'id' | 'at'> | Omit<CaughtSms, 'id' | 'at'>;

export interface Messages {
  /** Keeps a message. Throws when the file can't be written: then it was not kept. `contents`: of its attachments. */
  add(message: NewMessage, contents?: readonly Buffer[]): CaughtMessage;
  /** Newest first. */
  list(filter: MessageFilter, limit: number): CaughtMessage[];
  get(id: string): CaughtMessage | undefined;
  attachment(id: string, index: number): Buffer | undefined;
  /** The newest match, at once or as soon as there is one; undefined after `timeoutMs` or when `signal` aborts. */
  wait(filter: MessageFilter, timeoutMs: number, signal?: AbortSignal): Promise<CaughtMessage | undefined>;
  clear(): void;
  /** Ends every wait. */
  close(): void;
}

const KEEP = 1_000;
const KEEP_BYTES = 64 * 1024 * 1024;

export function openMessages(file: string | undefined): Messages {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const { kept, lines } = openJsonLines<Entry>(file, { maxLines: 2 * KEEP, live: () => entries.values() });
  const waiting = new Set<(message: CaughtMessage | undefined) => void>();

  function hold(entry: Entry): void {
    entries.set(entry.message.id, entry);
    bytes += sizeOf(entry);
    for (const [id, oldest] of entries) {
      if (entries.size <= KEEP && (bytes <= KEEP_BYTES || entries.size === 1)) break;
      entries.delete(id);
      bytes -= sizeOf(oldest);
    }
  }

  const list = (filter: MessageFilter, limit: number) => {
    const found: CaughtMessage[] = [];
    for (const { message } of [...entries.values()].reverse()) {
      if (found.length === limit) break;
      if (matches(message, filter)) found.push(message);
    }
    return found;
  };

  for (const entry of kept) hold(entry);

  return {
    add(message, contents = []) {
      const caught = { id: uuidv7(), at: new Date().toISOString(), ...message };
      const entry = { message: caught, contents: contents.map((content) => content.toString('base64')) };
      lines.append(entry);
      hold(entry);
      for (const tell of waiting) tell(caught);
      return caught;
    },
    list,
    get: (id) => entries.get(id)?.message,
    attachment(id, index) {
      const content = entries.get(id)?.contents[index];
      return content === undefined ? undefined : Buffer.from(content, 'base64');
    },
    wait(filter, timeoutMs, signal) {
      const [there] = list(filter, 1);
      if (there || signal?.aborted) return Promise.resolve(there);
      return new Promise((resolve) => {
        const tell = (message: CaughtMessage | undefined) => {
          if (message && !matches(message, filter)) return;
          waiting.delete(tell);
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          resolve(message);
        };
        const giveUp = () => tell(undefined);
        const timer = setTimeout(giveUp, timeoutMs);
        signal?.addEventListener('abort', giveUp);
        waiting.add(tell);
      });
    },
    clear() {
      lines.rewrite([]);
      entries.clear();
      bytes = 0;
    },
    close() {
      for (const tell of waiting) tell(undefined);
      lines.close();
    },
  };
}

function matches(message: CaughtMessage, filter: MessageFilter): boolean {
  const { to, subject, text, kind, since } = filter;
  if (kind && message.kind !== kind) return false;
  if (to && !message.to.some((recipient) => recipient.toLowerCase() === to.toLowerCase())) return false;
  if (subject && !(message.kind === 'mail' && message.subject.toLowerCase().includes(subject.toLowerCase()))) {
    return false;
  }
  if (text && !message.text.includes(text)) return false;
  if (!since) return true;
  return since.includes('T') ? Date.parse(message.at) >= Date.parse(since) : message.id > since;
}

function sizeOf(entry: Entry): number {
  const { message } = entry;
  const html = message.kind === 'mail' ? (message.html?.length ?? 0) : 0;
  return message.text.length + html + entry.contents.reduce((sum, content) => sum + content.length, 0);
}
