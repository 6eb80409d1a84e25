import { adminEvents } from '#contracts/admin/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { Tx } from '#kit/db/db.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Principal } from '#kit/service/types.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { lockFor } from '../data/settings.ts';
import {
  addTemplateVersion,
  announceTemplate,
  latestTemplate,
  latestTemplates,
  templateHistory,
  templateId,
  type TemplateRow,
  type TemplateTexts,
  templateVersion,
} from '../data/templates.ts';
import { differences } from '../domain/differences.ts';
import { versionPage } from './version-page.ts';

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

const versionView = (row: TemplateRow) => ({ ...row, createdAt: row.createdAt.toISOString() });

export const getTemplateHistory: AdminHandlers['getTemplateHistory'] = async (ctx, req) => {
  const { key, locale } = req.params;
  return {
    body: await versionPage(
      req.query,
      (limit, below) => templateHistory(ctx.db, key, locale, limit, below),
      versionView,
    ),
  };
};

const texts = ({ subject, html, text }: TemplateTexts): TemplateTexts => ({ subject, html, text });

export const diffTemplate: AdminHandlers['diffTemplate'] = async (ctx, req) => {
  const { key, locale } = req.params;
  const [from, to] = (await Promise.all(
    [req.query.from, req.query.to].map(async (version) => found(await templateVersion(ctx.db, key, locale, version))),
  )) as [TemplateRow, TemplateRow];
  return { body: { from: versionView(from), to: versionView(to), changes: differences(texts(from), texts(to)) } };
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

type EditReq = { params: { key: string; locale: Locale }; ifMatch: number | undefined };

/** Writes the next version. With the first one, what shipped is kept as version 0. */
async function writeVersion(
  ctx: AdminContext,
  tx: Tx,
  req: EditReq,
  current: TemplateTexts,
  edit: Edit,
): Promise<{ row: TemplateRow; before: TemplateTexts }> {
  const { key, locale } = req.params;
  await lockFor(tx, `template:${key}:${locale}`);
  let latest = await latestTemplate(tx, key, locale);
  requireVersion(req, latest?.version ?? 0);
  const createdAt = ctx.clock.now();
  if (!latest) {
    const first = { key, locale, version: 0, ...texts(current), shipped: true, actorId: null, createdAt };
    latest = { ...first, reason: 'shipped' };
    await addTemplateVersion(tx, latest);
  }
  const row: TemplateRow = { key, locale, version: latest.version + 1, createdAt, ...edit };
  await addTemplateVersion(tx, row);
  announceTemplate(tx, row);
  return { row, before: latest };
}

/** What ships in force again. Today's release says what that is; the history shows what it was at the first edit. */
async function writeShipped(
  ctx: AdminContext,
  tx: Tx,
  req: EditReq & { user: Principal },
  current: TemplateTexts,
  reason: string,
) {
  const first = await templateVersion(tx, req.params.key, req.params.locale, 0);
  return await writeVersion(ctx, tx, req, current, {
    ...texts(first ?? current),
    shipped: true,
    actorId: req.user.userId,
    reason,
  });
}

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
        const edit = { ...wanted, shipped: false, actorId: req.user.userId, reason };
        const { row, before } = await writeVersion(ctx, tx, req, current, edit);
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
        const { row, before } = await writeShipped(ctx, tx, req, current, 'reset');
        return { body: null, version: row.version, before: texts(before), after: texts(row) };
      },
    },
  );
};

export const rollBackTemplate: AdminHandlers['rollBackTemplate'] = async (ctx, req) => {
  const { key, locale } = req.params;
  const { version, reason } = req.body;
  const current = await templateInForce(ctx, key, locale);
  const old = await templateVersion(ctx.db, key, locale, version);
  return await audited(
    ctx,
    req,
    { action: 'template.rollback', targetKind: 'template', targetId: `${key}/${locale}`, reason, wanted: { version } },
    {
      async check() {
        // A text of an earlier release may name what is no variable any more.
        if (!found(old).shipped)
          await ctx.clients.notifications.renderTemplate({ body: { key, locale, ...texts(found(old)) } });
      },
      async write(tx) {
        const { shipped } = found(old);
        const edit = { ...texts(found(old)), shipped: false, actorId: req.user.userId, reason };
        const { row: next, before } = shipped
          ? await writeShipped(ctx, tx, req, current, reason)
          : await writeVersion(ctx, tx, req, current, edit);
        const { variables } = current;
        const body = { key, locale, ...texts(next), variables, version: next.version, shipped };
        return { body, version: next.version, before: texts(before), after: { version, ...texts(next) } };
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
