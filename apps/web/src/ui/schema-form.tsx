import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { formatMoney, fromMinor, toMinor } from './format.ts';
import { Check, Field, Select, type Typed } from './form.tsx';
import { Facts } from './parts.tsx';

/** As much of JSON Schema as settings use. `unit`: how a number or a list is asked for. */
export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly unit?: 'bps' | 'weekday' | 'clock';
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
}
interface Money {
  readonly amount: string;
  readonly currency: string;
}
type Table = Readonly<Record<string, unknown>>;

const isMoneyOf = (schema: Schema) => 'amount' in (schema.properties ?? {}) && 'currency' in (schema.properties ?? {});
/** The schema below a value that may be absent; undefined: it can't be. */
const optional = (schema: Schema) =>
  schema.anyOf?.some((one) => one.type === 'null') ? schema.anyOf.find((one) => one.type !== 'null') : undefined;
const tableOf = (schema: Schema) =>
  typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
/** A version that was written before a field was added lacks it. */
const given = (schema: Schema, value: unknown) => (value === undefined ? (schema.default ?? empty(schema)) : value);
const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Inputs for a value of that shape, named by their path; `readSchema` makes a value of what was typed. */
export function SchemaFields({
  schema,
  value: stored,
  path = 'value',
}: {
  schema: Schema;
  value: unknown;
  path?: string;
}) {
  const value = given(schema, stored);
  const label = schema.title ?? t('field.amount');
  const inner = optional(schema);
  if (inner) return <Optional schema={inner} value={value} path={path} />;
  if (isMoneyOf(schema)) {
    const { amount, currency } = value as Money;
    const sum = fromMinor(amount, currency);
    return <Field label={`${label}, ${currency}`} name={path} inputMode="decimal" value={sum} required />;
  }
  if (schema.properties)
    return (
      <>
        {Object.entries(schema.properties).map(([name, below]) => (
          <SchemaFields key={name} schema={below} value={(value as Table)[name]} path={`${path}/${name}`} />
        ))}
      </>
    );
  if (tableOf(schema))
    return <Lines label={label} name={path} hint={t('schema.tableHint')} lines={pairs(schema, value)} />;
  if (schema.type === 'boolean') return <Check label={label} name={path} checked={value === true} />;
  if (schema.unit === 'weekday') return <Weekdays label={label} name={path} value={value as number[]} />;
  if (schema.type === 'array' && schema.items?.type === 'integer')
    return <Field label={label} name={path} value={(value as number[]).join(', ')} hint={t('schema.listHint')} />;
  if (schema.type === 'array')
    return <Lines label={label} name={path} hint={t('schema.linesHint')} lines={value as string[]} />;
  if (schema.enum)
    return <Select label={label} name={path} value={String(value)} options={schema.enum.map((one) => [one, one])} />;
  if (schema.unit === 'bps')
    return <Field label={`${label}, %`} name={path} inputMode="decimal" value={percent(value)} required />;
  if (schema.type === 'integer')
    return (
      <Field
        label={label}
        name={path}
        type="number"
        min={schema.minimum}
        max={schema.maximum}
        value={String(value)}
        required
      />
    );
  const type = schema.unit === 'clock' ? 'time' : 'text';
  return <Field label={label} name={path} type={type} value={String(value)} maxLength={schema.maxLength} required />;
}

/** What was typed as a value of the shape. What can't be read goes as it is: the server says what is wrong with it. */
export function readSchema(schema: Schema, typed: Typed, stored: unknown, path = 'value'): unknown {
  const old = given(schema, stored);
  const inner = optional(schema);
  if (inner) return typed.has(`${path}?`) ? readSchema(inner, typed, old ?? empty(inner), path) : null;
  const text = typed.text(path);
  if (isMoneyOf(schema)) {
    const { currency } = old as Money;
    return { amount: toMinor(text, currency) ?? text, currency };
  }
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, below]) => [
        name,
        readSchema(below, typed, (old as Table)[name], `${path}/${name}`),
      ]),
    );
  const below = tableOf(schema);
  if (below)
    return Object.fromEntries(
      linesOf(text).map((line) => {
        const [, key = line, rest = ''] = /^(\S+?)[\s:=]+(.*)$/.exec(line) ?? [];
        return [key, readScalar(below, rest)];
      }),
    );
  if (schema.type === 'boolean') return typed.has(path);
  if (schema.unit === 'weekday') return typed.all(path).map(Number);
  if (schema.type === 'array')
    return schema.items?.type === 'integer'
      ? text.split(/[\s,;]+/).flatMap((one) => (one === '' ? [] : [readScalar({ type: 'integer' }, one)]))
      : linesOf(text);
  return readScalar(schema, text);
}

