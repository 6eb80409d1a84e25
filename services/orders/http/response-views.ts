import type { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import type { DealTerms } from '#contracts/orders/events.ts';
import { processOf, type ResponseAction } from '#contracts/orders/process.ts';
import type { ResponseStatus, Side } from '#contracts/orders/process-types.ts';
import { arithmeticOf } from '#contracts/orders/terms.ts';
import type { responseView } from '#contracts/orders/views.ts';
import { isProblem } from '#kit/problem.ts';
import type { OrdersContext } from '../context.ts';
import type { ResponseRow } from '../data/responses.ts';
import { actionsFor, NO_FACTS } from '../domain/process.ts';
import { NO_SUMS, reasonText } from '../domain/words.ts';
import { actionsView } from './actions-view.ts';
import type { People } from './views.ts';

export interface ResponseViewer {
  readonly people: People;
  readonly locale: Locale;
  readonly userId: string;
  /** Those in force, where they are known. */
  readonly terms?: DealTerms | null;
}

/** The terms that acceptance now would bind; without payments the answer comes without the arithmetic. */
export async function termsFor(ctx: OrdersContext, of: ResponseRow): Promise<DealTerms | null> {
  const { category, currency, freelancerId, orderClientId: clientId } = of;
  try {
    return (
      await ctx.clients.payments.getTerms({ query: { category, currency, clientId, freelancerId }, timeoutMs: 1_500 })
    ).terms;
  } catch (error) {
    if (isProblem(error, 'unavailable') || isProblem(error, 'timeout')) return null;
    throw error;
  }
}

export function responseDto(row: ResponseRow, viewer: ResponseViewer): z.input<typeof responseView> {
  const { currency, counter } = row;
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  // Of hours a full week is held.
  const whole = money(row.price * BigInt(row.weeklyHours ?? 1));
  const parts = viewer.terms ? arithmeticOf(whole, viewer.terms) : null;
  const deposit = row.deposit === null ? null : money(row.deposit);
  return {
    responseId: row.responseId,
    orderId: row.orderId,
    orderTitle: row.orderTitle,
    freelancer: viewer.people.get(row.freelancerId) ?? null,
    freelancerId: row.freelancerId,
    price: money(row.price),
    days: row.days,
    letter: row.letter,
    milestones: row.milestones,
    attachments: row.attachments,
    counter: counter && {
      days: counter.days,
      note: counter.note,
      at: counter.at,
      price: { amount: counter.amount, currency },
    },
    status: row.status,
    reason: row.reason ?? reasonText(row.reasonCode, viewer.locale),
    createdAt: row.createdAt.toISOString(),
    openedAt: row.openedAt?.toISOString() ?? null,
    validUntil: row.validUntil?.toISOString() ?? null,
    deposit: deposit && row.depositStatus ? { amount: deposit, status: row.depositStatus } : null,
    arithmetic: parts && viewer.terms ? { ...parts, commissionBps: viewer.terms.commissionBps } : null,
    version: row.version,
    actions: actionsOf(row, viewer, { parts, deposit: row.depositStatus === 'held' ? deposit : null }),
  };
}

function actionsOf(
  row: ResponseRow,
  { userId, locale }: ResponseViewer,
  of: {
    parts: ReturnType<typeof arithmeticOf> | null;
    deposit: { amount: string; currency: ResponseRow['currency'] } | null;
  },
) {
  if (row.orderStatus !== 'published') return [];
  const side: Side = row.orderClientId === userId ? 'client' : 'freelancer';
  const facts = { ...NO_FACTS, countered: row.counter !== null, funding: row.funding };
  const table = processOf(row.process).responses;
  const actions = actionsFor<ResponseStatus, ResponseAction>(table, row.status, side, facts);
  const sums = {
    ...NO_SUMS,
    deposit: of.deposit,
    pays: of.parts?.clientPays ?? null,
    clientFee: of.parts?.clientFee ?? null,
  };
  return actionsView(actions, sums, locale);
}
