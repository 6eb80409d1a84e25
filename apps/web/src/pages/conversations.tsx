import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { conversationView } from '#contracts/messenger/views.ts';
import { api } from '../api/client.ts';
import { listen } from '../api/live.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { changeQuery, navigate, useQuery, useTitle } from '../router.ts';
import { formatAgo } from '../ui/format.ts';
import { Field, Form } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Avatar, Empty, Loading, More, Problem } from '../ui/parts.tsx';
import type { PresenceLike } from '../ui/presence.tsx';

type Conversation = z.output<typeof conversationView>;

/** Own conversations, and search in them; with `?order=` straight to the one about it. */
export function Conversations() {
  useTitle(t('menu.conversations'));
  const query = useQuery();
  const q = query.get('q') ?? '';
  return (
    <div class="narrow">
      <h1>{t('menu.conversations')}</h1>
      <search>
        <Form
          class="search-line"
          button={t('home.search')}
          submit={async (typed) => changeQuery({ q: typed.text('q') })}
        >
          <Field
            label={t('chat.search')}
            name="q"
            type="search"
            value={q}
            required={false}
            minLength={2}
            maxLength={200}
          />
        </Form>
      </search>
      {q.length >= 2 ? <Found q={q} /> : <All orderId={query.get('order') ?? undefined} unread={query.has('unread')} />}
    </div>
  );
}

function All({ orderId, unread }: { orderId: string | undefined; unread: boolean }) {
  const pages = usePages(
    (cursor) =>
      api('messenger', 'listConversations', { query: { cursor, orderId, unread: unread ? 'true' : undefined } }),
    [orderId, unread],
  );
  const presences = usePresences();
  const only = orderId && pages.items.length === 1 ? pages.items[0]?.conversationId : undefined;
  useEffect(() => {
    if (only) navigate(`/conversations/${only}`, { replace: true });
  }, [only]);
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type.startsWith('message') || frame.type === 'conversation.changed' || frame.type === 'resync')
          pages.reload();
      }),
    [pages.reload],
  );
  return (
    <>
      <p>
        <label class="check">
          <input
            type="checkbox"
            checked={unread}
            onChange={(event) => changeQuery({ unread: event.currentTarget.checked ? 'yes' : undefined })}
          />
          {t('chat.unreadOnly')}
        </label>
      </p>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t(unread ? 'chat.nothingFound' : 'chat.none')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((one) => (
          <Line key={one.conversationId} of={one} presences={presences} />
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Line({ of, presences }: { of: Conversation; presences: ReadonlyMap<string, PresenceLike | null> }) {
  const other = of.participants.find((person) => person.userId !== session.value?.userId);
  const presence = presences.get(other?.userId ?? '') ?? other?.presence;
  const last = of.lastMessage;
  return (
    <li class={of.unread > 0 ? 'fresh' : ''}>
      <a href={`/conversations/${of.conversationId}`} class="line">
        <span class={presence?.online ? 'here' : ''} title={presence?.online ? t('presence.online') : undefined}>
          <Avatar name={other?.displayName ?? '·'} url={other?.avatarUrl} />
        </span>
        <span class="line-main">
          <b>{other?.displayName ?? t('person.unknown')}</b>
          <small class="muted">{of.orderTitle}</small>
          <span class="cut">
            {last?.deleted ? t('chat.deleted') : last?.text || (last?.attachments.length ? t('chat.file') : '')}
          </span>
        </span>
        <span class="line-end">
          {last && (
            <time class="muted" dateTime={last.sentAt}>
              {formatAgo(last.sentAt)}
            </time>
          )}
          {of.unread > 0 && <span class="count">{of.unread}</span>}
        </span>
      </a>
    </li>
  );
}

/** Who came and left since the list was read. */
function usePresences(): ReadonlyMap<string, PresenceLike | null> {
  const [known, setKnown] = useState<ReadonlyMap<string, PresenceLike | null>>(new Map());
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type === 'presence')
          setKnown((old) => new Map(old).set(String(frame['userId']), frame['presence'] as PresenceLike | null));
      }),
    [],
  );
  return known;
}

function Found({ q }: { q: string }) {
  const pages = usePages((cursor) => api('messenger', 'searchMessages', { query: { cursor, q } }), [q]);
  return (
    <>
      <Problem problem={pages.problem} />
      {!pages.data && pages.loading && <Loading />}
      {pages.data && pages.items.length === 0 && (
        <Empty>
          <p>{t('chat.nothingFound')}</p>
        </Empty>
      )}
      <ul class="list">
        {pages.items.map((hit) => (
          <li key={hit.message.messageId}>
            <a href={`/conversations/${hit.conversationId}?seq=${hit.message.seq}`} class="line">
              <span class="line-main">
                <small class="muted">{hit.orderTitle}</small>
                <span>{hit.snippet}</span>
              </span>
              <time class="muted line-end" dateTime={hit.message.sentAt}>
                {formatAgo(hit.message.sentAt)}
              </time>
            </a>
          </li>
        ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}
