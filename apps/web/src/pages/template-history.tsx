import type { z } from 'zod';
import type { templateView } from '#contracts/admin/views.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { VersionHistory } from './version-history.tsx';

type Template = z.output<typeof templateView>;

export function TemplateHistory({ of: { key, locale, version }, changed }: { of: Template; changed: () => void }) {
  const params = { key, locale };
  return (
    <VersionHistory
      of={{
        version,
        first: 0,
        load: (cursor) => api('admin', 'getTemplateHistory', { params, query: { cursor } }),
        diff: (from, to) => api('admin', 'diffTemplate', { params, query: { from, to } }),
        at: (one) => one.createdAt,
        show: ({ path, before, after }) => {
          const [gone, come] = betweenSame(String(before), String(after));
          return (
            <>
              {PARTS[path as keyof typeof PARTS]()}
              <pre class="json">
                <del>{gone}</del>
                {'\n'}
                <ins>{come}</ins>
              </pre>
            </>
          );
        },
        ...(can('admin.templates.edit') && {
          goBack: async (to, reason) => {
            await api('admin', 'rollBackTemplate', { params, version, body: { version: to, reason } });
            changed();
          },
        }),
        goBackTitle: (one) => t(one.shipped ? 'templates.reset' : 'settings.rollback'),
      }}
    />
  );
}

const PARTS = { '/subject': () => t('field.subject'), '/html': () => 'HTML', '/text': () => t('field.text') };

/** Two texts without the lines with which both begin and both end. */
function betweenSame(before: string, after: string): [string, string] {
  const [one, other] = [before.split('\n'), after.split('\n')];
  const same = Math.min(one.length, other.length);
  let head = 0;
  while (head < same && one[head] === other[head]) head++;
  let tail = 0;
  while (tail < same - head && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  const between = (lines: string[]) => lines.slice(head, lines.length - tail).join('\n');
  return [between(one), between(other)];
}
