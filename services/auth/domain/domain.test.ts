import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceOf, emailKey, mailboxKey, networkOf, placeOf } from './addresses.ts';
import { costAdvice, createHasher, hashesAtOnce, refuseKnownPassword } from './passwords.ts';
import { createSealer } from './sealing.ts';

describe('addresses', () => {
  test('spelling variants of an address are one', () => {
    for (const variant of ['Anna@Example.com', ' anna@example.com ', 'ａnna@example.com', 'ANNA@EXAMPLE.COM'])
      expect(emailKey(variant)).toBe('anna@example.com');
    fc.assert(fc.property(fc.emailAddress(), (email) => emailKey(emailKey(email)) === emailKey(email.toUpperCase())));
  });

  test('a domain in its own script and in punycode is one', () => {
    expect(emailKey('анна@почта.рф')).toBe(emailKey('анна@XN--80A1ACNY.xn--p1ai'));
    expect(emailKey('анна@почта.рф')).toBe('анна@xn--80a1acny.xn--p1ai');
  });

  test('L3: the spellings of one mailbox share its limits; other mailboxes do not', () => {
    for (const variant of ['a.n.n.a@gmail.com', 'Anna+artel@gmail.com', 'anna+1+2@googlemail.com', 'ANNA@GMAIL.COM'])
      expect(mailboxKey(variant)).toBe('anna@gmail.com');
    expect(mailboxKey('anna.k+x@ya.ru')).toBe(mailboxKey('anna-k@yandex.ru'));
    expect(mailboxKey('anna.k@mail.ru')).not.toBe(mailboxKey('annak@mail.ru'));
    expect(mailboxKey('anna+x@mail.ru')).toBe('anna@mail.ru');
    // A domain that nobody told us of may mean the sign.
    expect(mailboxKey('anna+x@example.com')).toBe('anna+x@example.com');
  });

  test('a place is a network, however the address is written', () => {
    expect(placeOf('203.0.113.77')).toBe('203.0.113.*');
    expect(placeOf('::ffff:203.0.113.77')).toBe('203.0.113.*');
    expect(placeOf('2001:db8:1:2:3::4')).toBe('2001:db8:1::/48');
    expect(placeOf('2001:0DB8:0001:2::')).toBe('2001:db8:1::/48');
    expect(placeOf('::1')).toBe('0:0:0::/48');
  });

  test('all addresses of an IPv6 /64 are one guesser, two /64 are two', () => {
    expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'));
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8:0:2::1'));
    expect(networkOf('198.51.100.7')).toBe('198.51.100.7');
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        (a, tail) => {
          expect(networkOf(a.join(':'))).toBe(networkOf([...a.slice(0, 4), ...tail].join(':')));
        },
      ),
    );
  });

  test('A4: a device is told in few words, as what it is, not as what it claims to be like', () => {
    const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
    const phone = '(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
    const windows = `(Windows NT 10.0; Win64; x64) ${webkit}`;
    for (const [agent, device] of [
      ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
      [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/140.0.0.0 Safari/537.36`, 'Chrome, Linux'],
      [`Mozilla/5.0 ${windows} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, 'Edge, Windows'],
      [`Mozilla/5.0 ${windows} Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36`, 'Yandex Browser, Windows'],
      [`Mozilla/5.0 ${windows} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0`, 'Opera, Windows'],
      [`Mozilla/5.0 (Linux; Android 15; Pixel 9) ${webkit} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome, Android'],
      [`Mozilla/5.0 ${phone} Version/18.5 Mobile/15E148 Safari/604.1`, 'Safari, iPhone'],
      [`Mozilla/5.0 ${phone} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`, 'Chrome, iPhone'],
      ['Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 FxiOS/140.0 Safari/605.1', 'Firefox, iPad'],
      [
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
        'Safari, macOS',
      ],
      ['curl/8.9.1', 'curl'],
      ['node', 'node'],
      ['PostmanRuntime/7.4', 'PostmanRuntime'],
      ['', 'unknown'],
      ['Mozilla/5.0', 'unknown'],
      ['<script>alert(1)</script>', 'unknown'],
      ['x'.repeat(300), 'unknown'],
    ] as const)
      expect(deviceOf(agent), agent).toBe(device);
  });
});

describe('passwords', () => {
  test('the list, the product’s name and own data are refused; a phrase is not', () => {
    for (const bad of ['password123', 'Password123', 'artel12345', 'ｐassword123'])
      expect(() => refuseKnownPassword(bad), bad).toThrow('auth.password_known');
    expect(() => refuseKnownPassword('ivan.petrov1990', ['ivan.petrov@example.com'])).toThrow();
    expect(() => refuseKnownPassword('верный конь батарея скрепка', ['Анна', 'a@b.c'])).not.toThrow();
    expect(() => refuseKnownPassword('8102937465546372', ['Анна'])).not.toThrow();
  });

  test('a hash fits its password in any Unicode form and no other; another cost is outdated', async () => {
    const hasher = await createHasher({ memoryKiB: 7_168, passes: 1 });
    const hash = await hasher.hash('Crème brûlée 🐎 с ёжиком');
    expect(await hasher.verify(hash, 'Crème brûlée 🐎 с ёжиком'.normalize('NFD'))).toBe(true);
    expect(await hasher.verify(hash, 'Creme brulee 🐎 с ежиком')).toBe(false);
    expect(await hasher.verify(null, 'nobody has this password')).toBe(false);
    expect(hasher.isOutdated(hash)).toBe(false);
    expect((await createHasher({ memoryKiB: 8_192, passes: 1 })).isOutdated(hash)).toBe(true);
  });

  test('the start measures a hash, and says which way its cost is wrong', async () => {
    expect((await createHasher({ memoryKiB: 7_168, passes: 1 })).measuredMs).toBeGreaterThan(0);
    expect(costAdvice(1)).toMatch(/raise PASSWORD_HASH_/);
    expect(costAdvice(25)).toBeUndefined();
    expect(costAdvice(5_000)).toMatch(/lower PASSWORD_HASH_/);
  });

  test('hashes at once: as many as the machine has cores, and one thread is left for files and names', () => {
    expect(hashesAtOnce(2, 4)).toBe(2);
    expect(hashesAtOnce(8, 4)).toBe(3);
    expect(hashesAtOnce(8, 16)).toBe(8);
    expect(hashesAtOnce(1, 1)).toBe(1);
  });

  test('L2: more hashes than may wait are refused at once', async () => {
    const hasher = await createHasher({ memoryKiB: 7_168, passes: 1 }, 3);
    const all = await Promise.allSettled(Array.from({ length: 230 }, () => hasher.hash('x')));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(230 - 203);
    expect(refused.every((one) => one.reason.code === 'auth.overloaded')).toBe(true);
  });
});

test('what is sealed opens with its own key only', async () => {
  const sealed = await createSealer('a').seal('тайна');
  expect(sealed).not.toContain('тайна');
  expect(await createSealer('a').open(sealed)).toBe('тайна');
  await expect(createSealer('b').open(sealed)).rejects.toThrow();
});
