/** Catches what the platform sends to the outside: mail over SMTP, SMS over HTTP. Shows it to people and to tests. */
import { join } from 'node:path';
import { z } from 'zod';
import {
  type Call,
  HttpError,
  type HttpRoute,
  jsonBody,
  queryOf,
  requireBearer,
  seeOther,
  sendJson,
  sendNothing,
  serveHttp,
} from '../http.ts';
import type { OutsideLog } from '../log.ts';
import { pageLocale, sendPage } from '../page.ts';
import { type CaughtMessage, type Messages, openMessages } from './messages.ts';
import { listPage, messagePage, sendMailHtml } from './page.ts';
import { REPORTS, reportOf } from './reports.ts';
import { OUTCOMES, type Outcome, startSmtp } from './smtp.ts';

export interface CatcherOptions {
  /** 0: any free port. */
  readonly smtpPort: number;
  readonly httpPort: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Keeps messages in `<folder>/messages.jsonl`; without it, in memory. */
  readonly folder?: string;
  /** The bearer key of `POST /sms`. */
  readonly smsKey: string;
  readonly log: OutsideLog;
}

export interface Catcher {
  readonly smtpUrl: string;
  /** The page for people; also the base of the JSON API. */
  readonly pageUrl: string;
  readonly smsUrl: string;
  close(): Promise<void>;
}

interface Behaviour {
  smtp: Outcome;
  sms: Outcome;
}

const filter = z.object({
  to: z.string().optional(),
  subject: z.string().optional(),
  text: z.string().optional(),
  kind: z.enum(['mail', 'sms']).optional(),
  since: z.union([z.uuid(), z.iso.datetime({ offset: true })]).optional(),
});
const listQuery = filter.extend({ limit: z.coerce.number().int().min(1).max(1_000).default(50) });
const waitQuery = filter.extend({ timeoutMs: z.coerce.number().int().min(0).max(60_000).default(10_000) });
const behaviourBody = z.strictObject({ smtp: z.enum(OUTCOMES).optional(), sms: z.enum(OUTCOMES).optional() });
const reportQuery = z.object({ kind: z.enum(REPORTS) });
const smsBody = z.strictObject({
  to: z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'a phone number like +79161234567'),
  text: z.string().min(1).max(1_000),
});

/** Starts both servers. Rejects when a port is taken or the folder can't be written. */
export async function startCatcher(options: CatcherOptions): Promise<Catcher> {
  const host = options.host ?? '127.0.0.1';
  const messages = openMessages(options.folder === undefined ? undefined : join(options.folder, 'messages.jsonl'));
  const behaviour: Behaviour = { smtp: 'ok', sms: 'ok' };
  const smtp = await startSmtp({
    host,
    port: options.smtpPort,
    messages,
    log: options.log,
    outcome: () => behaviour.smtp,
  }).catch((error: unknown) => {
    messages.close();
    throw error;
  });
  const http = await serveHttp({
    name: 'catcher',
    host,
    port: options.httpPort,
    log: options.log,
    localNamesOnly: host === '127.0.0.1' || host === '::1' || host === 'localhost',
    routes: [...apiRoutes(messages, behaviour), ...pageRoutes(messages), smsRoute(options.smsKey, messages, behaviour)],
  }).catch(async (error: unknown) => {
    await smtp.close();
    messages.close();
    throw error;
  });
  return {
    smtpUrl: smtp.url,
    pageUrl: http.url,
    smsUrl: `${http.url}/sms`,
    async close() {
      await Promise.all([smtp.close(), http.close()]);
      messages.close();
    },
  };
}

