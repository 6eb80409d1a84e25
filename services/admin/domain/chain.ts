import { createHmac } from 'node:crypto';

/** What an entry of the audit log says; all of it is covered by its hash. */
export interface AuditFacts {
  readonly number: bigint;
  readonly entryId: string;
  readonly at: Date;
  readonly actorId: string | null;
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly outcome: 'done' | 'refused' | 'unknown';
  readonly code: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
}

export const GENESIS: Buffer = Buffer.alloc(32);

/** JSON with sorted keys: the same value has one spelling, also after PostgreSQL reordered its keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : v,
  );
}

/** HMAC-SHA-256 over the hash before and every fact of the entry. */
export function hashEntry(key: string, previous: Buffer, facts: AuditFacts): Buffer {
  const fields = [
    facts.number.toString(),
    facts.entryId,
    facts.at.toISOString(),
    facts.actorId,
    facts.action,
    facts.targetKind,
    facts.targetId,
    facts.outcome,
    facts.code,
    canonical(facts.before),
    canonical(facts.after),
    facts.reason,
    facts.address,
    facts.requestId,
  ];
  return createHmac('sha256', key).update(previous).update(JSON.stringify(fields)).digest();
}

export interface Fault {
  readonly number: bigint;
  /** `changed`: does not fit its hash. `missing`: no entry of this number. `cut`: the chain ends before its head. */
  readonly kind: 'changed' | 'missing' | 'cut';
}

/** Walks the chain entry by entry; `fault` is the first one. */
export function createVerifier(key: string) {
  let previous = GENESIS;
  let number = 0n;
  let fault: Fault | undefined;
  return {
    get fault() {
      return fault;
    },
    get number() {
      return number;
    },
    /** False: a fault was found, no need to go on. */
    take(entry: AuditFacts & { hash: Buffer }): boolean {
      if (entry.number !== number + 1n) {
        fault = { number: number + 1n, kind: 'missing' };
        return false;
      }
      if (!hashEntry(key, previous, entry).equals(entry.hash)) {
        fault = { number: entry.number, kind: 'changed' };
        return false;
      }
      previous = entry.hash;
      number = entry.number;
      return true;
    },
    /** Compares the end with the head that the writers keep. */
    end(head: { number: bigint; hash: Buffer }): void {
      if (fault) return;
      if (number < head.number) fault = { number: number + 1n, kind: 'cut' };
      else if (number > head.number || !previous.equals(head.hash)) fault = { number: head.number, kind: 'changed' };
    },
  };
}
