import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { conversationView } from '#contracts/messenger/views.ts';
import { api } from '../api/client.ts';
import { listen } from '../api/live.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { useQuery, useTitle } from '../router.ts';
import { formatTime } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Avatar, Problem, Shown } from '../ui/parts.tsx';
import { PresenceLine } from '../ui/presence.tsx';
import { countUnread } from '../ui/shell.tsx';
import { Bubble } from './chat-bubble.tsx';
import { Composer, type Draft } from './chat-composer.tsx';
import { useMessages } from './chat-messages.ts';

type Conversation = z.output<typeof conversationView>;

/** One conversation: messages in their order, files, what is new as it comes. `?seq=` opens it at a message. */
export function Chat({ conversationId }: { conversationId: string }) {
  const conversation = useLoad(
    () => api('messenger', 'getConversation', { params: { conversationId } }),
    [conversationId],
  );
  const at = Number(useQuery().get('seq')) || undefined;
  useTitle(conversation.data?.orderTitle);
  return (
    <Shown of={conversation}>
      {(data) => <Room key={conversationId} conversation={data} at={at} reload={conversation.reload} />}
    </Shown>
  );
}

function Room({
  conversation,
  at,
  reload,
}: {
  conversation: Conversation;
  at: number | undefined;
  reload: () => void;
}) {
  const { conversationId } = conversation;
  const messages = useMessages(conversationId, at, reload);
  const [draft, setDraft] = useState<Draft>({});
  const other = conversation.participants.find((one) => one.userId !== session.value?.userId);
  const live = useLive(conversationId, other);
  const end = useRef<HTMLDivElement>(null);
  const last = messages.items.at(-1)?.seq;
  useEffect(() => {
    if (last === undefined) return;
    const aim = at === undefined ? undefined : document.getElementById(`message-${at}`);
    (aim ?? end.current)?.scrollIntoView({ block: aim ? 'center' : 'end' });
    void api('messenger', 'markRead', { params: { conversationId }, body: { seq: last } }).then(
      countUnread,
      () => undefined,
    );
  }, [last]);
  const names = new Map(conversation.participants.map((one) => [one.userId, one.displayName ?? t('person.unknown')]));
  return (
    <div class="chat narrow">
      <header class="head">
        <div class="person">
          <Avatar name={other?.displayName ?? '·'} url={other?.avatarUrl} size={44} />
          <div>
            <h1 class="chat-name">{other?.displayName ?? t('person.unknown')}</h1>
            <PresenceLine of={live.presence} typing={live.typing} />
          </div>
        </div>
        <a class="button-link" href="/conversations">
          {t('chat.all')}
        </a>
      </header>
      <p class="chat-about">
        <a href={`/orders/${conversation.orderId}`}>{conversation.orderTitle}</a>
      </p>
      <Looked conversationId={conversationId} />
      <Problem problem={messages.problem} />
      <div class="messages" role="log" aria-label={t('chat.log')}>
        {messages.before !== null && (
          <p class="more">
            <Do act={messages.earlier}>{t('chat.earlier')}</Do>
          </p>
        )}
        {messages.items.map((one) => (
          <Bubble
            key={one.messageId}
            message={one}
            names={names}
            read={one.seq <= live.readSeq}
            quoted={messages.items.find((m) => m.messageId === one.replyTo)}
            reply={() => setDraft({ replyTo: one })}
            edit={() => setDraft({ editing: one })}
            changed={messages.take}
            closed={conversation.readOnly !== null}
          />
        ))}
        <div ref={end} />
      </div>
      {conversation.readOnly ? (
        <p class="notice">{t(`chat.readOnly.${conversation.readOnly}`)}</p>
      ) : (
        <Composer
          key={draft.editing?.messageId ?? 'new'}
          conversationId={conversationId}
          draft={draft}
          clear={() => setDraft({})}
          sent={messages.take}
        />
      )}
    </div>
  );
}

const TYPING_SHOWN_MS = 6_000;

/** What the other side does right now: is there, types, has read up to a message. */
function useLive(conversationId: string, other: Conversation['participants'][number] | undefined) {
  const [presence, setPresence] = useState(other?.presence ?? null);
  const [readSeq, setReadSeq] = useState(other?.readSeq ?? 0);
  const [typing, setTyping] = useState(false);
  useEffect(() => setPresence(other?.presence ?? null), [other]);
  useEffect(() => setReadSeq((before) => Math.max(before, other?.readSeq ?? 0)), [other]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      clearTimeout(timer);
      setTyping(false);
    };
    const off = listen((frame) => {
      if (frame['userId'] === other?.userId && frame.type === 'presence')
        setPresence(frame['presence'] as typeof presence);
      if (frame.conversationId !== conversationId) return;
      if (frame.type === 'message') stop();
      if (frame['userId'] !== other?.userId) return;
      if (frame.type === 'read') setReadSeq((before) => Math.max(before, Number(frame['readSeq'])));
      if (frame.type !== 'typing') return;
      setTyping(true);
      clearTimeout(timer);
      timer = setTimeout(stop, TYPING_SHOWN_MS);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [conversationId, other?.userId]);
  return { presence, readSeq, typing };
}

/** That support looked into the conversation is not kept from those who wrote it. */
function Looked({ conversationId }: { conversationId: string }) {
  const looks = useLoad(
    () => api('messenger', 'listLooks', { params: { conversationId }, query: { limit: 1 } }),
    [conversationId],
  );
  const look = looks.data?.items[0];
  if (!look) return null;
  return <p class="notice">{t('chat.looked', { at: formatTime(look.at) })}</p>;
}
