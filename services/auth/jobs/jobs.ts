import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { AuthContext } from '../context.ts';

type Plain = Job<AuthContext, Record<string, never>>;
const none = z.strictObject({});

export const rotateSigningKey: Plain = {
  payload: none,
  cron: '11 4 * * *',
  async run(ctx) {
    await ctx.keyring.rotateWhenOld(ctx.clock.now(), ctx.config.KEY_ROTATION);
    await ctx.keyring.forgetOld(ctx.clock.now());
  },
};

/** An ended session is shown in the person's export and tells a known device from a new one; for so long. */
const ENDED_KEPT_MS = 180 * 86_400_000;

/** What has expired serves nobody. */
export const forgetExpired: Plain = {
  payload: none,
  cron: '*/10 * * * *',
  async run({ db, clock, config }) {
    const now = clock.now();
    const dayAgo = new Date(now.getTime() - 86_400_000);
    const unused = new Date(now.getTime() - config.SESSION_TTL);
    await db.run(sql`delete from guesses where at < ${dayAgo}`);
    await db.run(sql`delete from interim_tokens where expires_at < ${now}`);
    await db.run(sql`delete from appeal_tokens where expires_at < ${now}`);
    await db.run(sql`delete from passkey_challenges where expires_at < ${now}`);
    await db.run(sql`delete from trusted_devices where expires_at < ${now}`);
    await db.run(sql`delete from refresh_tokens where expires_at < ${now}`);
    // The row counts against flooding for a while; what it held goes at once.
    await db.run(sql`
      update message_secrets set code_sealed = null, code_hash = null, link_sealed = null, link_hash = null, password_hash = null
      where expires_at < ${now} and (code_sealed is not null or link_sealed is not null or password_hash is not null)`);
    await db.run(sql`delete from message_secrets where expires_at < ${dayAgo}`);
    await db.run(
      sql`update sessions set ended_at = ${now}, end_reason = 'unused' where ended_at is null and last_used_at < ${unused}`,
    );
    const forgotten = new Date(now.getTime() - ENDED_KEPT_MS);
    await db.run(sql`
      delete from sessions where session_id in (
        select session_id from sessions s where ended_at < ${forgotten}
          and not exists (select 1 from refresh_tokens t where t.session_id = s.session_id) limit 5000)`);
  },
};
