import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SERVICES } from '#contracts/common/define.ts';

/** What no engine runs here is held against the rest of the repository: names, folders, settings. */
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');

interface Compose {
  services: Record<
    string,
    {
      command?: string[];
      environment?: Record<string, string>;
      depends_on?: Record<string, { condition: string }>;
      deploy?: { replicas?: number };
      volumes?: string[];
      healthcheck?: unknown;
      build?: { context: string; dockerfile: string };
    }
  >;
  volumes: Record<string, unknown>;
}

describe('compose.yaml', () => {
  const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;
  const settings = new Set(
    [...read('generated/configuration.md').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((m) => m[1]),
  );

  test('every service is a process of its own, orders two', () => {
    for (const service of SERVICES) expect(compose.services[service]?.command, service).toEqual(['start', service]);
    expect(compose.services['orders']?.deploy?.replicas).toBe(2);
    expect(Object.keys(compose.services).sort()).toEqual([...SERVICES, 'migrate', 'postgres', 'rabbitmq'].sort());
  });

  test('every variable is one that the platform reads, and every address is set', () => {
    expect(settings.size).toBeGreaterThan(30);
    for (const service of SERVICES) {
      const environment = compose.services[service]?.environment ?? {};
      expect(Object.keys(environment).filter((name) => !settings.has(name))).toEqual([]);
      for (const other of SERVICES) expect(environment[`${other.toUpperCase()}_URL`]).toBe(`http://${other}:8080`);
    }
  });

  test('what is waited for exists and can be waited for; no secret stands in the file', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(compose.services, `${name} waits for ${other}`).toHaveProperty(other);
        if (condition === 'service_healthy') expect(compose.services[other]?.healthcheck, other).toBeDefined();
      }
      for (const volume of service.volumes ?? [])
        expect(compose.volumes).toHaveProperty(volume.split(':')[0] as string);
      for (const [variable, value] of Object.entries(service.environment ?? {}))
        if (/PASS|SECRET|_KEY$/.test(variable)) expect(value, variable).toMatch(/^\$\{\w+:[?-].*\}$/);
    }
  });
});

describe('Dockerfile', () => {
  const lines = read('deploy/Dockerfile').split('\n');
  const copied = lines
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));

  test('copies what exists, and every room that the server imports', () => {
    for (const path of copied) expect(existsSync(`${root}${path}`), path).toBe(true);
    for (const room of ['apps', 'contracts', 'kit', 'services', 'outside']) expect(copied).toContain(room);
  });

  test('has threads for password hashes on more cores than libuv has by itself', () => {
    const threads = lines.flatMap((line) => /^ENV UV_THREADPOOL_SIZE=(\d+)$/.exec(line)?.[1] ?? []);
    expect(threads.map(Number)).toEqual([expect.any(Number)]);
    expect(Number(threads[0])).toBeGreaterThan(4);
  });

  test('runs as nobody special, with the Node.js that we target', () => {
    const major = JSON.parse(read('package.json')).engines.node.replace(/\D+/, '');
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) expect(base).toContain(`node:${major}-`);
    expect(lines).toContain('USER artel');
    expect(lines.findIndex((line) => line === 'USER artel')).toBeLessThan(
      lines.findIndex((line) => line.startsWith('ENTRYPOINT')),
    );
  });
});
