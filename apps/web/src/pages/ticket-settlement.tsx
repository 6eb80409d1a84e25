import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatMoney } from '../ui/format.ts';
import { Field, Form } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Shown } from '../ui/parts.tsx';
import { sumOf } from './order-actions.tsx';

/** Sealed offers of the parties: where they meet the dispute ends at the midpoint. */
export function Settlement({ ticketId }: { ticketId: string }) {
  const settlement = useLoad(() => api('support', 'getSettlement', { params: { ticketId } }), [ticketId]);
  return (
    <section class="actions">
      <h2>{t('settlement.title')}</h2>
      <p>{t('settlement.text')}</p>
      <Shown of={settlement}>
        {(data) => (
          <>
            {data.agreed && (
              <p class="notice notice-good">{t('settlement.agreed', { sum: formatMoney(data.agreed) })}</p>
            )}
            {data.own && <p>{t('settlement.own', { sum: formatMoney(data.own) })}</p>}
            {data.otherOffered && !data.agreed && <p>{t('settlement.other')}</p>}
            {!data.agreed && data.offersLeft > 0 && (
              <Form
                reset
                button={t('settlement.offer')}
                submit={async (typed) =>
                  settlement.set(
                    await api('support', 'offerSettlement', {
                      params: { ticketId },
                      body: { freelancerAmount: sumOf(typed, 'amount', data.own?.currency ?? 'RUB') },
                    }),
                  )
                }
              >
                <Field
                  label={t('settlement.amount')}
                  name="amount"
                  inputMode="decimal"
                  required
                  hint={t('settlement.left', { count: data.offersLeft })}
                />
              </Form>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}
