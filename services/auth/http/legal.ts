import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
import { accountById, lockAccount } from '../data/accounts.ts';
import { agreementsOf, keepAgreement, outdatedOf, refuseOutdated } from '../data/agreements.ts';
import { makeTokensStale } from '../data/sessions.ts';
import { legalText } from '../legal/texts.ts';

/** What people agree to, with the operator's name in it; a version that never was is a 404. */
export const getLegalText: AuthHandlers['getLegalText'] = async (ctx, req) => {
  const { document } = req.params;
  const { OPERATOR_NAME: name, OPERATOR_ADDRESS: address, OPERATOR_CONTACT: contact } = ctx.config;
  const { version, current, text } = found(
    legalText(document, {
      version: req.query.version,
      locale: req.locale,
      operator: { name, address, contact },
      site: ctx.publicUrl,
    }),
  );
  const sections = text.sections.map(({ heading, paragraphs }) => ({ heading, paragraphs: [...paragraphs] }));
  return { body: { document, version, current, title: text.title, sections } };
};

export const getAgreements: AuthHandlers['getAgreements'] = async (ctx, req) => ({
  body: { items: agreementsOf(found(await accountById(ctx.db, req.user.userId))) },
});

/** The next token says it: those that are about are refreshed at their next use. */
export const agree: AuthHandlers['agree'] = async (ctx, req) => {
  refuseOutdated(req.body, '/body');
  const { userId } = req.user;
  return await ctx.db.tx(async (tx) => {
    const before = found(await lockAccount(tx, userId));
    await keepAgreement(tx, before, req.body, ctx.clock.now());
    const after = found(await accountById(tx, userId));
    if (outdatedOf(after).length < outdatedOf(before).length) await makeTokensStale(tx, ctx, userId);
    return { body: { items: agreementsOf(after) } };
  });
};
