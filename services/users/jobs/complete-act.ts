import { z } from 'zod';
import { contracts } from '#contracts/all.ts';
import { type Contract, SERVICES } from '#contracts/common/define.ts';
import { id } from '#contracts/common/values.ts';
import type { DeadLetter } from '#kit/bus/bus.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { PARTS, pagesOf } from '../personal-data.ts';

const payload = z.strictObject({ userId: id });

const personal = new Set(
  (Object.values(contracts) as Contract[])
    .flatMap((contract) => Object.values(contract.events))
    .filter((event) => event.personal)
    .map((event) => event.type),
);

/** By now no event of the person is tried again: what was parked of him by any subscriber serves nobody, and names him. */
async function discardDeadLetters(ctx: UsersContext, userId: string): Promise<void> {
  const about = ({ type, body }: DeadLetter) => personal.has(type) && subjectOf(body) === userId;
  for (const service of SERVICES) {
    const discarded = await ctx.bus.deadLetters.discardAll(service, about);
    if (discarded > 0) ctx.log.info({ userId, queue: service, discarded }, 'dead letters went with an erased person');
  }
}

function subjectOf(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString('utf8')) as { subject?: unknown } | null)?.subject;
  } catch {
    return undefined;
  }
}

/** Takes what others parked of an erased person, asks every service what it still keeps of an erased person, and adds the answer to the act of destruction. */
export const completeAct: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId }) {
    await discardDeadLetters(ctx, userId);
    for (const service of PARTS) {
      const kept: Record<string, number> = {};
      for await (const { sections } of pagesOf(ctx, service, userId))
        for (const { name, rows } of sections) if (rows.length > 0) kept[name] = (kept[name] ?? 0) + rows.length;
      await ctx.db.run(sql`
        insert into erasure_parts (user_id, service, kept, at) values (${userId}, ${service}, ${JSON.stringify(kept)}, ${ctx.clock.now()}) on conflict do nothing`);
    }
  },
};
