import type { BaseContext } from '../context.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOfStatus, type Sms, type SmsProvider } from './sms-provider.ts';
import { throughSmsRu } from './sms-ru.ts';

const TIMEOUT_MS = 10_000;

type SmsConfig = Pick<BaseContext, 'config'>['config'];

/** Any gateway over HTTP: `POST {to, text}` with a bearer key. The local catcher is one. */
function throughHttp(url: string, { SMS_KEY }: SmsConfig): SmsProvider {
  return {
    request: (sms) => ({
      url,
      init: {
        headers: {
          'content-type': 'application/json',
          'idempotency-key': sms.id,
          ...(SMS_KEY === undefined ? {} : { authorization: `Bearer ${SMS_KEY}` }),
        },
        body: JSON.stringify({ to: sms.to, text: sms.text }),
      },
    }),
    async outcome(answer) {
      await answer.body?.cancel();
      return outcomeOfStatus(answer);
    },
  };
}

function providerOf(config: SmsConfig): SmsProvider | string {
  const { SMS_PROVIDER, SMS_URL, SMS_KEY, SMS_FROM } = config;
  if (SMS_PROVIDER === 'sms.ru') {
    if (SMS_KEY === undefined) return 'SMS_KEY is not set';
    return throughSmsRu({ apiId: SMS_KEY, from: SMS_FROM, url: SMS_URL });
  }
  return SMS_URL === undefined ? 'SMS_URL is not set' : throughHttp(SMS_URL, config);
}

/** Hands an SMS to the provider of the configuration. */
export async function sendSms(ctx: Pick<BaseContext, 'config'>, sms: Sms): Promise<Outcome> {
  const provider = providerOf(ctx.config);
  if (typeof provider === 'string') return { kind: 'refused', reason: provider, address: false };
  const { url, init } = provider.request(sms);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { ...init, method: 'POST', redirect: 'error', signal });
    return await provider.outcome(answer, sms);
  } catch {
    return { kind: 'again', reason: 'sms: no answer', uncertain: true };
  }
}
