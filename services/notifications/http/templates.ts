import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { NotificationsHandlers } from '../context.ts';
import { listOverrides } from '../data/overrides.ts';
import { LOCALES, shippedTexts, TEMPLATES, variablesOf } from '../templates/catalogue.ts';
import { checkTemplate } from '../templates/check.ts';
import { renderMail, sampleValues } from '../templates/render.ts';

export const listTemplates: NotificationsHandlers['listTemplates'] = async (ctx) => {
  const overrides = new Map((await listOverrides(ctx.db)).map((row) => [`${row.key}:${row.locale}`, row]));
  return {
    body: {
      items: Object.entries(TEMPLATES).flatMap(([key, definition]) =>
        LOCALES.map((locale) => {
          const override = overrides.get(`${key}:${locale}`);
          const shipped = shippedTexts(definition, locale);
          const { subject, html, text } = override && !override.shipped ? override : shipped;
          return {
            key,
            locale,
            subject,
            html,
            text,
            variables: variablesOf(definition),
            version: override?.version ?? 0,
          };
        }),
      ),
    },
  };
};

export const renderTemplate: NotificationsHandlers['renderTemplate'] = async (ctx, req) => {
  const { key, locale, ...texts } = req.body;
  const definition = found(Object.hasOwn(TEMPLATES, key) ? TEMPLATES[key] : undefined);
  const faults = checkTemplate(definition, texts);
  if (faults.length > 0) throw new Problem('notifications.template_faulty', { errors: faults });
  const frame = { locale, publicUrl: ctx.publicUrl, unsubscribeUrl: definition.critical ? undefined : ctx.publicUrl };
  return { body: renderMail(texts, sampleValues(definition, locale, ctx.publicUrl), frame) };
};
