import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayContext } from './context.ts';

const FOLDER = fileURLToPath(new URL('../../apps/web/dist/', import.meta.url));

/** Serves the built web app; its addresses (`/orders/…`) all open its one page. Without a build there is the API alone. */
export async function addWebApp(app: FastifyInstance, ctx: GatewayContext): Promise<void> {
  if (!existsSync(`${FOLDER}index.html`)) {
    ctx.log.debug({}, 'the web app is not built; only the API is served');
    return;
  }
  await app.register(fastifyStatic, {
    root: FOLDER,
    wildcard: false,
    index: false,
    setHeaders: (reply, path) =>
      void reply.header(
        'cache-control',
        /-[A-Z0-9]{8}\./.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  });
  app.get('/', (_request, reply) => reply.sendFile('index.html'));
}

/** An address of the app itself (`/orders/…`), asked for by a browser: its one page. */
export function sendPage(request: FastifyRequest, reply: FastifyReply): boolean {
  const isPage =
    request.method === 'GET' &&
    !request.url.startsWith('/api/') &&
    String(request.headers.accept ?? '').includes('text/html') &&
    existsSync(`${FOLDER}index.html`);
  if (isPage) void reply.sendFile('index.html');
  return isPage;
}
