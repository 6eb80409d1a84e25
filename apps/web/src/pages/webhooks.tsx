import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { endpointView, WebhookEvent } from '#contracts/notifications/webhooks.ts';
import { api } from '../api/client.ts';
import { can } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { Check, Do, Field, Fold, Form } from '../ui/form.tsx';
import { formatTime } from '../ui/format.ts';
import { useLoad, usePages } from '../ui/hooks.ts';
import { Empty, More, Problem, Shown, Status } from '../ui/parts.tsx';
import { SettingsTabs } from '../ui/settings-tabs.tsx';

type Endpoint = z.output<typeof endpointView>;
type Events = readonly { type: WebhookEvent; title: string }[];

/** Calls to programs of one's own. */
export function Webhooks() {
  useTitle(t('webhooks.title'));
  const events = useLoad(() => api('notifications', 'listWebhookEvents'), []);
  const list = useLoad(() => api('notifications', 'listWebhooks'), []);
  const [secret, setSecret] = useState<{ of: string; text: string }>();
  return (
    <div class="narrow">
      <h1>{t('webhooks.title')}</h1>
      <SettingsTabs at="/settings/webhooks" />
      <p>{t('webhooks.text')}</p>
      <Shown of={events}>
        {({ items: known }) => (
          <Shown of={list}>
            {({ items }) => (
              <>
                {items.length === 0 && <Empty>{t('webhooks.none')}</Empty>}
                <ul class="cards">
                  {items.map((one) => (
                    <li key={one.endpointId} class="card">
                      <EndpointCard
                        endpoint={one}
                        known={known}
                        changed={list.reload}
                        showSecret={(text) => setSecret({ of: one.endpointId, text })}
                        secret={secret?.of === one.endpointId ? secret.text : undefined}
                      />
                    </li>
                  ))}
                </ul>
                <Fold title={t('webhooks.add')} key={items.length}>
                  <Form
                    button={t('webhooks.add')}
                    submit={async (typed) => {
                      const made = await api('notifications', 'createWebhook', {
                        body: {
                          url: typed.text('url'),
                          description: typed.text('description'),
                          events: typed.all('events') as WebhookEvent[],
                          scope: typed.has('platform') ? 'platform' : 'own',
                        },
                      });
                      setSecret({ of: made.endpointId, text: made.secret });
                      list.reload();
                    }}
                  >
                    <Fields endpoint={undefined} known={known} />
                    {can('notifications.webhooks.platform') && <Check label={t('webhooks.platform')} name="platform" />}
                  </Form>
                </Fold>
              </>
            )}
          </Shown>
        )}
      </Shown>
    </div>
  );
}

function Fields({ endpoint, known }: { endpoint: Endpoint | undefined; known: Events }) {
  return (
    <>
      <Field
        label={t('webhooks.url')}
        name="url"
        type="url"
        value={endpoint?.url}
        required
        maxLength={1000}
        placeholder="https://example.org/hooks/artel"
      />
      <Field
        label={t('webhooks.description')}
        name="description"
        value={endpoint?.description}
        required={false}
        maxLength={200}
      />
      <fieldset class="checks">
        <legend>{t('webhooks.events')}</legend>
        {known.map((one) => (
          <Check
            key={one.type}
            label={one.title}
            name="events"
            value={one.type}
            checked={endpoint?.events.includes(one.type) ?? false}
          />
        ))}
      </fieldset>
    </>
  );
}

