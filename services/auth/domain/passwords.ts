import { hash, verify } from '@node-rs/argon2';
import { dictionary } from '@zxcvbn-ts/language-common';
import { Problem } from '#kit/problem.ts';

/** Cost of a hash. One lane: the hashes of many people run side by side anyway. */
export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
}
/** Hashes that may wait; more are refused at once. */
const MAX_WAITING = 200;
/** A hash that is over so soon protects little; one that takes so long makes sign-ins queue. */
const HASH_MS = { least: 8, most: 1_000 };

/**
 * Hashes at once: they run on the process's thread pool, beside files and names, which must not wait for them; more than
 * the machine has cores only make each other slower.
 */
export function hashesAtOnce(cores: number, threads: number): number {
  return Math.max(1, Math.min(cores, threads - 1));
}

/** What to do about the cost of a hash that took so long at the start; undefined: it is right. */
export function costAdvice(measuredMs: number): string | undefined {
  if (measuredMs < HASH_MS.least) return 'a password hash costs little here: raise PASSWORD_HASH_*';
  if (measuredMs > HASH_MS.most) return 'a password hash takes long here: sign-ins will queue, lower PASSWORD_HASH_*';
  return undefined;
}

const known = new Set<string>(dictionary['passwords-common']);

/** Letters only: a digit or a sign about a name is what is tried after the name. */
function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\P{L}+/gu, '');
}

/** Refuses a password that attackers try first: on the list that ships with the platform, or the person's own data. */
export function refuseKnownPassword(password: string, own: readonly string[] = []): void {
  const guessable = ['artel', ...own, ...own.map((text) => text.split('@')[0] ?? '')].map(lettersOf);
  const letters = lettersOf(password);
  const isOwn = letters.length > 3 && guessable.includes(letters);
  if (isOwn || known.has(password.normalize('NFKC').toLowerCase())) throw new Problem('auth.password_known');
}

export interface Hasher {
  hash(password: string): Promise<string>;
  /** Without a hash (no such account) it takes as long and says no: the time tells nothing (A1). */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
  /** Made at another cost than the present one: to be renewed when the password is at hand. */
  isOutdated(passwordHash: string): boolean;
  /** Milliseconds that one hash took at the start. */
  readonly measuredMs: number;
}

/** Argon2id off the main thread, behind a bounded queue. */
export async function createHasher(cost: HashCost, atOnce = 1): Promise<Hasher> {
  const options = { memoryCost: cost.memoryKiB, timeCost: cost.passes, parallelism: 1 };
  const started = performance.now();
  const dummy = await hash('nobody has this password', options);
  const measuredMs = performance.now() - started;
  const parameters = /^\$argon2id\$v=\d+\$[^$]+\$/.exec(dummy)?.[0] ?? '';
  let running = 0;
  const waiting: (() => void)[] = [];
  async function queued<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= MAX_WAITING) throw new Problem('auth.overloaded', { retryAfter: 2 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }
  // The same password typed on two keyboards may differ in form: NFKC makes it one (NIST SP 800-63B, 5.1.1.2).
  const normal = (password: string) => password.normalize('NFKC');
  return {
    measuredMs,
    hash: (password) => queued(() => hash(normal(password), options)),
    verify: (passwordHash, password) =>
      queued(async () => {
        const fits = await verify(passwordHash ?? dummy, normal(password));
        return passwordHash !== null && fits;
      }),
    isOutdated: (passwordHash) => !passwordHash.startsWith(parameters),
  };
}
