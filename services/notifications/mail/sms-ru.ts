import { z } from 'zod';
import type { Outcome } from './outcome.ts';
import { outcomeOfStatus, type SmsProvider } from './sms-provider.ts';

const SEND_URL = 'https://sms.ru/sms/send';

/**
 * Codes of https://sms.ru/api/send that time or the operator sets right: key (200, 300 to 302), money (201), a sender or a
 * template that is not approved yet (204, 221, 222), limits of the day and the minute (206, 230 to 233), a service that is
 * away (220, 500). All others are about the number (202, 207, 209, 214, 215) or the message, which no repeat changes.
 */
const PASSING = new Set([200, 201, 204, 206, 220, 221, 222, 230, 231, 232, 233, 300, 301, 302, 500]);

/** `sms/send` with `json=1`: one code for the call, one for each number. Numbers are keys without their plus. */
const answerSchema = z.object({
  status_code: z.number().int(),
  sms: z.record(z.string(), z.object({ status_code: z.number().int() })).optional(),
});

interface SmsRuOptions {
  apiId: string;
  from: string | undefined;
  /** Another address than theirs: a stand-in, a proxy. */
  url: string | undefined;
}

/** SMS.RU by its published API. The key travels in the body: an address ends in logs (P3). */
export function throughSmsRu({ apiId, from, url = SEND_URL }: SmsRuOptions): SmsProvider {
  return {
    request: (sms) => ({
      url,
      init: {
        body: new URLSearchParams({
          api_id: apiId,
          to: digitsOf(sms.to),
          msg: sms.text,
          json: '1',
          ...(from === undefined ? {} : { from }),
        }),
      },
    }),
    async outcome(answer, sms) {
      if (!answer.ok) {
        await answer.body?.cancel();
        return outcomeOfStatus(answer);
      }
      // What was taken can't be told from words that are not theirs: it is tried again, as one that may have gone.
      const parsed = answerSchema.safeParse(await answer.json().catch(() => undefined));
      if (!parsed.success) return { kind: 'again', reason: 'sms.ru: unknown answer', uncertain: true };
      const { status_code: whole, sms: each } = parsed.data;
      if (whole !== 100) return outcomeOfCode(whole);
      const number = each?.[digitsOf(sms.to)]?.status_code;
      if (number === undefined) return { kind: 'again', reason: 'sms.ru: unknown answer', uncertain: true };
      return outcomeOfCode(number);
    },
  };
}

function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '');
}

function outcomeOfCode(code: number): Outcome {
  if (code === 100) return { kind: 'sent' };
  const reason = `sms.ru ${code}`;
  if (PASSING.has(code)) return { kind: 'again', reason, uncertain: false };
  // `address` speaks of mailboxes: a number that is wrong keeps no mail back.
  return { kind: 'refused', reason, address: false };
}