function readScalar(schema: Schema, text: string): unknown {
  if (schema.unit !== 'bps' && schema.type !== 'integer') return text;
  const number = Number(text.replace(',', '.').replace('%', '').trim());
  if (text.trim() === '' || !Number.isFinite(number)) return text;
  return schema.unit === 'bps' ? Math.round(number * 100) : number;
}

/** A value in words, as the form calls its fields. */
export function SchemaValue({ schema, value: stored }: { schema: Schema; value: unknown }) {
  const value = given(schema, stored);
  const inner = optional(schema);
  if (inner) return value === null ? <>{t('schema.none')}</> : <SchemaValue schema={inner} value={value} />;
  if (isMoneyOf(schema)) return <b class="sum">{formatMoney(value as Money)}</b>;
  if (schema.properties)
    return (
      <Facts
        items={Object.entries(schema.properties).map(([name, below]) => [
          below.title ?? name,
          <SchemaValue key={name} schema={below} value={(value as Table)[name]} />,
        ])}
      />
    );
  if (tableOf(schema)) return <>{pairs(schema, value).join('; ') || t('schema.none')}</>;
  if (schema.type === 'boolean') return <>{t(value === true ? 'schema.yes' : 'schema.no')}</>;
  if (schema.unit === 'bps') return <>{percent(value)} %</>;
  if (schema.unit === 'weekday') return <>{(value as number[]).map((day) => t(`weekday.${day}`)).join(', ')}</>;
  if (Array.isArray(value)) return <>{value.join(', ') || t('schema.none')}</>;
  return <>{String(value ?? '—')}</>;
}

const percent = (bps: unknown) => String(Number(bps) / 100);
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function pairs(schema: Schema, value: unknown): string[] {
  const below = tableOf(schema);
  return Object.entries((value ?? {}) as Table).map(
    ([key, one]) => `${key} ${below?.unit === 'bps' ? `${percent(one)} %` : String(one)}`,
  );
}

/** A first value where there was none: the least that fits. */
function empty(schema: Schema): unknown {
  if (optional(schema)) return null;
  if (isMoneyOf(schema)) return { amount: '0', currency: schema.properties?.['currency']?.enum?.[0] ?? '' };
  if (tableOf(schema)) return {};
  if (schema.properties)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, below]) => [name, empty(below)]));
  if (schema.unit === 'weekday') return [1, 2, 3, 4, 5];
  if (schema.type === 'array') return [];
  if (schema.type === 'integer') return schema.minimum ?? 0;
  return schema.type === 'boolean' ? false : '';
}

function Optional({ schema, value, path }: { schema: Schema; value: unknown; path: string }) {
  const [on, setOn] = useState(value !== null && value !== undefined);
  return (
    <fieldset class="optional-part">
      <Check label={schema.title ?? ''} name={`${path}?`} checked={on} onPick={setOn} />
      {on && <SchemaFields schema={{ ...schema, anyOf: undefined }} value={value ?? empty(schema)} path={path} />}
    </fieldset>
  );
}

function Lines({ label, name, hint, lines }: { label: string; name: string; hint: string; lines: readonly string[] }) {
  return (
    <Field
      label={label}
      name={name}
      rows={Math.min(8, Math.max(2, lines.length + 1))}
      hint={hint}
      value={lines.join('\n')}
    />
  );
}

function Weekdays({ label, name, value }: { label: string; name: string; value: readonly number[] }) {
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      <div class="row">
        {DAYS.map((day) => (
          <Check key={day} label={t(`weekday.${day}`)} name={name} value={String(day)} checked={value.includes(day)} />
        ))}
      </div>
    </fieldset>
  );
}
