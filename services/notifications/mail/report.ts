/** What mail servers send back: that a mail can't be delivered (RFC 3464), or that its reader complained (RFC 5965). */
import type { ParsedMail } from 'mailparser';
import { blamesMailbox } from './outcome.ts';

export interface MailReport {
  readonly kind: 'bounce' | 'complaint';
  /** Message-ID of the mail that it is about. */
  readonly messageId: string;
}

/**
 * Reads a report as it came. Undefined when it says nothing against the mailbox: not a report, a delay, a success, a
 * refusal for what the mail says or for who sends it, or about a mail that it does not name.
 */
export async function readMailReport(raw: Buffer): Promise<MailReport | undefined> {
  // Loaded where it is used only: most installations never get a report.
  const { simpleParser } = await import('mailparser');
  const parsed = await simpleParser(raw, {
    keepDeliveryStatus: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
  }).catch(() => undefined);
  const kind = parsed && kindOf(parsed);
  const messageId = kind && messageIdOf(parsed);
  return kind && messageId ? { kind, messageId } : undefined;
}

function partOf(mail: ParsedMail, ...types: string[]): string | undefined {
  return mail.attachments.find((part) => types.includes(part.contentType))?.content.toString('latin1');
}

/** Groups of fields, separated by empty lines; names in lower case. */
function groupsOf(text: string): Map<string, string>[] {
  return text
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n\r?\n/)
    .map(
      (group) =>
        new Map(
          [...group.matchAll(/^([\w-]+):[ \t]*(.*?)[ \t]*\r?$/gm)].map(([, name = '', value = '']) => [
            name.toLowerCase(),
            value,
          ]),
        ),
    );
}

function kindOf(mail: ParsedMail): MailReport['kind'] | undefined {
  const complaint = partOf(mail, 'message/feedback-report');
  if (complaint !== undefined)
    return /^(abuse|fraud)$/i.test(groupsOf(complaint)[0]?.get('feedback-type') ?? '') ? 'complaint' : undefined;
  const status = partOf(mail, 'message/delivery-status');
  return status !== undefined && groupsOf(status).some(isMailboxAtFault) ? 'bounce' : undefined;
}

function isMailboxAtFault(recipient: Map<string, string>): boolean {
  return /^failed$/i.test(recipient.get('action') ?? '') && blamesMailbox(recipient.get('status') ?? '');
}

/** From the mail that came back, or from its headers alone. */
function messageIdOf(mail: ParsedMail): string | undefined {
  const returned = partOf(mail, 'message/rfc822', 'text/rfc822-headers', 'message/rfc822-headers');
  return returned === undefined ? undefined : groupsOf(returned)[0]?.get('message-id');
}
