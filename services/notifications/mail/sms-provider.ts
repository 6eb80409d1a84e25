import type { Outcome } from './outcome.ts';

export interface Sms {
  readonly to: string;
  readonly text: string;
  /** The same for every try of one message. */
  readonly id: string;
}

/** How a provider takes an SMS: what to ask, and what its answer means. */
export interface SmsProvider {
  request(sms: Sms): { url: string; init: RequestInit };
  outcome(answer: Response, sms: Sms): Promise<Outcome>;
}

/** A wrong key and a full queue are set right by people and time. */
export function outcomeOfStatus(answer: Response): Outcome {
  if (answer.ok) return { kind: 'sent' };
  const reason = `sms ${answer.status}`;
  if (answer.status >= 500 || [401, 403, 408, 425, 429].includes(answer.status))
    return { kind: 'again', reason, uncertain: false };
  return { kind: 'refused', reason, address: false };
}
