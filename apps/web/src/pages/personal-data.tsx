import { CURRENT_TEXTS } from '#contracts/common/legal-texts.ts';
import { api, saveFile } from '../api/client.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { Do } from '../ui/form.tsx';
import { formatDate, formatTime } from '../ui/format.ts';
import { useEvery, useLoad, useNews } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { SettingsTabs } from '../ui/settings-tabs.tsx';

/** A person's rights over his data: take it along, have it erased, consents. */
export function PersonalData() {
  useTitle(t('data.title'));
  return (
    <div class="narrow">
      <h1>{t('data.title')}</h1>
      <SettingsTabs at="/settings/data" />
      <Exports />
      <Consents />
      <Erasure />
    </div>
  );
}

function Exports() {
  const exports = useLoad(() => api('users', 'listExports'), []);
  const pending = exports.data?.items.some((one) => one.status === 'pending') ?? false;
  // That it is ready comes as a notification; the look is for who has no socket.
  useNews('notification', exports.reload);
  useEvery(30_000, pending, exports.reload);
  return (
    <section>
      <h2>{t('data.export')}</h2>
      <p>{t('data.exportText')}</p>
      <Do
        kind="main"
        disabled={pending}
        act={async () => {
          await api('users', 'requestExport');
          exports.reload();
        }}
      >
        {t(pending ? 'data.exportPending' : 'data.exportAsk')}
      </Do>
      <Shown of={exports}>
        {({ items }) => (
          <ul class="files">
            {items
              .filter((one) => one.status === 'ready')
              .map((one) => (
                <li key={one.exportId}>
                  <span>{formatTime(one.requestedAt)}</span>{' '}
                  <Do
                    act={async () =>
                      saveFile(
                        await api('users', 'getExportArchive', { params: { exportId: one.exportId } }),
                        'artel-data.zip',
                      )
                    }
                  >
                    {t('data.download')}
                  </Do>
                </li>
              ))}
          </ul>
        )}
      </Shown>
    </section>
  );
}

function Consents() {
  const consents = useLoad(() => api('users', 'listConsents'), []);
  return (
    <section>
      <h2>{t('data.consents')}</h2>
      <Shown of={consents}>
        {({ items }) => {
          const given = items.find((one) => one.kind === 'news')?.given ?? false;
          return (
            <>
              <Agreed items={items} />
              <p>{t(given ? 'data.newsGiven' : 'data.newsNot')}</p>
              <Do
                act={async () => {
                  await api('users', 'putConsent', {
                    body: { kind: 'news', version: CURRENT_TEXTS.news, given: !given },
                  });
                  consents.reload();
                }}
              >
                {t(given ? 'data.newsWithdraw' : 'data.newsGive')}
              </Do>
            </>
          );
        }}
      </Shown>
    </section>
  );
}

/** What the person agreed to when joining, with the very texts. */
function Agreed({ items }: { items: readonly { kind: string; version: string; given: boolean; at: string }[] }) {
  const documents = { terms: ['terms'], privacy: ['consent', 'privacy'] } as const;
  const last = (['terms', 'privacy'] as const).flatMap((kind) => {
    const found = items.find((one) => one.kind === kind);
    return found?.given ? documents[kind].map((document) => ({ ...found, document })) : [];
  });
  if (last.length === 0) return null;
  return (
    <ul>
      {last.map(({ document, version, at }) => (
        <li key={document}>
          <a href={`/legal/${document}?version=${version}`}>{t(`legal.${document}`)}</a>{' '}
          <span class="muted">{t('data.agreedAt', { version, at: formatDate(at) })}</span>
        </li>
      ))}
    </ul>
  );
}

function Erasure() {
  const erasure = useLoad(() => api('users', 'getOwnErasure'), []);
  return (
    <section>
      <h2>{t('data.erasure')}</h2>
      <Shown of={erasure}>
        {({ scheduledFor }) =>
          scheduledFor === null ? (
            <>
              <p>{t('data.erasureText')}</p>
              <Do
                kind="bad"
                confirm={t('data.erasureSure')}
                act={async () => erasure.set(await api('users', 'requestErasure'))}
              >
                {t('data.erasureAsk')}
              </Do>
            </>
          ) : (
            <>
              <p role="status">{t('data.erasureAt', { at: formatTime(scheduledFor) })}</p>
              <Do kind="main" act={async () => erasure.set(await api('users', 'cancelErasure'))}>
                {t('data.erasureCancel')}
              </Do>
            </>
          )
        }
      </Shown>
    </section>
  );
}
