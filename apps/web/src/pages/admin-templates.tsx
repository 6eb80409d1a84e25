import type { z } from 'zod';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { templateView } from '#contracts/admin/views.ts';
import { ApiProblem, api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { changeQuery, useQuery, useTitle } from '../router.ts';
import { AdminTabs } from '../ui/admin-tabs.tsx';
import { Do, Field, Form, Select, type Typed } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown, Tags } from '../ui/parts.tsx';
import { TemplateHistory } from './template-history.tsx';

type Template = z.output<typeof templateView>;

/** Templates of mails and notices: edit with a preview that follows the typing, a test send to oneself, and back to a version or to what ships. */
export function AdminTemplates() {
  useTitle(t('admin.templates'));
  const templates = useLoad(() => api('admin', 'listTemplates'), []);
  const picked = useQuery().get('template') ?? '';
  return (
    <>
      <AdminTabs at="/admin/templates" />
      <Shown of={templates}>
        {({ items }) => {
          const nameOf = (one: Template) => `${one.key}/${one.locale}`;
          const one = items.find((each) => nameOf(each) === picked) ?? items[0];
          return (
            <>
              <Select
                label={t('admin.templates')}
                name="template"
                value={one && nameOf(one)}
                options={items.map((each) => [
                  nameOf(each),
                  `${each.subject} (${nameOf(each)}${each.shipped ? '' : ' *'})`,
                ])}
                onPick={(value) => changeQuery({ template: value })}
              />
              {one && <Editor key={`${nameOf(one)}:${one.version}`} of={one} changed={templates.reload} />}
            </>
          );
        }}
      </Shown>
    </>
  );
}

const textsOf = (typed: Typed) => ({
  subject: typed.text('subject'),
  html: typed.text('html'),
  text: typed.text('text'),
});

interface Look {
  readonly shown?: { subject: string; html: string; text: string };
  /** What the text that is being typed can not be shown for. */
  readonly faults?: readonly string[];
}

/** After the last key; a reader does not follow faster. */
const PAUSE_MS = 400;

/** The mail as it would be, while it is typed. */
function usePreview(params: { key: string; locale: Template['locale'] }) {
  const [look, setLook] = useState<Look>({});
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const newest = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const show = async (body: NonNullable<Look['shown']>) => {
    clearTimeout(timer.current);
    const turn = ++newest.current;
    const shown = await api('admin', 'previewTemplate', { params, body });
    if (turn === newest.current) setLook({ shown });
  };
  const later = (body: NonNullable<Look['shown']>) => {
    clearTimeout(timer.current);
    const turn = ++newest.current;
    timer.current = setTimeout(() => {
      show(body).catch((error: unknown) => {
        if (!(error instanceof ApiProblem) || newest.current !== turn + 1) return;
        const faults = error.body.errors?.map((one) => one.detail) ?? [error.message];
        setLook(({ shown }) => ({ faults, ...(shown && { shown }) }));
      });
    }, PAUSE_MS);
  };
  return { ...look, show, later };
}

function Editor({ of, changed }: { of: Template; changed: () => void }) {
  const params = { key: of.key, locale: of.locale };
  const { shown, faults, show, later } = usePreview(params);
  const [sent, setSent] = useState(false);
  return (
    <>
      <p class="muted">{t('templates.variables')}</p>
      <Tags of={of.variables.map((name) => `{{${name}}}`)} />
      <Form
        button={t('templates.do')}
        onTyping={(typed) => later(textsOf(typed))}
        submit={async (typed) => {
          const body = textsOf(typed);
          setSent(false);
          if (typed.text('act') === 'preview') await show(body);
          if (typed.text('act') === 'test') {
            await api('admin', 'testTemplate', { params, body });
            setSent(true);
          }
          if (typed.text('act') === 'save') {
            const version = of.version;
            await api('admin', 'putTemplate', { params, version, body: { ...body, reason: typed.text('reason') } });
            changed();
          }
        }}
      >
        <Field label={t('field.subject')} name="subject" value={of.subject} required maxLength={300} />
        <Field label="HTML" name="html" rows={10} value={of.html} required />
        <Field label={t('field.text')} name="text" rows={8} value={of.text} required />
        <Field
          label={t('field.reason')}
          name="reason"
          required={false}
          maxLength={2000}
          hint={t('templates.reasonHint')}
        />
        <Select
          label={t('templates.act')}
          name="act"
          value="preview"
          options={['preview', 'test', ...(can('admin.templates.edit') ? ['save'] : [])].map((one) => [
            one,
            t(`templates.${one}`),
          ])}
        />
      </Form>
      {sent && <p role="status">{t('templates.sent')}</p>}
      {can('admin.templates.edit') && !of.shipped && (
        <Do
          kind="bad"
          confirm={t('templates.resetSure')}
          act={async () => {
            await api('admin', 'resetTemplate', { params, version: of.version });
            changed();
          }}
        >
          {t('templates.reset')}
        </Do>
      )}
      {of.version > 0 && <TemplateHistory of={of} changed={changed} />}
      {faults && (
        <p role="status" class="muted">
          {t('templates.faulty')} {faults.join('; ')}
        </p>
      )}
      {shown && (
        <section class="card">
          <h2>{shown.subject}</h2>
          <iframe class="mail-preview" title={t('templates.preview')} sandbox="" srcDoc={shown.html} />
          <pre class="json">{shown.text}</pre>
        </section>
      )}
    </>
  );
}
