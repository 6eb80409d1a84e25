import { z } from 'zod';
import type { Access, Contract, Route } from '#contracts/common/define.ts';
import { ownerRule } from '#contracts/common/owners.ts';
import { COMMON_ERRORS, problemBody } from '#contracts/common/problem.ts';
import { isBytes, isStreamed, statusOf } from '#kit/service/dispatch.ts';

type Json = Record<string, unknown>;

/** JSON Schema of a contract's schema, without the outer `$schema` (OpenAPI 3.1 states it once). */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dropped, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Json;
  return rest;
}

/** OpenAPI 3.1 of one service's public routes, or of several merged. */
export function openApi(contracts: readonly Contract[], options: { version: string; serverUrl: string }): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts) {
    for (const [name, route] of Object.entries(contract.http)) {
      if (route.access.kind === 'service') continue;
      const path = publicPath(route);
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(contract, name, route) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: contracts.length === 1 ? `Artel: ${contracts[0]?.title.en}` : 'Artel',
      version: options.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Errors are problem documents (RFC 9457). Lists are cursor pages. Money is in minor units, an integer in a string.',
    },
    servers: [{ url: options.serverUrl }],
    tags: contracts
      .filter((contract) => Object.values(contract.http).some((route) => route.access.kind !== 'service'))
      .map((contract) => ({ name: contract.name, description: `${contract.title.en} · ${contract.title.ru}` })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: schemaOf(problemBody, 'output') },
      headers: { RequestId: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } },
    },
  };
}

export function publicPath(route: Route): string {
  return route.path.startsWith('/.well-known/') ? route.path : `/api/v1${route.path}`;
}

function operation(contract: Contract, name: string, route: Route): Json {
  return {
    operationId: `${contract.name}.${name}`,
    tags: [contract.name],
    summary: route.summary,
    description: describe(route),
    ...(route.access.kind === 'user' ? { security: [{ bearer: [] }] } : { security: [{}, { bearer: [] }] }),
    parameters: parameters(route),
    ...(route.body ? { requestBody: requestBody(route) } : {}),
    responses: responses(contract, route),
    ...(route.access.kind === 'user' && route.access.permission ? { 'x-permission': route.access.permission } : {}),
    ...(route.rows ? { 'x-rows': route.rows } : {}),
  };
}

function describe(route: Route): string {
  const lines = [accessText(route.access)];
  if (route.rows) lines.push(`Specification: ${route.rows.join(', ')}.`);
  if (route.idempotency === 'required')
    lines.push('Needs an `Idempotency-Key`: a repeat with the same key and body gets the first answer.');
  if (route.ifMatch) lines.push('Needs `If-Match` with the ETag of the resource.');
  return lines.join(' ');
}

export function accessText(access: Access): string {
  if (access.kind === 'guest') return 'Open to everybody.';
  if (access.kind === 'service') return 'For other services.';
  const parts = [access.permission ? `Needs the permission \`${access.permission}\`` : 'For signed-in people'];
  if (access.owner) parts.push(ownerRule(access.owner).title.en);
  if (access.agreed) parts.push('who agrees to the texts in force');
  if (access.fresh) parts.push('with a sign-in not older than 10 minutes');
  return `${parts.join(', ')}.`;
}

function parameters(route: Route): Json[] {
  const list: Json[] = [];
  const add = (where: 'path' | 'query', schema: z.ZodObject | undefined, examples: unknown): void => {
    if (!schema) return;
    const json = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
    for (const [name, property] of Object.entries(json.properties ?? {})) {
      const example = (examples as Json | undefined)?.[name];
      list.push({
        name,
        in: where,
        required: where === 'path' || (json.required ?? []).includes(name),
        schema: property,
        ...(example === undefined ? {} : { example }),
      });
    }
  };
  add('path', route.params, route.example?.params);
  add('query', route.query, route.example?.query);
  if (route.idempotency)
    list.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: route.idempotency === 'required',
      schema: { type: 'string', minLength: 8, maxLength: 200 },
    });
  if (route.ifMatch)
    list.push({ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' }, example: '"1"' });
  for (const name of route.headers ?? [])
    list.push({ name, in: 'header', required: false, schema: { type: 'string' } });
  return list;
}

function requestBody(route: Route): Json {
  if (isBytes(route.body)) {
    return {
      required: true,
      content: Object.fromEntries(
        route.body.types.map((type) => [
          type,
          { schema: { type: 'string', format: 'binary', maxLength: (route.body as { maxBytes: number }).maxBytes } },
        ]),
      ),
    };
  }
  const example = route.example?.body;
  return {
    required: true,
    content: {
      'application/json': {
        schema: schemaOf(route.body as z.ZodType, 'input'),
        ...(example === undefined ? {} : { example }),
      },
    },
  };
}

function responses(contract: Contract, route: Route): Json {
  const headers = {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    ...(route.ifMatch ? { ETag: { $ref: '#/components/headers/ETag' } } : {}),
  };
  const content = isBytes(route.reply)
    ? Object.fromEntries(route.reply.types.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]))
    : route.reply
      ? { 'application/json': { schema: schemaOf(route.reply as z.ZodType, 'output') } }
      : undefined;
  const result: Json = { [statusOf(route)]: { description: 'Done.', headers, ...(content ? { content } : {}) } };
  if (isStreamed(route) && route.headers?.includes('range')) {
    result[206] = { description: 'The part that was asked for.', headers, ...(content ? { content } : {}) };
    result[416] = { description: 'There is no such part.', headers };
  }
  for (const [status, titles] of errorsOf(contract, route)) {
    result[status] = {
      description: titles.join('; '),
      headers,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return result;
}

/** Status → titles of the declared errors of a route, common ones included. */
function errorsOf(contract: Contract, route: Route): Map<number, string[]> {
  const errors = new Map<number, string[]>();
  const add = (status: number, title: string): void => void errors.set(status, [...(errors.get(status) ?? []), title]);
  const common = (code: keyof typeof COMMON_ERRORS): void =>
    add(COMMON_ERRORS[code].status, `${code}: ${COMMON_ERRORS[code].title.en}`);
  if (route.query || route.body || route.idempotency) common('validation_failed');
  if (route.access.kind === 'user') {
    common('unauthenticated');
    common('forbidden');
  }
  if (route.params) common('not_found');
  if (route.ifMatch) {
    common('version_mismatch');
    common('version_required');
  }
  if (route.idempotency) {
    common('idempotency_in_progress');
    common('idempotency_mismatch');
  }
  common('too_many_requests');
  common('unavailable');
  for (const code of route.errors ?? []) {
    const own = contract.errors[code];
    if (own) add(own.status, `${code}: ${own.title.en}`);
  }
  return errors;
}