function apiRoutes(messages: Messages, behaviour: Behaviour): HttpRoute[] {
  return [
    { method: 'GET', path: '/healthz', handle: ({ res }) => sendJson(res, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/api/messages',
      handle(call) {
        const { limit, ...wanted } = queryOf(call, listQuery);
        sendJson(call.res, 200, { items: messages.list(wanted, limit) });
      },
    },
    {
      method: 'GET',
      path: '/api/messages/wait',
      async handle(call) {
        const { timeoutMs, ...wanted } = queryOf(call, waitQuery);
        const left = new AbortController();
        call.res.once('close', () => left.abort());
        const message = await messages.wait(wanted, timeoutMs, left.signal);
        if (!message) throw new HttpError(404, 'nothing_came', `Nothing that matches came in ${timeoutMs} ms.`);
        sendJson(call.res, 200, message);
      },
    },
    { method: 'GET', path: '/api/messages/:id', handle: (call) => sendJson(call.res, 200, messageOf(call, messages)) },
    {
      method: 'GET',
      path: '/api/messages/:id/attachments/:index',
      handle(call) {
        const content = messages.attachment(call.params.id ?? '', Number(call.params.index));
        if (!content) throw new HttpError(404, 'not_found', 'There is no such attachment.');
        call.res.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment' });
        call.res.end(content);
      },
    },
    {
      method: 'GET',
      path: '/api/messages/:id/report',
      handle(call) {
        const { kind } = queryOf(call, reportQuery);
        const message = messageOf(call, messages);
        if (message.kind !== 'mail') throw new HttpError(404, 'not_found', 'Only mail is reported about.');
        call.res.writeHead(200, { 'Content-Type': 'message/rfc822', 'Content-Disposition': 'attachment' });
        call.res.end(reportOf(message, kind));
      },
    },
    {
      method: 'DELETE',
      path: '/api/messages',
      handle({ res }) {
        messages.clear();
        sendNothing(res);
      },
    },
    {
      method: 'POST',
      path: '/api/behaviour',
      handle(call) {
        const { smtp, sms } = jsonBody(call, behaviourBody);
        if (smtp) behaviour.smtp = smtp;
        if (sms) behaviour.sms = sms;
        sendJson(call.res, 200, behaviour);
      },
    },
  ];
}

function pageRoutes(messages: Messages): HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/',
      handle(call) {
        sendPage(call.res, listPage(pageLocale(call), messages.list({}, 1_000), call.query.get('q') ?? ''));
      },
    },
    {
      method: 'GET',
      path: '/messages/:id',
      handle: (call) => sendPage(call.res, messagePage(pageLocale(call), messageOf(call, messages))),
    },
    {
      method: 'GET',
      path: '/messages/:id/html',
      handle: (call) => sendMailHtml(call, messageOf(call, messages)),
    },
    {
      method: 'POST',
      path: '/clear',
      handle(call) {
        // A form on a foreign page could be sent here, too; the browser says where it was.
        const { origin, host } = call.req.headers;
        if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
          throw new HttpError(403, 'foreign_page', 'Only the page of the catcher may do this.');
        }
        messages.clear();
        seeOther(call.res, `/?lang=${pageLocale(call)}`);
      },
    },
  ];
}

function smsRoute(key: string, messages: Messages, behaviour: Behaviour): HttpRoute {
  return {
    method: 'POST',
    path: '/sms',
    handle(call) {
      requireBearer(call, key);
      const { to, text } = jsonBody(call, smsBody);
      if (behaviour.sms === 'drop') {
        call.req.socket.destroy();
        return;
      }
      if (behaviour.sms === 'reject-4xx') throw new HttpError(422, 'refused', 'The number can not be reached.');
      if (behaviour.sms === 'reject-5xx') throw new HttpError(503, 'unavailable', 'Try again later.');
      const { id } = messages.add({ kind: 'sms', to: [to], text });
      sendJson(call.res, 202, { id });
    },
  };
}

function messageOf(call: Call, messages: Messages): CaughtMessage {
  const message = messages.get(call.params.id ?? '');
  if (!message) throw new HttpError(404, 'not_found', 'There is no such message; only the newest are kept.');
  return message;
}
