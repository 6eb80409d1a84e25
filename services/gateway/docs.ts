import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { contracts } from '#contracts/all.ts';
import type { Contract } from '#contracts/common/define.ts';
import { COMMON_ERRORS } from '#contracts/common/problem.ts';
import { asyncApi } from '#kit/docs/asyncapi.ts';
import { interactionsPage } from '#kit/docs/interactions-page.ts';
import { openApi } from '#kit/docs/openapi.ts';
import { postmanCollection } from '#kit/docs/postman.ts';
import { Problem } from '#kit/problem.ts';
import { localeOf } from '#kit/service/http-server.ts';
import type { GatewayContext } from './context.ts';

const all = Object.values(contracts) as Contract[];

/** The interactive documentation (X2), its documents, the Postman collection (X3), the map of interactions, the problem pages. */
export function addDocs(app: FastifyInstance, ctx: GatewayContext): void {
  const options = { version: '1', serverUrl: ctx.publicUrl };
  const json = (reply: FastifyReply, make: () => unknown) =>
    reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(cached(make));
  const kept = new Map<() => unknown, string>();
  const cached = (make: () => unknown): string => {
    const known = kept.get(make) ?? JSON.stringify(make());
    kept.set(make, known);
    return known;
  };

  const whole = () => openApi(all, options);
  const events = () => asyncApi(all, options);
  const postman = () => postmanCollection(all, options);
  app.get('/api/openapi.json', (_request, reply) => json(reply, whole));
  app.get('/api/asyncapi.json', (_request, reply) => json(reply, events));
  app.get('/api/postman.json', (_request, reply) => json(reply, postman));
  const perService = new Map(all.map((contract) => [contract.name as string, () => openApi([contract], options)]));
  app.get<{ Params: { file: string } }>('/api/openapi/:file', (request, reply) => {
    const make = perService.get(request.params.file.replace(/\.json$/, ''));
    if (!make) throw new Problem('not_found');
    return json(reply, make);
  });
  app.get('/api/interactions', (request, reply) =>
    html(reply, interactionsPage(all, localeOf(request.headers['accept-language']))),
  );
  app.get<{ Params: { code: string } }>('/problems/:code', (request, reply) =>
    html(reply, problemPage(request.params.code, localeOf(request.headers['accept-language']))),
  );
  addSwagger(app);
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply.header('content-type', 'text/html; charset=utf-8').send(page);
}

/** Swagger UI from its package: no script from elsewhere. */
function addSwagger(app: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  void app.register(fastifyStatic, { root: folder, prefix: '/api/docs/assets/', index: false, decorateReply: false });
  app.get('/api/docs', (_request, reply) => html(reply, DOCS_PAGE));
  app.get('/api/docs/start.js', (_request, reply) =>
    reply.header('content-type', 'text/javascript').send(docsScript()),
  );
}

const DOCS_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Artel API</title>
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head><body><div id="ui"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script><script src="/api/docs/assets/swagger-ui-standalone-preset.js"></script><script src="/api/docs/start.js"></script></body></html>`;

function docsScript(): string {
  const urls = [
    { url: '/api/openapi.json', name: 'all services' },
    ...all
      .filter((contract) => contract.name !== 'gateway')
      .map((contract) => ({ url: `/api/openapi/${contract.name}.json`, name: contract.name })),
  ];
  return `SwaggerUIBundle({ dom_id: '#ui', urls: ${JSON.stringify(urls)}, presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout', persistAuthorization: false, docExpansion: 'none', deepLinking: true });`;
}

function problemPage(code: string, locale: 'ru' | 'en'): string {
  const declared =
    COMMON_ERRORS[code as keyof typeof COMMON_ERRORS] ?? all.map((contract) => contract.errors[code]).find(Boolean);
  if (!declared) throw new Problem('not_found');
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${code}</title><style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style></head><body><h1>${declared.title[locale]}</h1><p><code>${code}</code>, HTTP ${declared.status}</p></body></html>`;
}
