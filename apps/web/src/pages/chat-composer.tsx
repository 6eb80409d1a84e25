import { useRef, useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { uuid } from '../api/ids.ts';
import { tell } from '../api/live.ts';
import { uploadFile } from '../api/upload.ts';
import { t } from '../i18n.ts';
import { formatShare } from '../ui/format.ts';
import { useAct } from '../ui/hooks.ts';
import { Problem } from '../ui/parts.tsx';
import type { Message } from './chat-messages.ts';

/** What the next message is: an answer to one, a new text of one, or neither. */
export interface Draft {
  replyTo?: Message;
  editing?: Message;
}
const TYPING_EVERY_MS = 3_000;

interface ComposerProps {
  conversationId: string;
  draft: Draft;
  clear: () => void;
  sent: (one: Message) => void;
}

export function Composer({ conversationId, draft, clear, sent }: ComposerProps) {
  const params = { conversationId };
  const { replyTo, editing } = draft;
  const [files, setFiles] = useState<readonly { attachmentId: string; fileName: string }[]>([]);
  const [progress, setProgress] = useState<number>();
  const [text, setText] = useState(editing?.text ?? '');
  // The id is the intent: a repeat after a lost answer sends nothing twice.
  const messageId = useRef(uuid());
  const typedAt = useRef(0);
  const act = useAct();
  const send = () =>
    act.run(async () => {
      const body = {
        messageId: messageId.current,
        text: text.trim(),
        attachmentIds: files.map((file) => file.attachmentId),
        replyTo: replyTo?.messageId ?? null,
      };
      sent(
        editing
          ? await api('messenger', 'editMessage', {
              params: { conversationId, messageId: editing.messageId },
              body: { text: body.text },
            })
          : await api('messenger', 'sendMessage', { params, body }),
      );
      messageId.current = uuid();
      setText('');
      setFiles([]);
      clear();
    });
  const type = (next: string) => {
    setText(next);
    if (editing || next.trim() === '' || Date.now() - typedAt.current < TYPING_EVERY_MS) return;
    typedAt.current = Date.now();
    tell('messenger.sayTyping', { conversationId });
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {(replyTo ?? editing) && (
        <p class="cut muted">
          {editing ? t('chat.editing') : '↳'} {(replyTo ?? editing)?.text || t('chat.file')}{' '}
          <button type="button" class="button-link" onClick={clear}>
            {t('common.cancel')}
          </button>
        </p>
      )}
      <FileList files={files} remove={(id) => setFiles((all) => all.filter((one) => one.attachmentId !== id))} />
      {progress !== undefined && (
        <p class="muted">
          <progress value={progress} aria-label={t('chat.uploading')} /> {formatShare(progress)}
        </p>
      )}
      <div class="composer-line">
        {!editing && (
          <label class="button-quiet" title={t('chat.attach')}>
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
              <path d="M12 5v14M5 12h14" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
            </svg>
            <span class="hidden">{t('chat.attach')}</span>
            <input
              type="file"
              class="hidden"
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file)
                  void act.run(async () => {
                    const added = await uploadFile(conversationId, file, setProgress).finally(() =>
                      setProgress(undefined),
                    );
                    setFiles((before) => [...before, added]);
                  });
                event.currentTarget.value = '';
              }}
            />
          </label>
        )}
        <textarea
          aria-label={t('chat.message')}
          placeholder={t('chat.message')}
          rows={2}
          maxLength={10_000}
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && (replyTo ?? editing)) clear();
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            if (!matchMedia('(pointer: fine)').matches) return;
            event.preventDefault();
            if (text.trim() !== '' || files.length > 0) void send();
          }}
        />
        <button type="submit" class="button" disabled={act.busy || (text.trim() === '' && files.length === 0)}>
          {editing ? t('common.save') : t('chat.send')}
        </button>
      </div>
      <Problem problem={act.problem} />
    </form>
  );
}

function FileList({
  files,
  remove,
}: {
  files: readonly { attachmentId: string; fileName: string }[];
  remove: (attachmentId: string) => void;
}) {
  if (files.length === 0) return null;
  return (
    <ul class="tags">
      {files.map(({ attachmentId, fileName }) => (
        <li key={attachmentId}>
          {fileName}{' '}
          <button
            type="button"
            class="button-link"
            aria-label={t('chat.removeFile', { name: fileName })}
            onClick={() => {
              remove(attachmentId);
              void api('messenger', 'removeAttachment', { params: { attachmentId } }).catch(() => undefined);
            }}
          >
            ✕
          </button>
        </li>
      ))}
    </ul>
  );
}
