import { useEffect } from 'preact/hooks';
import { api, loadFile } from '../api/client.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { formatClock, formatSize, formatTime } from '../ui/format.ts';
import { Do } from '../ui/form.tsx';
import { useAct, useLoad } from '../ui/hooks.ts';
import type { Message } from './chat-messages.ts';

const EMOJI = ['👍', '❤️', '😂', '🎉', '👀', '🙏'] as const;
type Emoji = (typeof EMOJI)[number];

interface BubbleProps {
  message: Message;
  names: ReadonlyMap<string, string>;
  /** The other side has read it. */
  read: boolean;
  quoted: Message | undefined;
  reply: () => void;
  edit: () => void;
  changed: (one: Message) => void;
  closed: boolean;
}

/** One message with what can be done to it. */
export function Bubble(props: BubbleProps) {
  const { message, names, read, quoted } = props;
  if (message.kind === 'system') {
    return (
      <p class="step-line" id={`message-${message.seq}`}>
        {message.text}{' '}
        <time class="muted" dateTime={message.sentAt}>
          {formatTime(message.sentAt)}
        </time>
      </p>
    );
  }
  const own = message.senderId === session.value?.userId;
  const name = names.get(message.senderId ?? '') ?? '';
  return (
    <article class={own ? 'bubble bubble-own' : 'bubble'} aria-label={name} id={`message-${message.seq}`}>
      {message.replyTo && (
        <blockquote class="cut">
          {quoted ? (quoted.deleted ? t('chat.deleted') : quoted.text || t('chat.file')) : t('chat.earlierOne')}
        </blockquote>
      )}
      {message.deleted ? <em class="muted">{t('chat.deleted')}</em> : <div class="prose">{message.text}</div>}
      {message.attachments.map((file) => (
        <Attachment key={file.attachmentId} file={file} />
      ))}
      <Reactions {...props} />
      <p class="bubble-end">
        <time dateTime={message.sentAt}>{formatClock(message.sentAt)}</time>
        {own && !message.deleted && (
          <span class={read ? 'ticks ticks-read' : 'ticks'} title={t(read ? 'chat.read' : 'chat.sent')}>
            <span aria-hidden="true">{read ? '✓✓' : '✓'}</span>
            <span class="hidden">{t(read ? 'chat.read' : 'chat.sent')}</span>
          </span>
        )}
        {message.editedAt && <span>{t('chat.edited')}</span>}
        <Actions {...props} own={own} />
      </p>
    </article>
  );
}

function Actions({ message, own, reply, edit, changed, closed }: BubbleProps & { own: boolean }) {
  if (message.deleted || closed) return null;
  const { conversationId, messageId } = message;
  const editable = own && message.editableUntil !== null && Date.parse(message.editableUntil) > Date.now();
  return (
    <>
      <button type="button" class="button-link" onClick={reply}>
        {t('chat.reply')}
      </button>
      {editable && message.text !== '' && (
        <button type="button" class="button-link" onClick={edit}>
          {t('chat.edit')}
        </button>
      )}
      {editable && (
        <Do
          kind="link"
          confirm={t('chat.deleteSure')}
          act={async () => changed(await api('messenger', 'deleteMessage', { params: { conversationId, messageId } }))}
        >
          {t('chat.delete')}
        </Do>
      )}
    </>
  );
}

/** Who reacted how; a click on one's own takes it back. The choice opens beside it. */
function Reactions({ message, names, changed, closed }: BubbleProps) {
  const act = useAct();
  if (message.deleted) return null;
  const mine = message.reactions.find((one) => one.userId === session.value?.userId)?.emoji;
  const react = (emoji: Emoji) =>
    void act.run(async () => {
      const params = { conversationId: message.conversationId, messageId: message.messageId };
      changed(await api('messenger', 'react', { params, body: { emoji: emoji === mine ? null : emoji } }));
    });
  const groups = Map.groupBy(message.reactions, (one) => one.emoji);
  return (
    <div class="reactions">
      {[...groups].map(([emoji, from]) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={emoji === mine}
          disabled={act.busy || closed}
          title={from.map((one) => names.get(one.userId) ?? '').join(', ')}
          onClick={() => react(emoji as Emoji)}
        >
          {emoji} {from.length}
        </button>
      ))}
      {!closed && (
        <details class="react">
          <summary title={t('chat.react')}>
            <span aria-hidden="true">☺</span>
            <span class="hidden">{t('chat.react')}</span>
          </summary>
          <div class="react-choice">
            {EMOJI.map((emoji) => (
              <button
                key={emoji}
                type="button"
                class="reaction"
                aria-pressed={emoji === mine}
                disabled={act.busy}
                onClick={(event) => {
                  event.currentTarget.closest('details')?.removeAttribute('open');
                  react(emoji);
                }}
              >
                {emoji}
              </button>
            ))}
          </div>
        </details>
      )}
    </div>
  );
}

function Attachment({ file }: { file: Message['attachments'][number] }) {
  const params = { attachmentId: file.attachmentId };
  const preview = useLoad(
    async () =>
      file.hasPreview ? URL.createObjectURL(await api('messenger', 'getAttachmentPreview', { params })) : undefined,
    [file.attachmentId],
  );
  useEffect(
    () => () => {
      if (preview.data) URL.revokeObjectURL(preview.data);
    },
    [preview.data],
  );
  return (
    <p class="attachment">
      {preview.data && <img src={preview.data} alt={file.fileName} />}
      <Do kind="link" act={async () => loadFile((await api('messenger', 'getAttachmentLinks', { params })).url)}>
        {file.fileName}
      </Do>{' '}
      <small class="muted">{formatSize(file.size)}</small>
    </p>
  );
}
