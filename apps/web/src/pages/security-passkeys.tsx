import { useState } from 'preact/hooks';
import { api } from '../api/client.ts';
import { makePasskey, passkeysWork } from '../api/passkeys.ts';
import { t } from '../i18n.ts';
import { formatAgo, formatDate } from '../ui/format.ts';
import { Do, Field, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';

/** Passkeys of the account: each is a second factor and a whole sign-in. */
export function Passkeys({ changed }: { changed: (recoveryCodes?: readonly string[]) => void }) {
  const keys = useLoad(() => api('auth', 'listPasskeys'), []);
  const [renaming, setRenaming] = useState<string>();
  const after = (codes?: readonly string[]) => {
    keys.reload();
    setRenaming(undefined);
    changed(codes);
  };
  return (
    <section>
      <h2>{t('passkeys.title')}</h2>
      <p class="muted">{t('passkeys.text')}</p>
      <Shown of={keys}>
        {({ items }) => (
          <ul class="list">
            {items.map((one) => (
              <li key={one.passkeyId} class="line line-wrap">
                {renaming === one.passkeyId ? (
                  <Rename
                    name={one.name}
                    save={async (name) => {
                      await api('auth', 'renamePasskey', { params: { passkeyId: one.passkeyId }, body: { name } });
                      after();
                    }}
                  />
                ) : (
                  <>
                    <span class="line-main">
                      <b>{one.name}</b>
                      <small class="muted">
                        {t('passkeys.since', { date: formatDate(one.createdAt) })}
                        {one.lastUsedAt && ` · ${t('passkeys.used', { when: formatAgo(one.lastUsedAt) })}`}
                      </small>
                    </span>
                    <Do
                      act={async () => setRenaming(one.passkeyId)}
                      label={t('passkeys.renameThis', { name: one.name })}
                    >
                      {t('passkeys.rename')}
                    </Do>
                    <Do
                      kind="bad"
                      confirm={t('passkeys.removeSure', { name: one.name })}
                      label={t('form.remove', { what: one.name })}
                      act={async () => {
                        await api('auth', 'removePasskey', { params: { passkeyId: one.passkeyId } });
                        after();
                      }}
                    >
                      {t('passkeys.remove')}
                    </Do>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {passkeysWork ? <Add after={after} /> : <p class="notice">{t('passkeys.cannot')}</p>}
    </section>
  );
}

function Rename({ name, save }: { name: string; save: (name: string) => Promise<void> }) {
  return (
    <Form button={t('common.save')} submit={(typed) => save(typed.text('name'))} class="range" quiet>
      <Field label={t('passkeys.name')} name="name" value={name} required maxLength={100} autoFocus />
    </Form>
  );
}

function Add({ after }: { after: (codes?: readonly string[]) => void }) {
  return (
    <Form
      class="range"
      button={t('passkeys.add')}
      quiet
      submit={async (typed) => {
        const begun = await api('auth', 'startPasskey', { body: {} });
        const attestation = await makePasskey(begun);
        const name = typed.text('name');
        const made = await api('auth', 'addPasskey', { body: { challengeId: begun.challengeId, name, attestation } });
        after(made.recoveryCodes);
      }}
    >
      <Field
        label={t('passkeys.name')}
        name="name"
        required
        maxLength={100}
        value={t('passkeys.here')}
        hint={t('passkeys.nameHint')}
      />
    </Form>
  );
}
