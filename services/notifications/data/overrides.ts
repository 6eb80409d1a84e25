import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import type { TemplateTexts } from '../templates/catalogue.ts';

export interface OverrideRow extends TemplateTexts {
  key: string;
  locale: Locale;
  version: number;
  shipped: boolean;
}

const columns = sql`key, locale, version, subject, html, text, shipped`;

export function listOverrides(db: Queries): Promise<OverrideRow[]> {
  return db.many<OverrideRow>(sql`select ${columns} from template_overrides`);
}

export function overrideOf(db: Queries, key: string, locale: Locale): Promise<OverrideRow | undefined> {
  return db.maybe<OverrideRow>(
    sql`select ${columns} from template_overrides where key = ${key} and locale = ${locale}`,
  );
}

/** Newer versions win, in whatever order they arrive. */
export async function keepOverride(db: Queries, row: OverrideRow): Promise<void> {
  await db.run(sql`
    insert into template_overrides (key, locale, version, subject, html, text, shipped)
    values (${row.key}, ${row.locale}, ${row.version}, ${row.subject}, ${row.html}, ${row.text}, ${row.shipped})
    on conflict (key, locale) do update set version = excluded.version, subject = excluded.subject, html = excluded.html,
      text = excluded.text, shipped = excluded.shipped
    where template_overrides.version < excluded.version`);
}
