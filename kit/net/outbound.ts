/** Calls to addresses that a person gave: the one way out that can't be turned inwards (B7). */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';

/** What is not the public internet: IANA's special-purpose registries, IPv4 and IPv6. */
const SPECIAL = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, the metadata address of clouds in it.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  SPECIAL.addSubnet(net, bits, 'ipv4');

/** Of IPv6 only global unicast is public; in it are nets that are not, and those that wrap an IPv4 address. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');
const SPECIAL6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  SPECIAL6.addSubnet(net, bits, 'ipv6');

/** Whether an address is one of the public internet: no loopback, private, link-local or special net, however it is written. */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !SPECIAL.check(address, 'ipv4');
  return kind === 6 && GLOBAL.check(address, 'ipv6') && !SPECIAL6.check(address, 'ipv6');
}

export interface OutboundOptions {
  /** Hosts (`host` or `host:port`) that may be called although they are private, and without TLS: named by the operator. */
  readonly privateHosts: readonly string[];
  /** Of tests: how names are resolved, and what counts as public. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly isPublic?: (address: string) => boolean;
}

/** Why an address is not called: it will not be better the next time. */
export class OutboundRefusal extends Error {
  override readonly name = 'OutboundRefusal';
}

export interface Outbound {
  /** Why the address would be refused before its name is resolved; undefined: it may be tried. */
  refusalOf(url: string): string | undefined;
  /** Posts and answers with the status alone. Follows no redirect, reads no body. Throws `OutboundRefusal`, or what the network throws. */
  post(
    url: string,
    of: { headers: Record<string, string>; body: string; timeoutMs: number },
  ): Promise<{
    status: number;
    retryAfter: string | undefined;
  }>;
  close(): Promise<void>;
}

/**
 * The name is resolved once, at connecting: every address that it gives must be public, and the one that was checked is the
 * one that is connected to, so that a name which changes its mind between the two (rebinding) gains nothing.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { isPublic = isPublicAddress, resolve = resolveName } = options;
  const named = ({ hostname, host, port, protocol }: URL): boolean => {
    const full = port === '' ? `${hostname}:${protocol === 'https:' ? 443 : 80}` : host;
    return options.privateHosts.some((one) => one === hostname || one === host || one === full);
  };
  const guarded = guardedAgent(resolve, isPublic);
  // For hosts that the operator has named.
  const open = new Agent({ connect: { timeout: 5_000 }, connections: 4, pipelining: 1, keepAliveTimeout: 5_000 });

  function refusalOf(text: string): string | undefined {
    if (!URL.canParse(text)) return 'not an address';
    const url = new URL(text);
    if (url.username !== '' || url.password !== '') return 'a name and password in the address';
    if (url.hash !== '') return 'a fragment in the address';
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'not https';
    if (named(url)) return undefined;
    if (url.protocol !== 'https:') return 'not https';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return isPublic(host) ? undefined : 'not an address of the public internet';
    if (!host.includes('.') || /(^|\.)(localhost|local|internal|home\.arpa)$/.test(host.replace(/\.$/, '')))
      return 'not a name of the public internet';
    return undefined;
  }

  return {
    refusalOf,
    async post(url, { headers, body, timeoutMs }) {
      const refusal = refusalOf(url);
      if (refusal !== undefined) throw new OutboundRefusal(refusal);
      const answer = await request(url, {
        method: 'POST',
        headers,
        body,
        dispatcher: named(new URL(url)) ? open : guarded,
        signal: AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      // What it says is of no use here, and would be a way to read what can't be read otherwise.
      answer.body.destroy();
      answer.body.on('error', () => {});
      const retryAfter = answer.headers['retry-after'];
      return { status: answer.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
    },
    async close() {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
}

async function resolveName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map((one) => one.address);
}

function guardedAgent(resolve: NonNullable<OutboundOptions['resolve']>, isPublic: (address: string) => boolean): Agent {
  const lookupChecked: LookupFunction = (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const bad = addresses.find((address) => !isPublic(address));
        const first = addresses[0];
        if (bad !== undefined || first === undefined)
          done(new OutboundRefusal(`${name} is not of the public internet`), '', 4);
        else if (options.all) done(null, addresses.map((address) => ({ address, family: isIP(address) })) as never);
        else done(null, first, isIP(first));
      },
      (error: NodeJS.ErrnoException) => done(error, '', 4),
    );
  };
  const connect = buildConnector({ timeout: 5_000, lookup: lookupChecked });
  return new Agent({
    connections: 4,
    pipelining: 1,
    // Not kept for long: the next call resolves and checks anew.
    keepAliveTimeout: 1,
    keepAliveMaxTimeout: 1,
    connect(target, done) {
      // A literal address is connected to without a look-up.
      const host = target.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && !isPublic(host)) done(new OutboundRefusal('not an address of the public internet'), null);
      else connect(target, done);
    },
  });
}
