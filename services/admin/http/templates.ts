import { adminEvents } from '#contracts/admin/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { Tx } from '#kit/db/db.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { lockFor } from '../data/settings.ts';
import {
  addTemplateVersion,
  announceTemplate,
  latestTemplates,
  templateHistory,
  templateId,
  type TemplateRow,
  type TemplateTexts,
} from '../data/templates.ts';

export const listTemplates: AdminHandlers['listTemplates'] = async (ctx) => {
  const [{ items }, edits] = await Promise.all([ctx.clients.notifications.listTemplates({}), latestTemplates(ctx.db)]);
  const byName = new Map(edits.map((edit) => [`${edit.key}:${edit.locale}`, edit]));
  return {
    body: {
      items: items.map((item) => {
        // An edit may not have reached notifications yet: the newest one is what the admin should see. What ships is theirs to
        // say, once they have heard that it is in force again: a release may have changed it.
        const edit = byName.get(`${item.key}:${item.locale}`);
        const texts: TemplateTexts = edit && !(edit.shipped && edit.version === item.version) ? edit : item;
        return {
          key: item.key,
          locale: item.locale,
          subject: texts.subject,
          html: texts.html,
          text: texts.text,
          variables: item.variables,
          version: edit?.version ?? 0,
          shipped: edit?.shipped ?? true,
        };
      }),
    },
  };
};

export const getTemplateHistory: AdminHandlers['getTemplateHistory'] = async (ctx, req) => {
  const rows = await templateHistory(ctx.db, req.params.key, req.params.locale);
  return {
    version: rows[0]?.version ?? 0,
    body: { items: rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })) },
  };
};

/** The template as notifications has it now; 404 when there is none of this name. */
async function templateInForce(ctx: AdminContext, key: string, locale: Locale) {
  const { items } = await ctx.clients.notifications.listTemplates({});
  return found(items.find((item) => item.key === key && item.locale === locale));
}

interface Edit extends TemplateTexts {
  readonly shipped: boolean;
  readonly actorId: string;
  readonly reason: string;
}

/** Writes the next version. With the first one, what shipped is kept as version 0. */
async function writeVersion(
  ctx: AdminContext,
  tx: Tx,
  req: { params: { key: string; locale: Locale }; ifMatch: number | undefined },
  current: TemplateTexts,
  edit: (history: readonly TemplateRow[]) => Edit,
): Promise<{ row: TemplateRow; before: TemplateTexts }> {
  const { key, locale } = req.params;
  await lockFor(tx, `template:${key}:${locale}`);
  let history = await templateHistory(tx, key, locale);
  requireVersion(req, history[0]?.version ?? 0);
  const createdAt = ctx.clock.now();
  if (history.length === 0) {
    const { subject, html, text } = current;
    const first = { key, locale, version: 0, subject, html, text, shipped: true, actorId: null, createdAt };
    history = [{ ...first, reason: 'shipped' }];
    for (const row of history) await addTemplateVersion(tx, row);
  }
  const row: TemplateRow = { key, locale, version: (history[0]?.version ?? 0) + 1, createdAt, ...edit(history) };
  await addTemplateVersion(tx, row);
  announceTemplate(tx, row);
  return { row, before: history[0] ?? current };
}

const texts = ({ subject, html, text }: TemplateTexts): TemplateTexts => ({ subject, html, text });

export const putTemplate: AdminHandlers['putTemplate'] = async (ctx, req) => {
  const { key, locale } = req.params;
  const { reason, ...wanted } = req.body;
  const current = await templateInForce(ctx, key, locale);
  return await audited(
    ctx,
    req,
    { action: 'template.put', targetKind: 'template', targetId: `${key}/${locale}`, reason, wanted },
    {
      check: () => ctx.clients.notifications.renderTemplate({ body: { key, locale, ...wanted } }),
      async write(tx) {
        const { row, before } = await writeVersion(ctx, tx, req, current, () => ({
          ...wanted,
          shipped: false,
          actorId: req.user.userId,
          reason,
        }));
        const body = { key, locale, ...wanted, variables: current.variables, version: row.version, shipped: false };
        return { body, version: row.version, before: texts(before), after: wanted };
      },
    },
  );
};

export const resetTemplate: AdminHandlers['resetTemplate'] = async (ctx, req) => {
  const { key, locale } = req.params;
  const current = await templateInForce(ctx, key, locale);
  return await audited(
    ctx,
    req,
    { action: 'template.reset', targetKind: 'template', targetId: `${key}/${locale}` },
    {
      async write(tx) {
        const { row, before } = await writeVersion(ctx, tx, req, current, (history) => ({
          ...texts(history.find((old) => old.version === 0) ?? current),
          shipped: true,
          actorId: req.user.userId,
          reason: 'reset',
        }));
        return { body: null, version: row.version, before: texts(before), after: texts(row) };
      },
    },
  );
};

export const previewTemplate: AdminHandlers['previewTemplate'] = async (ctx, req) => ({
  body: await ctx.clients.notifications.renderTemplate({ body: { ...req.params, ...req.body } }),
});

export const testTemplate: AdminHandlers['testTemplate'] = async (ctx, req) => {
  const { key, locale } = req.params;
  const id = templateId(key, locale);
  return await audited(
    ctx,
    req,
    { action: 'template.test', targetKind: 'template', targetId: `${key}/${locale}` },
    {
      check: () => ctx.clients.notifications.renderTemplate({ body: { key, locale, ...req.body } }),
      async write(tx) {
        tx.emit(adminEvents.templateTestRequested, id, {
          templateId: id,
          key,
          locale,
          ...req.body,
          recipientId: req.user.userId,
        });
        return { body: null };
      },
    },
  );
};
