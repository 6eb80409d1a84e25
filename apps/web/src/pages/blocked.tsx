import type { z } from 'zod';
import { useState } from 'preact/hooks';
import type { adminHttp } from '#contracts/admin/http.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { formatTime } from '../ui/format.ts';
import { Field, Form } from '../ui/form.tsx';
import { Facts, Status } from '../ui/parts.tsx';

type Own = z.output<(typeof adminHttp)['viewOwnBlock']['reply']>;

/** Where a blocked person reads why and appeals: the password says who he is, and opens nothing else. */
export function Blocked() {
  useTitle(t('blocked.title'));
  const [seen, setSeen] = useState<{ token: string; block: Own }>();
  return (
    <div class="narrow">
      <h1>{t('blocked.title')}</h1>
      {seen ? (
        <Block block={seen.block} token={seen.token} set={(block) => setSeen({ ...seen, block })} />
      ) : (
        <Form
          button={t('blocked.look')}
          submit={async (typed) => {
            const body = { email: typed.text('email'), password: typed.text('password') };
            const { appealToken: token } = await api('auth', 'proveBlocked', { body });
            setSeen({ token, block: await api('admin', 'viewOwnBlock', { body: { token } }) });
          }}
        >
          <p>{t('blocked.text')}</p>
          <Field label={t('field.email')} name="email" type="email" required autoComplete="username" autoFocus />
          <Field label={t('field.password')} name="password" type="password" required autoComplete="current-password" />
        </Form>
      )}
    </div>
  );
}

function Block({ block, token, set }: { block: Own; token: string; set: (block: Own) => void }) {
  return (
    <>
      <Facts
        items={[
          [t('block.rule'), block.ruleTitle],
          [t('field.reason'), block.reason],
          [t('block.since'), formatTime(block.blockedAt)],
          [t('admin.blockUntil'), block.until ? formatTime(block.until) : t('block.forever')],
          [t('block.deals'), t(`deals.${block.deals}`)],
        ]}
      />
      {block.appeal ? (
        <section class="card">
          <h2>
            {t('block.appeal')} <Status kind="appealStatus" of={block.appeal.status} />
          </h2>
          <p>{block.appeal.text}</p>
          {block.appeal.answer && <p class="notice">{block.appeal.answer}</p>}
        </section>
      ) : (
        <Form
          button={t('blocked.appeal')}
          submit={async (typed) =>
            set(await api('admin', 'appealBlock', { body: { token, text: typed.text('text') } }))
          }
        >
          <Field
            label={t('blocked.why')}
            name="text"
            rows={6}
            required
            minLength={10}
            maxLength={4000}
            hint={t('blocked.once')}
          />
        </Form>
      )}
    </>
  );
}
