/** What the receiver's mail server would send back about a caught mail, as it would come to the address for reports. */
import type { CaughtMail } from './messages.ts';

/** `gone`: no such mailbox. `full`: not now. `spam`: refused for what it says. `complaint`: the reader pressed the button. */
export const REPORTS = ['gone', 'full', 'spam', 'complaint'] as const;
export type Report = (typeof REPORTS)[number];

const STATUS = {
  gone: ['failed', '5.1.1', 'smtp; 550 5.1.1 No such user'],
  full: ['delayed', '4.2.2', 'smtp; 452 4.2.2 Mailbox full'],
  spam: ['failed', '5.7.1', 'smtp; 554 5.7.1 Looks like spam'],
} as const;

/** RFC 3464 for deliveries, RFC 5965 for complaints: a message as it goes over the wire. */
export function reportOf(mail: CaughtMail, report: Report): string {
  const boundary = `report-${mail.id}`;
  const [to = ''] = mail.to;
  const [type, machine] =
    report === 'complaint'
      ? (['feedback-report', ['Feedback-Type: abuse', 'User-Agent: catcher/1.0', 'Version: 1']] as const)
      : (['delivery-status', deliveryStatus(to, report)] as const);
  const part = (contentType: string, lines: readonly string[]) => [
    `--${boundary}`,
    `Content-Type: ${contentType}`,
    '',
    ...lines,
    '',
  ];
  return [
    'From: Mail Delivery System <MAILER-DAEMON@mx.example.net>',
    `To: ${mail.from}`,
    'Subject: Report about a mail',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type};`,
    ` boundary="${boundary}"`,
    '',
    ...part('text/plain; charset=utf-8', ['This is what became of your mail.']),
    ...part(`message/${type}`, machine),
    // A bounce brings the headers only, which is what servers may do.
    ...part(
      report === 'complaint' ? 'message/rfc822' : 'text/rfc822-headers',
      mail.headers.map(([name, value]) => `${name}: ${value.replace(/\s+/g, ' ')}`),
    ),
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

function deliveryStatus(to: string, report: Exclude<Report, 'complaint'>): string[] {
  const [action, status, diagnostic] = STATUS[report];
  return [
    'Reporting-MTA: dns; mx.example.net',
    '',
    `Final-Recipient: rfc822; ${to}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: ${diagnostic}`,
  ];
}
