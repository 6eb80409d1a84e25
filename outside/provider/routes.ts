/** The merchant API (bearer key) and the hosted page (whoever has the link). */
import { z } from 'zod';
import { type Call, HttpError, type HttpRoute, jsonBody, queryOf, requireBearer, seeOther, sendJson } from '../http.ts';
import { sendPage } from '../page.ts';
import { newPayment, newPayout, type Payment, type PaymentOutcome, type Payout, paymentOutcome } from './model.ts';
import { paymentPage, unknownPage } from './page.ts';
import { isDropped, type ProviderDesk } from './desk.ts';

const referenceQuery = z.object({ reference: z.string().min(1).max(200) });
const statementQuery = z.object({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  cursor: z
    .string()
    .regex(/^s[0-9]{1,15}$/, 'a cursor from an earlier answer')
    .optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
const simulateBody = z.strictObject({
  outcome: paymentOutcome,
  /** For `late`: milliseconds. */
  delayMs: z.number().int().min(0).max(600_000).optional(),
});
const behaviourBody = z.strictObject({
  payments: z.enum(['ok', 'drop-after-accept']).optional(),
  payouts: z.enum(['ok', 'drop-after-accept', 'fail']).optional(),
  callbacks: z.enum(['on', 'off']).optional(),
});

/** `publicUrl` is asked at each request: the port is known only when the server listens. */
export function providerRoutes(desk: ProviderDesk, apiKey: string, publicUrl: () => string): HttpRoute[] {
  const merchant = [...paymentRoutes(desk, publicUrl), ...payoutRoutes(desk), ...bookRoutes(desk)].map((route) => ({
    ...route,
    handle(call: Call) {
      requireBearer(call, apiKey);
      return route.handle(call);
    },
  }));
  const health: HttpRoute = {
    method: 'GET',
    path: '/healthz',
    handle: ({ res }) => sendJson(res, 200, { status: 'ok' }),
  };
  return [...merchant, ...pageRoutes(desk), health];
}

function paymentRoutes(desk: ProviderDesk, publicUrl: () => string): HttpRoute[] {
  const shown = (payment: Payment) => showPayment(payment, publicUrl());
  return [
    {
      method: 'POST',
      path: '/v1/payments',
      handle(call) {
        const { payment, isNew } = desk.store.addPayment(jsonBody(call, newPayment));
        if (isNew && desk.behaviour.payments === 'drop-after-accept') return hangUp(call);
        sendJson(call.res, isNew ? 201 : 200, shown(payment));
      },
    },
    {
      method: 'GET',
      path: '/v1/payments',
      handle(call) {
        const payment = desk.store.paymentByReference(queryOf(call, referenceQuery).reference);
        sendJson(call.res, 200, { items: payment ? [shown(payment)] : [] });
      },
    },
    {
      method: 'GET',
      path: '/v1/payments/:id',
      handle: (call) => sendJson(call.res, 200, shown(found(desk.store.payments, call))),
    },
    {
      method: 'POST',
      path: '/v1/payments/:id/simulate',
      handle(call) {
        const { outcome, delayMs } = jsonBody(call, simulateBody);
        const { id } = found(desk.store.payments, call);
        const payment = desk.endPayment(id, outcome, delayMs);
        if (!payment) throw new HttpError(409, 'already_settled', 'The payment has ended already.');
        sendJson(call.res, 200, shown(payment));
      },
    },
    {
      method: 'POST',
      path: '/v1/payments/:id/chargeback',
      handle(call) {
        const payment = desk.chargeBack(found(desk.store.payments, call).id);
        if (!payment) throw new HttpError(409, 'not_succeeded', 'Only a payment that succeeded can be taken back.');
        sendJson(call.res, 200, shown(payment));
      },
    },
  ];
}

function payoutRoutes(desk: ProviderDesk): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/payouts',
      handle(call) {
        const body = jsonBody(call, newPayout);
        const { payout, isNew } = desk.takePayout(body);
        if (isNew && isDropped(desk, body)) return hangUp(call);
        sendJson(call.res, isNew ? 201 : 200, showPayout(payout));
      },
    },
    {
      method: 'GET',
      path: '/v1/payouts',
      handle(call) {
        const payout = desk.store.payoutByReference(queryOf(call, referenceQuery).reference);
        sendJson(call.res, 200, { items: payout ? [showPayout(payout)] : [] });
      },
    },
    {
      method: 'GET',
      path: '/v1/payouts/:id',
      handle: (call) => sendJson(call.res, 200, showPayout(found(desk.store.payouts, call))),
    },
  ];
}

function bookRoutes(desk: ProviderDesk): HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/statement',
      handle(call) {
        const { from, to, cursor, limit } = queryOf(call, statementQuery);
        const { items, next } = desk.store.statement(
          from ? Date.parse(from) : Number.NEGATIVE_INFINITY,
          to ? Date.parse(to) : Number.POSITIVE_INFINITY,
          cursor ? Number(cursor.slice(1)) : 0,
          limit,
        );
        sendJson(call.res, 200, { items, nextCursor: next === null ? null : `s${next}` });
      },
    },
    {
      method: 'POST',
      path: '/v1/behaviour',
      handle(call) {
        Object.assign(desk.behaviour, jsonBody(call, behaviourBody));
        sendJson(call.res, 200, desk.behaviour);
      },
    },
  ];
}

function pageRoutes(desk: ProviderDesk): HttpRoute[] {
  const language = (call: Call, payment?: Payment) => {
    const asked = call.query.get('lang');
    return asked === 'ru' || asked === 'en' ? asked : (payment?.locale ?? 'ru');
  };
  return [
    {
      method: 'GET',
      path: '/pay/:id',
      handle(call) {
        const payment = desk.store.payments.get(call.params.id ?? '');
        const locale = language(call, payment);
        sendPage(call.res, payment ? paymentPage(payment, locale) : unknownPage(locale));
      },
    },
    {
      method: 'POST',
      path: '/pay/:id',
      handle(call) {
        const payment = desk.store.payments.get(call.params.id ?? '');
        if (!payment) return sendPage(call.res, unknownPage(language(call)));
        const outcome = chosen(call);
        // A button pressed twice: the first press counted, the second leads the same way.
        desk.endPayment(payment.id, outcome);
        if (outcome === 'drop') return hangUp(call);
        seeOther(call.res, payment.returnUrl);
      },
    },
  ];
}

function chosen(call: Call): PaymentOutcome {
  const outcome = paymentOutcome.safeParse(new URLSearchParams(call.body.toString('utf8')).get('outcome'));
  if (!outcome.success) throw new HttpError(400, 'invalid', 'Choose one of the buttons.');
  return outcome.data;
}

/** Breaks the connection instead of an answer. */
function hangUp(call: Call): void {
  call.req.socket.destroy();
}

function found<T>(operations: ReadonlyMap<string, T>, call: Call): T {
  const operation = operations.get(call.params.id ?? '');
  if (!operation) throw new HttpError(404, 'not_found', 'There is no such operation.');
  return operation;
}

function showPayment(payment: Payment, publicUrl: string) {
  const { id, status, amount, reference, description, createdAt, settledAt } = payment;
  return { id, status, amount, reference, description, createdAt, settledAt, pageUrl: `${publicUrl}/pay/${id}` };
}

function showPayout(payout: Payout) {
  const { id, status, amount, reference, destination, createdAt, settledAt } = payout;
  return { id, status, amount, reference, destination, createdAt, settledAt };
}
