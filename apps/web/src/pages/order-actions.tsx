/** Forms that several steps of a deal share. */
import type { z } from 'zod';
import type { orderView } from '#contracts/orders/views.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { toMinor } from '../ui/format.ts';
import { Field, Fold, Form, type Typed } from '../ui/form.tsx';

export type Order = z.output<typeof orderView>;
type Currency = Order['budget']['currency'];

/** A sum that was typed; an empty string refuses it at the server, in words. */
export const sumOf = (typed: Typed, name: string, currency: Currency) => ({
  amount: toMinor(typed.text(name), currency) ?? '',
  currency,
});

/** The end of the day that was picked. */
export const endOfDay = (day: string) => new Date(`${day}T23:59:59`).toISOString();
export const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

/** Puts files beside an order: the ids by which a delivery names them. */
export async function attach(orderId: string, files: readonly File[]): Promise<string[]> {
  const ids: string[] = [];
  for (const file of files) {
    const query = { fileName: file.name };
    ids.push((await api('orders', 'addAttachment', { params: { orderId }, query, body: file })).attachmentId);
  }
  return ids;
}

/** An act that wants a reason. */
export function WithReason({
  title,
  label,
  act,
  max = 2000,
}: {
  title: string;
  label: string;
  act: (reason: string) => Promise<unknown>;
  max?: number;
}) {
  return (
    <Fold title={title}>
      <Form button={title} submit={(typed) => act(typed.text('reason'))}>
        <Field label={label} name="reason" rows={3} required minLength={3} maxLength={max} />
      </Form>
    </Fold>
  );
}

/** Hands work in: of the order, or of a milestone. */
export function Deliver({
  title,
  orderId,
  act,
}: {
  title: string;
  orderId: string;
  act: (body: { text: string; attachmentIds: string[] }) => Promise<unknown>;
}) {
  return (
    <Fold title={title} kind="fold-main">
      <Form
        button={title}
        submit={async (typed) => {
          const attachmentIds = await attach(orderId, typed.files('file'));
          await act({ text: typed.text('text'), attachmentIds });
        }}
      >
        <Field label={t('order.deliverText')} name="text" rows={5} required maxLength={10_000} />
        <Field label={t('field.files')} name="file" type="file" multiple required={false} />
      </Form>
    </Fold>
  );
}

/** Takes work over, with a bonus if the client likes. */
export function Accept({
  title,
  currency,
  act,
}: {
  title: string;
  currency: Currency;
  act: (body: { bonus: { amount: string; currency: Currency } | null }) => Promise<unknown>;
}) {
  return (
    <Fold title={title} kind="fold-main">
      <Form
        button={title}
        submit={(typed) => act({ bonus: typed.text('bonus') ? sumOf(typed, 'bonus', currency) : null })}
      >
        <Field
          label={`${t('order.bonus')}, ${currency}`}
          name="bonus"
          inputMode="decimal"
          hint={t('order.bonusHint')}
          required={false}
        />
      </Form>
    </Fold>
  );
}
