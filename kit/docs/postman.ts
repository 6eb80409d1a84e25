import type { Contract, Route } from '#contracts/common/define.ts';
import { isBytes } from '#kit/service/dispatch.ts';
import { publicPath } from './openapi.ts';

type Json = Record<string, unknown>;

/** Postman collection (v2.1) of every public route: a folder per service, the sign-in on top, an example in each request (X3). */
export function postmanCollection(contracts: readonly Contract[], options: { serverUrl: string }): Json {
  return {
    info: {
      name: 'Artel',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
      description:
        'Set `email` and `password`; the first folder signs in and keeps the token. Every other request shows one call with an example.',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: options.serverUrl },
      { key: 'email', value: '' },
      { key: 'password', value: '' },
      { key: 'token', value: '' },
    ],
    item: [signIn(), ...contracts.map(folder).filter((one) => one.item.length > 0)],
  };
}

function folder(contract: Contract): { name: string; description: string; item: Json[] } {
  const routes = Object.entries(contract.http).filter(([, route]) => route.access.kind !== 'service');
  return {
    name: contract.name,
    description: `${contract.title.en} · ${contract.title.ru}`,
    item: routes.map(([name, route]) => request(name, route)),
  };
}

function request(name: string, route: Route): Json {
  const params = { ...(route.example?.params as Json | undefined) };
  const path = publicPath(route).replace(/\{(\w+)\}/g, ':$1');
  const query = Object.entries((route.example?.query as Json | undefined) ?? {}).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  const header: Json[] = [{ key: 'Accept-Language', value: 'ru' }];
  if (route.idempotency) header.push({ key: 'Idempotency-Key', value: '{{$guid}}' });
  if (route.ifMatch) header.push({ key: 'If-Match', value: '"1"' });
  const raw = `{{baseUrl}}${path}${query.length > 0 ? `?${query.map(({ key, value }) => `${key}=${encodeURIComponent(value)}`).join('&')}` : ''}`;
  return {
    name,
    request: {
      method: route.method,
      description: route.summary,
      header: isBytes(route.body)
        ? [
            ...header,
            {
              key: 'Content-Type',
              value: (route.body.types[0] ?? 'application/octet-stream')
                .replace('*/*', 'application/octet-stream')
                .replace('image/*', 'image/png'),
            },
          ]
        : header,
      url: {
        raw,
        host: ['{{baseUrl}}'],
        path: path.slice(1).split('/'),
        query,
        variable: Object.keys(paramsOf(path)).map((key) => ({
          key,
          value: String(params[key] ?? '00000000-0000-7000-8000-000000000000'),
        })),
      },
      ...(route.body ? { body: body(route) } : {}),
    },
    event: [
      {
        listen: 'test',
        script: {
          type: 'text/javascript',
          exec: [
            `pm.test('answers without a fault of the server', () => pm.expect(pm.response.code).to.be.below(500));`,
            `pm.test('names the request', () => pm.response.to.have.header('x-request-id'));`,
          ],
        },
      },
    ],
  };
}

function paramsOf(path: string): Record<string, true> {
  return Object.fromEntries([...path.matchAll(/:(\w+)/g)].map((match) => [match[1] as string, true]));
}

function body(route: Route): Json {
  if (isBytes(route.body)) return { mode: 'raw', raw: 'example' };
  return {
    mode: 'raw',
    raw: JSON.stringify(route.example?.body ?? {}, null, 2),
    options: { raw: { language: 'json' } },
  };
}

/** Signs in with `email` and `password` and keeps the access token for the rest. */
function signIn(): Json {
  return {
    name: 'Sign in first',
    item: [
      {
        name: 'signIn',
        request: {
          auth: { type: 'noauth' },
          method: 'POST',
          header: [],
          url: { raw: '{{baseUrl}}/api/v1/sessions', host: ['{{baseUrl}}'], path: ['api', 'v1', 'sessions'] },
          body: {
            mode: 'raw',
            raw: '{"email": "{{email}}", "password": "{{password}}"}',
            options: { raw: { language: 'json' } },
          },
        },
        event: [
          {
            listen: 'test',
            script: {
              type: 'text/javascript',
              exec: [
                `pm.test('signs in', () => pm.expect(pm.response.code).to.be.below(300));`,
                `pm.collectionVariables.set('token', pm.response.json().accessToken);`,
              ],
            },
          },
        ],
      },
    ],
  };
}
