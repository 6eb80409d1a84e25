import type { z } from 'zod';
import type { dictionaryView } from '#contracts/admin/views.ts';
import { DICTIONARIES } from '#contracts/admin/internal.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { currentLocale, t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { Check, Field, Fold, Form, Select, type Typed } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { VersionHistory } from './version-history.tsx';

type View = z.output<typeof dictionaryView>;
type Entry = View['items'][number];
type Name = (typeof DICTIONARIES)[number];

/** Dictionaries in both languages: add, change, deprecate, merge, back to a version of before. */
export function AdminDictionaries() {
  useTitle(t('admin.dictionaries'));
  const query = useQuery();
  const name = (DICTIONARIES as readonly string[]).includes(query.get('name') ?? '')
    ? (query.get('name') as Name)
    : 'categories';
  const q = (query.get('q') ?? '').toLowerCase();
  const dictionary = useLoad(() => api('admin', 'getDictionary', { params: { name } }), [name]);
  const fits = (one: Entry) => `${one.key} ${one.title.ru} ${one.title.en}`.toLowerCase().includes(q);
  return (
    <>
      <AdminTabs at="/admin/dictionaries" />
      <Select
        label={t('dictionary.which')}
        name="name"
        value={name}
        options={DICTIONARIES.map((one) => [one, t(`dictionary.${one}`)])}
        onPick={(value) => changeQuery({ name: value, q: '' })}
      />
      <Form class="search-line" button={t('common.find')} submit={async (typed) => changeQuery({ q: typed.text('q') })}>
        <Field label={t('common.find')} name="q" type="search" value={query.get('q') ?? ''} required={false} />
      </Form>
      <Shown of={dictionary}>
        {(data) => (
          <>
            {can('admin.dictionaries.edit') && (
              <>
                <New of={data} name={name} changed={dictionary.set} />
                <History of={data} name={name} changed={dictionary.set} />
              </>
            )}
            <ul class="list">
              {data.items.filter(fits).map((one) => (
                <li key={one.key}>
                  <Line entry={one} of={data} name={name} changed={dictionary.set} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
    </>
  );
}

interface Props {
  of: View;
  name: Name;
  changed: (next: View) => void;
}

function titlesOf(typed: Typed) {
  return { ru: typed.text('ru'), en: typed.text('en') };
}

function Titles({ entry }: { entry?: Entry }) {
  return (
    <div class="pair">
      <Field label={t('dictionary.ru')} name="ru" value={entry?.title.ru ?? ''} required maxLength={500} />
      <Field label={t('dictionary.en')} name="en" value={entry?.title.en ?? ''} required maxLength={500} />
    </div>
  );
}

function New({ of, name, changed }: Props) {
  return (
    <Fold title={t('dictionary.add')} kind="fold-main">
      <Form
        reset
        button={t('dictionary.add')}
        submit={async (typed) =>
          changed(
            await api('admin', 'putDictionaryEntry', {
              params: { name, key: typed.text('key') },
              version: of.version,
              body: { title: titlesOf(typed), parent: typed.text('parent') || null, reason: typed.text('reason') },
            }),
          )
        }
      >
        <Field label={t('dictionary.key')} name="key" required maxLength={64} />
        <Titles />
        {name === 'categories' && <Parents of={of} value="" />}
        <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={2000} />
      </Form>
    </Fold>
  );
}

function History({ of: { version }, name, changed }: Props) {
  const params = { name };
  return (
    <VersionHistory
      key={name}
      of={{
        version,
        first: 1,
        load: (cursor) => api('admin', 'getDictionaryHistory', { params, query: { cursor } }),
        diff: (from, to) => api('admin', 'diffDictionary', { params, query: { from, to } }),
        at: (one) => one.createdAt,
        goBack: async (to, reason) =>
          changed(await api('admin', 'rollBackDictionary', { params, version, body: { version: to, reason } })),
      }}
    />
  );
}

function Parents({ of, value }: { of: View; value: string }) {
  const tops = of.items.filter((one) => one.parent === null && !one.deprecated);
  return (
    <Select
      label={t('dictionary.parent')}
      name="parent"
      value={value}
      options={[['', '—'], ...tops.map((one) => [one.key, one.title[currentLocale()]] as const)]}
    />
  );
}

function Line({ entry, of, name, changed }: Props & { entry: Entry }) {
  const params = { name, key: entry.key };
  const { version } = of;
  const title = `${entry.title.ru} / ${entry.title.en}`;
  const note = entry.mergedInto ? ` → ${entry.mergedInto}` : entry.deprecated ? ` (${t('dictionary.deprecated')})` : '';
  if (!can('admin.dictionaries.edit'))
    return (
      <span>
        {title}
        {note}
      </span>
    );
  return (
    <Fold title={`${title}${note}`}>
      <code>{entry.key}</code>
      <Form
        button={t('common.save')}
        submit={async (typed) =>
          changed(
            await api('admin', 'putDictionaryEntry', {
              params,
              version,
              body: {
                title: titlesOf(typed),
                parent: name === 'categories' ? typed.text('parent') || null : entry.parent,
                deprecated: typed.has('deprecated'),
                position: entry.position,
                reason: typed.text('reason'),
              },
            }),
          )
        }
      >
        <Titles entry={entry} />
        {name === 'categories' && <Parents of={of} value={entry.parent ?? ''} />}
        <Check label={t('dictionary.deprecated')} name="deprecated" checked={entry.deprecated} />
        <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={2000} />
      </Form>
      {name !== 'rules' && !entry.mergedInto && (
        <Form
          quiet
          button={t('dictionary.merge')}
          submit={async (typed) =>
            changed(
              await api('admin', 'mergeDictionaryEntry', {
                params,
                version,
                body: { into: typed.text('into'), reason: typed.text('reason') },
              }),
            )
          }
        >
          <Select
            label={t('dictionary.mergeInto')}
            name="into"
            hint={t('dictionary.mergeHint')}
            options={of.items
              .filter((one) => one.key !== entry.key && !one.deprecated)
              .map((one) => [one.key, one.title[currentLocale()]])}
          />
          <Field label={t('field.reason')} name="reason" required minLength={3} maxLength={2000} />
        </Form>
      )}
    </Fold>
  );
}
