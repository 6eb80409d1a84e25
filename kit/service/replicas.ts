/** Where the replicas of a service are: a name may stand for several addresses, and what it stands for changes. */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';

export interface Replica<B> {
  readonly url: URL;
  readonly breaker: B;
}
export type Lookup = (name: string) => Promise<readonly string[]>;

/** How often a name is looked up again: a new replica gets its share, one that is gone is forgotten. */
const LOOK_AGAIN_MS = 3_000;

const systemNames: Lookup = async (name) => (await systemLookup(name, { all: true })).map((one) => one.address);

/**
 * Keeps the list of replicas behind some addresses. Plain HTTP is spoken to each address behind a name by itself, so that
 * calls take turns and each replica has a circuit breaker of its own. HTTPS goes to the name, which its certificate bears.
 */
export function createReplicas<B>(addresses: readonly string[], makeBreaker: () => B, lookup: Lookup = systemNames) {
  const urls = addresses.map((address) => new URL(address));
  const named = urls.filter((url) => isName(url));
  const known = new Map<string, Replica<B>>();
  let list: readonly Replica<B>[] | undefined = named.length === 0 ? urls.map(replicaOf) : undefined;
  let finding: Promise<readonly Replica<B>[]> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function replicaOf(url: URL): Replica<B> {
    const replica = known.get(url.origin) ?? { url, breaker: makeBreaker() };
    known.set(url.origin, replica);
    return replica;
  }

  async function look(): Promise<readonly Replica<B>[]> {
    const found = await Promise.all(urls.map((url) => (isName(url) ? behind(url, lookup) : [url])));
    const replicas = found.flat().map(replicaOf);
    for (const origin of known.keys())
      if (!replicas.some((replica) => replica.url.origin === origin)) known.delete(origin);
    list = replicas;
    timer ??= setInterval(() => void find(), LOOK_AGAIN_MS).unref();
    return replicas;
  }

  function find(): Promise<readonly Replica<B>[]> {
    finding ??= look().finally(() => {
      finding = undefined;
    });
    return finding;
  }

  return {
    /** As last found; undefined before the first look. No promise: this is on the way of every call. */
    current: () => list,
    find,
    close: () => clearInterval(timer),
  };
}

/** `localhost` stays a name: of its two addresses one is mostly closed, and the socket finds the other by itself. */
function isName(url: URL): boolean {
  if (url.hostname === 'localhost') return false;
  return url.protocol === 'http:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0;
}

/** The addresses behind a name; the name itself when it can't be looked up, so that the call says what is wrong. */
async function behind(url: URL, lookup: Lookup): Promise<URL[]> {
  try {
    const found = await lookup(url.hostname);
    return found.length === 0 ? [url] : [...new Set(found)].sort().map((address) => at(url, address));
  } catch {
    return [url];
  }
}

function at(url: URL, address: string): URL {
  const copy = new URL(url);
  copy.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return copy;
}
