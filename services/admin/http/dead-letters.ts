import type { DeadLetter } from '#kit/bus/bus.ts';
import { Problem } from '#kit/problem.ts';
import { HEALTH_CHANNEL } from '#kit/service/health-news.ts';
import { found } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';

/** Bytes of a body that are shown. */
const MAX_BODY = 100_000;

function view(letter: DeadLetter, service: string) {
  const { id, type, reason, deadAt, attempts } = letter;
  return { id, service, type, reason, deadAt, attempts };
}

export const listDeadLetters: AdminHandlers['listDeadLetters'] = async (ctx, req) => {
  const { service, limit } = req.query;
  const letters = await ctx.bus.deadLetters.list(service, limit);
  return { body: { items: letters.map((letter) => view(letter, service)) } };
};

export const getDeadLetter: AdminHandlers['getDeadLetter'] = async (ctx, req) => {
  const { service, letterId } = req.params;
  const letter = found(await ctx.bus.deadLetters.get(service, letterId));
  return { body: { ...view(letter, service), body: letter.body.subarray(0, MAX_BODY).toString('utf8') } };
};

export const replayDeadLetter: AdminHandlers['replayDeadLetter'] = async (ctx, req) => {
  const { service, letterId } = req.params;
  const { reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'dead-letter.replay', targetKind: 'dead-letter', targetId: `${service}/${letterId}`, reason },
    {
      async call() {
        const letter = found(await ctx.bus.deadLetters.get(service, letterId));
        if (!(await ctx.bus.deadLetters.replay(service, letterId))) throw new Problem('not_found');
        ctx.bus.broadcast(HEALTH_CHANNEL, {});
        return letter;
      },
      write: async (_tx, letter) => ({ body: null, before: view(letter, service) }),
    },
  );
};

export const discardDeadLetter: AdminHandlers['discardDeadLetter'] = async (ctx, req) => {
  const { service, letterId } = req.params;
  const { reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'dead-letter.discard', targetKind: 'dead-letter', targetId: `${service}/${letterId}`, reason },
    {
      async call() {
        const letter = found(await ctx.bus.deadLetters.get(service, letterId));
        if (!(await ctx.bus.deadLetters.discard(service, letterId))) throw new Problem('not_found');
        ctx.bus.broadcast(HEALTH_CHANNEL, {});
        return letter;
      },
      write: async (_tx, letter) => ({ body: null, before: view(letter, service) }),
    },
  );
};
