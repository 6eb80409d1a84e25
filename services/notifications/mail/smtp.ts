import { Readable } from 'node:stream';
import type { Transporter } from 'nodemailer';
import type { Rendered } from '../templates/render.ts';
import type { Attachment } from './attachments.ts';

/** Connections kept to the mail server, per process. */
export const SMTP_CONNECTIONS = 4;

export interface Letter extends Rendered {
  readonly to: string;
  /** The same for every try: a receiver that got it twice can tell. */
  readonly messageId: string;
  readonly unsubscribeUrl: string | undefined;
  readonly event: string;
  readonly attachments?: readonly Attachment[];
}

export interface Smtp {
  /** `beforeEnd` runs when the server has everything but the last line; throwing there means it never takes the mail. */
  send(letter: Letter, beforeEnd: () => Promise<void>): Promise<void>;
  close(): void;
}

interface Lines {
  readonly composer: Transporter;
  readonly transport: Transporter;
}

async function openLines(url: string): Promise<Lines> {
  const { default: nodemailer } = await import('nodemailer');
  const composer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const target = new URL(url);
  const transport = nodemailer.createTransport({
    pool: true,
    maxConnections: SMTP_CONNECTIONS,
    maxMessages: 100,
    maxRequeues: 0,
    host: target.hostname,
    port: target.port === '' ? (target.protocol === 'smtps:' ? 465 : 587) : Number(target.port),
    secure: target.protocol === 'smtps:',
    ...(target.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(target.username), pass: decodeURIComponent(target.password) } }),
    connectionTimeout: 8_000,
    greetingTimeout: 8_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as Parameters<typeof nodemailer.createTransport>[0]);
  return { composer, transport };
}

/** Sends over a few kept connections, opened with the first letter. Never tries again by itself: who asks decides that. `bouncesTo`: envelope sender. */
export function createSmtp(url: string, from: string, bouncesTo?: string): Smtp {
  const address = bouncesTo ?? /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim();
  let lines: Promise<Lines> | undefined;
  return {
    async send(letter, beforeEnd) {
      lines ??= openLines(url);
      const { composer, transport } = await lines;
      const raw = await compose(composer, from, letter);
      // Split at the end, so that the body has been written before anybody is asked whether it may end.
      async function* parts() {
        yield raw;
        await beforeEnd();
      }
      await transport.sendMail({
        envelope: { from: address, to: [letter.to] },
        raw: Readable.from(parts(), { objectMode: false }),
      });
    },
    close() {
      void lines?.then(({ transport }) => transport.close());
    },
  };
}

async function compose(composer: Transporter, from: string, letter: Letter): Promise<Buffer> {
  const info = (await composer.sendMail({
    from,
    to: { name: '', address: letter.to },
    subject: letter.subject,
    html: letter.html,
    text: letter.text,
    messageId: letter.messageId,
    attachments: letter.attachments?.map((one) => ({ ...one })),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Artel-Event': letter.event,
      ...(letter.unsubscribeUrl === undefined
        ? {}
        : {
            'List-Unsubscribe': { prepared: true, value: `<${letter.unsubscribeUrl}>` },
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          }),
    },
  })) as unknown as { message: Buffer };
  return info.message;
}
