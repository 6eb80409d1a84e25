import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { useAct } from './hooks.ts';
import { Problem } from './parts.tsx';

/** Asks for a code by mail or SMS, and says that it is on its way. */
export function SendCode({ send }: { send: () => Promise<unknown> }) {
  const [sent, setSent] = useState(false);
  const act = useAct();
  return (
    <div>
      <button
        type="button"
        class="button-quiet"
        disabled={act.busy}
        onClick={() => void act.run(async () => setSent(Boolean(await send())))}
      >
        {t(sent ? 'signIn.sendAgain' : 'signIn.sendCode')}
      </button>
      {sent && <span role="status"> {t('signIn.codeSent')}</span>}
      <Problem problem={act.problem} />
    </div>
  );
}
