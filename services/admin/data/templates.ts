import { adminEvents } from '#contracts/admin/events.ts';
import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { stableId } from '../domain/stable-id.ts';

export interface TemplateTexts {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}
export interface TemplateRow extends TemplateTexts {
  readonly key: string;
  readonly locale: Locale;
  readonly version: number;
  readonly shipped: boolean;
  readonly actorId: string | null;
  readonly reason: string;
  readonly createdAt: Date;
}

const COLUMNS = sql`key, locale, version, subject, html, text, shipped, actor_id as "actorId", reason, created_at as "createdAt"`;

/** The newest edit of every template that was edited. */
export async function latestTemplates(db: Queries): Promise<TemplateRow[]> {
  return await db.many<TemplateRow>(
    sql`select distinct on (key, locale) ${COLUMNS} from template_versions order by key, locale, version desc`,
  );
}

/** Edits of one template, newest first, those below a version when it is given. */
export async function templateHistory(
  db: Queries,
  key: string,
  locale: Locale,
  limit: number,
  below?: number,
): Promise<TemplateRow[]> {
  return await db.many<TemplateRow>(sql`
    select ${COLUMNS} from template_versions
    where key = ${key} and locale = ${locale} and (${below ?? null}::int is null or version < ${below ?? null})
    order by version desc limit ${limit}`);
}

export async function latestTemplate(db: Queries, key: string, locale: Locale): Promise<TemplateRow | undefined> {
  return (await templateHistory(db, key, locale, 1))[0];
}

export async function templateVersion(
  db: Queries,
  key: string,
  locale: Locale,
  version: number,
): Promise<TemplateRow | undefined> {
  return await db.maybe<TemplateRow>(
    sql`select ${COLUMNS} from template_versions where key = ${key} and locale = ${locale} and version = ${version}`,
  );
}

export async function addTemplateVersion(tx: Tx, row: TemplateRow): Promise<void> {
  await tx.run(sql`
    insert into template_versions (key, locale, version, subject, html, text, shipped, actor_id, reason, created_at)
    values (${row.key}, ${row.locale}, ${row.version}, ${row.subject}, ${row.html}, ${row.text}, ${row.shipped},
      ${row.actorId}, ${row.reason}, ${row.createdAt})`);
}

export function templateId(key: string, locale: Locale): string {
  return stableId('template', `${key}:${locale}`);
}

export function announceTemplate(tx: Tx, row: TemplateRow): void {
  const id = templateId(row.key, row.locale);
  const { key, locale, version, subject, html, text, shipped } = row;
  tx.emit(
    adminEvents.templateChanged,
    id,
    { templateId: id, key, locale, version, subject, html, text, shipped },
    version,
  );
}