function EndpointCard({
  endpoint,
  known,
  changed,
  secret,
  showSecret,
}: {
  endpoint: Endpoint;
  known: Events;
  changed: () => void;
  secret: string | undefined;
  showSecret: (text: string) => void;
}) {
  const params = { endpointId: endpoint.endpointId };
  const [round, setRound] = useState(0);
  return (
    <>
      <b class="address">{endpoint.url}</b>
      {endpoint.description && <small>{endpoint.description}</small>}
      <small class="muted">
        {endpoint.scope === 'platform' && `${t('webhooks.platform')} · `}
        {endpoint.events.map((type) => known.find((one) => one.type === type)?.title ?? type).join(', ')}
      </small>
      {!endpoint.enabled && (
        <p class="notice notice-bad">
          {endpoint.stoppedBecause ? t(`webhooks.stopped.${endpoint.stoppedBecause}`) : t('webhooks.off')}
        </p>
      )}
      {endpoint.enabled && endpoint.failingSince && (
        <p class="notice">{t('webhooks.failing', { at: formatTime(endpoint.failingSince) })}</p>
      )}
      {secret && (
        <div class="notice notice-good" role="status">
          <p>{t('webhooks.secretOnce')}</p>
          <code class="secret">{secret}</code>
        </div>
      )}
      {endpoint.previousSecretUntil && (
        <small class="muted">{t('webhooks.overlap', { at: formatTime(endpoint.previousSecretUntil) })}</small>
      )}
      <div class="row">
        <Do
          disabled={!endpoint.enabled}
          act={async () => {
            await api('notifications', 'testWebhook', { params });
            setRound(round + 1);
          }}
        >
          {t('webhooks.test')}
        </Do>
        <Do
          confirm={t('webhooks.rotateSure')}
          act={async () => {
            showSecret((await api('notifications', 'rotateWebhookSecret', { params })).secret);
            changed();
          }}
        >
          {t('webhooks.rotate')}
        </Do>
        <Do
          kind="bad"
          confirm={t('webhooks.deleteSure')}
          act={async () => {
            await api('notifications', 'deleteWebhook', { params });
            changed();
          }}
        >
          {t('webhooks.delete')}
        </Do>
      </div>
      <Fold title={t('webhooks.change')}>
        <Form
          key={endpoint.version}
          button={t('common.save')}
          submit={async (typed) => {
            await api('notifications', 'changeWebhook', {
              params,
              version: endpoint.version,
              body: {
                url: typed.text('url'),
                description: typed.text('description'),
                events: typed.all('events') as WebhookEvent[],
                enabled: typed.has('enabled'),
              },
            });
            changed();
          }}
        >
          <Fields endpoint={endpoint} known={known} />
          <Check label={t('webhooks.enabled')} name="enabled" checked={endpoint.enabled} />
        </Form>
      </Fold>
      <Fold title={t('webhooks.log')}>
        <Log endpointId={endpoint.endpointId} enabled={endpoint.enabled} key={round} />
      </Fold>
    </>
  );
}

/** What was sent, and what came of it. */
function Log({ endpointId, enabled }: { endpointId: string; enabled: boolean }) {
  const log = usePages(
    (cursor) => api('notifications', 'listWebhookCalls', { params: { endpointId }, query: { cursor, limit: 20 } }),
    [endpointId],
  );
  return (
    <>
      <Problem problem={log.problem} />
      {log.data && log.items.length === 0 && <Empty>{t('webhooks.noCalls')}</Empty>}
      <ul class="lines">
        {log.items.map((call) => (
          <li key={call.callId}>
            <span class="row">
              <Status of={call.state} kind="callState" />
              <code>{call.type}</code>
              <small class="muted">{formatTime(call.createdAt)}</small>
            </span>
            <small class="muted">
              {t('webhooks.attempts', { count: call.attempts })}
              {call.lastStatus !== null && ` · HTTP ${call.lastStatus}`}
              {call.lastError && ` · ${t(`callError.${call.lastError}`)}`}
            </small>
            <Fold title={t('webhooks.payload')}>
              <pre class="json">{JSON.stringify(call.payload, null, 2)}</pre>
            </Fold>
            {enabled && call.state !== 'waiting' && (
              <Do
                kind="link"
                act={async () => {
                  await api('notifications', 'replayWebhookCall', { params: { endpointId, callId: call.callId } });
                  log.reload();
                }}
              >
                {t('webhooks.replay')}
              </Do>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <Do kind="link" act={async () => log.reload()}>
          {t('webhooks.refresh')}
        </Do>
        <More act={log.more} busy={log.busy} />
      </div>
    </>
  );
}
