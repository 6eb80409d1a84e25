import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';

/** Below it the answer is about as long as what a 304 saves. */
const LEAST_BYTES = 1_400;

/**
 * Conditional GET for what gains by it: a long text answer that has no ETag of its own gets a weak one from its content,
 * and is not sent again to who names it. Goes before the compression, which then has nothing to do.
 */
export function addConditionalGet(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const text = typeof payload === 'string' && payload.length >= LEAST_BYTES ? payload : undefined;
    if (text === undefined || request.method !== 'GET' || reply.statusCode !== 200 || reply.hasHeader('etag'))
      return done(null, payload);
    const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    void reply.header('etag', etag);
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'private, no-cache');
    if (!namesIt(request.headers['if-none-match'], etag)) return done(null, payload);
    void reply.code(304).removeHeader('content-length').removeHeader('content-type');
    done(null, null);
  });
}

/** Weak comparison, as RFC 9110 asks for with If-None-Match. */
export function namesIt(header: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header !== undefined && header.split(',').some((one) => bare(one) === bare(etag));
}
