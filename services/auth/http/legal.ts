import { found } from '#kit/service/reply.ts';
import type { AuthHandlers } from '../context.ts';
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
