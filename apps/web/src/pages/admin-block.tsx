import type { z } from 'zod';
import type { blockView } from '#contracts/admin/views.ts';
import { api, saveFile } from '../api/client.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { formatTime } from '../ui/format.ts';
import { Do, Field, Fold, Form, Select, type Typed } from '../ui/form.tsx';
import { Facts, Status } from '../ui/parts.tsx';

type Block = z.output<typeof blockView>;
const DEALS = ['leave', 'freeze', 'cancel'] as const;

/** Links a line each, and files that are put at the administration first. */
async function evidenceOf(typed: Typed) {
  const links = typed
    .text('links')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const files = [];
  for (const file of typed.files('files'))
    files.push(await api('admin', 'addEvidence', { query: { fileName: file.name }, body: file }));
  return [
    ...links.map((url) => ({ kind: 'link' as const, url })),
    ...files.map(({ evidenceId }) => ({ kind: 'file' as const, evidenceId })),
  ];
}

/** A block: by which rule, why, with what proof, until when, and what becomes of the running deals. */
export function BlockForm({ userId, changed }: { userId: string; changed: () => void }) {
  const rules = useDictionary('rules');
  return (
    <Fold title={t('admin.block')}>
      <Form
        button={t('admin.block')}
        submit={async (typed) => {
          const until = typed.text('until');
          await api('admin', 'blockUser', {
            params: { userId },
            body: {
              rule: typed.text('rule'),
              reason: typed.text('reason'),
              evidence: await evidenceOf(typed),
              until: until ? new Date(until).toISOString() : null,
              deals: typed.text('deals') as (typeof DEALS)[number],
            },
          });
          changed();
        }}
      >
        <Select label={t('block.rule')} name="rule" required options={rules.options} />
        <Field label={t('block.reason')} name="reason" rows={3} required minLength={3} maxLength={2000} />
        <Field label={t('block.links')} name="links" rows={2} required={false} hint={t('block.linksHint')} />
        <Field label={t('block.files')} name="files" type="file" multiple required={false} />
        <Field
          label={t('admin.blockUntil')}
          name="until"
          type="datetime-local"
          required={false}
          hint={t('admin.blockForever')}
        />
        <Select
          label={t('block.deals')}
          name="deals"
          value="leave"
          options={DEALS.map((one) => [one, t(`deals.${one}`)])}
          hint={t('block.dealsHint')}
        />
      </Form>
    </Fold>
  );
}

export function BlockFacts({ block }: { block: Block }) {
  return (
    <section class="card">
      <Facts
        items={[
          [t('block.rule'), block.ruleTitle],
          [t('field.reason'), block.reason],
          [t('block.since'), formatTime(block.blockedAt)],
          [t('admin.blockUntil'), block.until ? formatTime(block.until) : t('block.forever')],
          [t('block.deals'), t(`deals.${block.deals}`)],
          block.liftedAt !== null && [t('block.lifted'), `${formatTime(block.liftedAt)} ${block.liftReason ?? ''}`],
          block.appeal !== null && [
            t('block.appeal'),
            <span key="appeal">
              {block.appeal.text} <Status kind="appealStatus" of={block.appeal.status} />
            </span>,
          ],
        ]}
      />
      {block.evidence.length > 0 && (
        <ul class="list">
          {block.evidence.map((one) => (
            <li key={one.kind === 'link' ? one.url : one.evidenceId}>
              {one.kind === 'link' ? (
                <a href={one.url} rel="noreferrer noopener nofollow" target="_blank">
                  {one.url}
                </a>
              ) : (
                <Do
                  kind="link"
                  act={async () =>
                    saveFile(
                      await api('admin', 'getEvidence', { params: { evidenceId: one.evidenceId } }),
                      one.fileName,
                    )
                  }
                >
                  {one.fileName}
                </Do>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
