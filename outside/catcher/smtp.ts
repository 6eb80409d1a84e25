/** The receiving side of SMTP. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { urlOf } from '../http.ts';
import type { OutsideLog } from '../log.ts';
import type { Messages } from './messages.ts';

/**
 * What happens to a message once it has been transmitted: taken, refused for now (451), refused for good (550), or the
 * connection breaks without an answer.
 */
export const OUTCOMES = ['ok', 'reject-4xx', 'reject-5xx', 'drop'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly messages: Messages;
  readonly log: OutsideLog;
  /** Asked for each message. */
  outcome(): Outcome;
}

const MAX_BYTES = 25 * 1024 * 1024;

/** Starts the SMTP server: takes mail for anybody, with any password or none. Rejects when the port is taken. */
export async function startSmtp(options: SmtpOptions): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    name: 'artel-catcher',
    banner: 'Artel mail catcher',
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: MAX_BYTES,
    logger: false,
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? 'anybody' }),
    onData(stream, session, done) {
      receive(options, stream, session).then(
        (outcome) => {
          if (outcome === 'ok') return done();
          if (outcome !== 'drop') return done(refusal(outcome));
          for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
        },
        (error: unknown) => {
          options.log.warn({ part: 'smtp', err: String(error) }, 'a mail was not kept');
          done(refusal('reject-4xx'));
        },
      );
    },
  });
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let listening = false;
  server.on('error', (error) => {
    if (listening) options.log.warn({ part: 'smtp', err: String(error) }, 'a connection broke');
  });
  server.listen(options.port, options.host);
  await once(server.server, 'listening');
  listening = true;
  return {
    url: urlOf('smtp', options.host, (server.server.address() as AddressInfo).port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function refusal(outcome: 'reject-4xx' | 'reject-5xx'): Error {
  const forNow = outcome === 'reject-4xx';
  return Object.assign(new Error(forNow ? 'Try again later' : 'The mailbox does not exist'), {
    responseCode: forNow ? 451 : 550,
  });
}

async function receive(
  options: SmtpOptions,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<Outcome> {
  const { simpleParser } = await import('mailparser');
  const mail = await simpleParser(stream);
  if (stream.sizeExceeded) return 'reject-5xx';
  const outcome = options.outcome();
  if (outcome !== 'ok') return outcome;
  const { mailFrom, rcptTo } = session.envelope;
  options.messages.add(
    {
      kind: 'mail',
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((recipient) => recipient.address),
      subject: mail.subject ?? '',
      text: mail.text ?? '',
      html: mail.html || null,
      headers: headersOf(mail),
      attachments: mail.attachments.map((part, i) => ({
        name: part.filename ?? `${i + 1}`,
        type: part.contentType,
        size: part.size,
      })),
    },
    mail.attachments.map((part) => part.content),
  );
  return 'ok';
}

/** The header lines with folding undone. Encoded words are decoded for the addresses and the subject only. */
function headersOf(mail: ParsedMail): [string, string][] {
  const decoded: Record<string, string | undefined> = { subject: mail.subject, from: mail.from?.text };
  return mail.headerLines.map(({ key, line }) => {
    const colon = line.indexOf(':');
    const raw = line
      .slice(colon + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim();
    return [line.slice(0, colon), decoded[key] ?? raw];
  });
}
