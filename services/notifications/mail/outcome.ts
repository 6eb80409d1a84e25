/** What became of a try to send. */
export type Outcome =
  | { readonly kind: 'sent' }
  /** Needs no sending any more. */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** `address`: the address is at fault, not the message. */
  | { readonly kind: 'refused'; readonly reason: string; readonly address: boolean }
  /** `uncertain`: it may have been taken all the same. */
  | { readonly kind: 'again'; readonly reason: string; readonly uncertain: boolean }
  /** Waits for its time, which is no failure. */
  | { readonly kind: 'later'; readonly sendAt: Date; readonly reason: string }
  | { readonly kind: 'digest'; readonly sendAt: Date }
  /** Another sender has it. */
  | { readonly kind: 'lost' };

/** Thrown inside a transfer to stop it before its last line. */
export class LeaseLost extends Error {}

interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}

/** Codes of refusal that speak of the mailbox. */
const MAILBOX = new Set([550, 551, 553]);

/** Whether a status (RFC 3463) refuses for good because of the address (X.1.*) or of a mailbox that was closed (X.2.1). */
export function blamesMailbox(status: string): boolean {
  return /^5\.(1\.\d+|2\.1)\b/.test(status);
}

/** Reads a failure of SMTP. The reason names codes only: a server's words may repeat the address. */
export function outcomeOfSmtpError(error: unknown, handed: boolean): Outcome {
  if (error instanceof LeaseLost) return { kind: 'lost' };
  const { code, responseCode, response, command } = error as SmtpError;
  const reason = `smtp ${[responseCode, code, command].filter(Boolean).join(' ') || 'failure'}`.slice(0, 100);
  const ours = code === 'EAUTH' || command === 'MAIL FROM' || command === 'CONN' || command === 'EHLO';
  if (responseCode !== undefined && responseCode >= 500 && !ours) {
    const enhanced = /^\d{3}[ -](\d\.\d+\.\d+)/.exec(response ?? '')?.[1];
    const address = enhanced ? blamesMailbox(enhanced) : MAILBOX.has(responseCode);
    return { kind: 'refused', reason, address };
  }
  return { kind: 'again', reason, uncertain: handed && responseCode === undefined };
}
