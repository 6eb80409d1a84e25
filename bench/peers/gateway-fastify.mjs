import Fastify from 'fastify';
import jwt from '@fastify/jwt';
import proxy from '@fastify/http-proxy';
import { readFileSync } from 'node:fs';

const [port, upstream, key] = process.argv.slice(2);
const app = Fastify({ logger: false });
await app.register(jwt, { secret: { public: readFileSync(key, 'utf8') }, verify: { algorithms: ['RS256'] } });
await app.register(proxy, {
  upstream,
  preHandler: async (request) => {
    await request.jwtVerify();
  },
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
