import { z } from 'zod';
import { SETTING_FIELDS, type SettingField } from '#contracts/admin/setting-fields.ts';
import { SETTINGS, type SettingKey } from '#contracts/admin/settings.ts';
import type { Locale } from '#contracts/common/values.ts';

type JsonSchema = Record<string, unknown>;
const known = new Map<string, JsonSchema>();

/** The shape of a setting as JSON Schema with the names of its fields: what a form is made from. */
export function settingSchema(key: SettingKey, locale: Locale): JsonSchema {
  const name = `${key} ${locale}`;
  let schema = known.get(name);
  if (!schema) {
    schema = z.toJSONSchema(SETTINGS[key].schema, { io: 'input' }) as JsonSchema;
    delete schema['$schema'];
    nameFields(schema, key, locale);
    known.set(name, schema);
  }
  return schema;
}

function nameFields(schema: JsonSchema, path: string, locale: Locale): void {
  const title = SETTING_FIELDS[path as SettingField];
  if (title) schema['title'] = title[locale];
  for (const one of (schema['anyOf'] ?? []) as JsonSchema[]) nameFields(one, path, locale);
  for (const [field, below] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>))
    nameFields(below, `${path}/${field}`, locale);
}
