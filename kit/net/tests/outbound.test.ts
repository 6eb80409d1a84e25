import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createOutbound, isPublicAddress, type Outbound, type OutboundOptions } from '../outbound.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A listener on an address of its own; counts what reaches it. */
async function listen(host: string, answer: (path: string) => [number, Record<string, string>] = () => [204, {}]) {
  const hits: string[] = [];
  const server: Server = createServer((request, response) => {
    hits.push(request.url ?? '');
    const [status, headers] = answer(request.url ?? '');
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => server.closeAllConnections(),
  );
  return { hits, port: (server.address() as AddressInfo).port };
}
function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const made = createOutbound({ privateHosts: [], ...options });
  closers.push(() => made.close());
  return made;
}
const post = (way: Outbound, url: string, timeoutMs = 3_000) =>
  way.post(url, { headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs });

describe('B7: no way inwards', () => {
  test('loopback, private, link-local, metadata and special addresses are none of the public internet, however written', () => {
    for (const address of [
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.169.254',
      '198.18.0.1',
      '192.0.2.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::ffff:a9fe:a9fe',
      'fe80::1',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      '2002:7f00:1::',
      '2001:0:7f00:1::',
      '64:ff9b::7f00:1',
      '2001:db8::1',
      'fe80::1%eth0',
      'localhost',
    ])
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
    for (const address of ['8.8.8.8', '93.184.216.34', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450:4010::8a'])
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
  });

  test('an address that names such a place is refused before anything is connected, in every spelling', () => {
    const way = outbound();
    for (const url of [
      'http://example.com/',
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://0177.0.0.1/',
      'https://127.1/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
      'https://169.254.169.254/latest/meta-data/',
      'https://localhost/',
      'https://localhost./',
      'https://db.internal/',
      'https://printer.local/',
      'https://postgres/',
      'https://user:secret@example.com/',
      'ftp://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'nonsense',
    ])
      expect([url, typeof way.refusalOf(url)]).toEqual([url, 'string']);
    expect(way.refusalOf('https://example.com/hooks?x=1')).toBeUndefined();
    expect(way.refusalOf('https://example.com:8443/hooks')).toBeUndefined();
  });

  test('a name that leads inwards is refused at connecting, also when only one of its addresses does', async () => {
    const inside = await listen('127.0.0.1');
    for (const addresses of [
      ['127.0.0.1'],
      ['93.184.216.34', '127.0.0.1'],
      ['::ffff:127.0.0.1'],
      ['169.254.169.254'],
      [],
    ]) {
      const way = outbound({ resolve: async () => addresses });
      await expect(post(way, `https://evil.example.com:${inside.port}/`)).rejects.toThrow(/public internet/);
    }
    expect(inside.hits).toEqual([]);
  });

  test('rebinding: the address that was checked is the one that is connected to, and is resolved once', async () => {
    // 127.0.0.2 stands for the public internet here, 127.0.0.1 for the inside.
    const isPublic = (address: string) => address === '127.0.0.2';
    const inside = await listen('127.0.0.1');
    const asked: string[] = [];
    const way = outbound({
      isPublic,
      resolve: async (name) => {
        asked.push(name);
        // Public when it is checked, private whenever it is asked again.
        return [asked.length === 1 ? '127.0.0.2' : '127.0.0.1'];
      },
    });
    // No TLS there: the connection itself is what counts, and it goes to 127.0.0.2, where nobody listens on this port.
    await expect(post(way, `https://rebind.example.com:${inside.port}/`)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      address: '127.0.0.2',
    });
    expect(asked).toEqual(['rebind.example.com']);
    // The next call asks anew, and is refused.
    await expect(post(way, `https://rebind.example.com:${inside.port}/`)).rejects.toThrow(/public internet/);
    expect(inside.hits).toEqual([]);
  });

  test('hosts that the operator names are called, also without TLS; a redirect is an answer, never followed', async () => {
    const target = await listen('127.0.0.1');
    const receiver = await listen('127.0.0.1', (path) =>
      path === '/moved' ? [302, { location: `http://127.0.0.1:${target.port}/secret` }] : [200, { 'retry-after': '7' }],
    );
    const way = outbound({ privateHosts: [`127.0.0.1:${receiver.port}`] });
    expect(await post(way, `http://127.0.0.1:${receiver.port}/`)).toEqual({ status: 200, retryAfter: '7' });
    expect(await post(way, `http://127.0.0.1:${receiver.port}/moved`)).toMatchObject({ status: 302 });
    expect(target.hits).toEqual([]);
    // Only that port of it.
    expect(way.refusalOf(`http://127.0.0.1:${target.port}/`)).toBeDefined();
  });

  test('who does not answer in time is let go', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const { port } = server.address() as AddressInfo;
    const way = outbound({ privateHosts: ['127.0.0.1'] });
    await expect(post(way, `http://127.0.0.1:${port}/`, 100)).rejects.toThrow(/timeout|aborted/i);
  });
});
