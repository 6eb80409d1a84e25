import { domainToASCII } from 'node:url';
import Bowser from 'bowser';

/** An address folded for comparison, whatever its spelling, script or case: one address, one account (L3). */
export function emailKey(email: string): string {
  const plain = email.trim().normalize('NFKC').toLowerCase();
  const at = plain.lastIndexOf('@') + 1;
  const domain = plain.slice(at);
  return plain.slice(0, at) + (domainToASCII(domain) || domain);
}

/** Providers whose mailboxes have many spellings: what is cut off at `+`, signs that count for nothing, other names of the domain. */
const PROVIDERS: { domains: string[]; ignored?: RegExp; same?: [RegExp, string] }[] = [
  { domains: ['gmail.com', 'googlemail.com'], ignored: /\./g },
  {
    domains: ['yandex.ru', 'ya.ru', 'yandex.com', 'yandex.by', 'yandex.kz', 'narod.ru'],
    same: [/\./g, '-'],
  },
  { domains: ['proton.me', 'protonmail.com', 'pm.me'], ignored: /[._-]/g },
  { domains: ['mail.ru'] },
  { domains: ['bk.ru'] },
  { domains: ['list.ru'] },
  { domains: ['inbox.ru'] },
  { domains: ['outlook.com'] },
  { domains: ['hotmail.com'] },
  { domains: ['live.com'] },
  { domains: ['icloud.com', 'me.com', 'mac.com'] },
  { domains: ['fastmail.com'] },
  { domains: ['rambler.ru'] },
];

/** The mailbox behind an address, for limits only: two spellings may be two accounts, but get no two allowances (L3). */
export function mailboxKey(email: string): string {
  const key = emailKey(email);
  const at = key.lastIndexOf('@');
  const provider = PROVIDERS.find(({ domains }) => domains.includes(key.slice(at + 1)));
  if (!provider) return key;
  let name = key.slice(0, at).replace(/\+.*$/s, '');
  if (provider.ignored) name = name.replace(provider.ignored, '');
  if (provider.same) name = name.replace(...provider.same);
  return `${name}@${provider.domains[0]}`;
}

function plainAddress(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The first groups of an IPv6 address, written out. */
function groups(ip: string, count: number): string {
  const [head = '', tail] = ip.toLowerCase().split('%', 1)[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return all
    .slice(0, count)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** Where a session was, no finer than a network: `203.0.113.*`, `2001:db8:1::/48`. */
export function placeOf(ip: string): string {
  const plain = plainAddress(ip);
  return plain.includes(':') ? `${groups(plain, 3)}::/48` : plain.replace(/\.\d+$/, '.*');
}

/** Whose guesses are counted together: an IPv4 address, or the /64 that one IPv6 subscriber has to himself (L3). */
export function networkOf(ip: string): string {
  const plain = plainAddress(ip);
  return plain.includes(':') ? `${groups(plain, 4)}::/64` : plain;
}

/** A program that names itself as HTTP has it (`curl/8.9`, `PostmanRuntime/7.4`), where no browser does. */
const PROGRAM = /^[A-Za-z][\w.-]{0,29}(?=\/|$)/;

/** What the person used, in few words: `Chrome, Android`, `Safari, iPhone`, `curl`. */
export function deviceOf(userAgent: string): string {
  // The library refuses an empty string.
  const { browser, os, platform } = Bowser.parse(userAgent || ' ');
  const known = browser.name && os.name ? browser.name.replace('Microsoft Edge', 'Edge') : undefined;
  if (known === undefined) return PROGRAM.exec(userAgent)?.[0].replace(/^Mozilla$/, 'unknown') ?? 'unknown';
  return `${known}, ${/^iP/.test(platform.model ?? '') ? platform.model : os.name}`;
}
