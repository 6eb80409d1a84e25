import type { z } from 'zod';
import type { responseView } from '#contracts/orders/views.ts';
import { t } from '../i18n.ts';
import { Files } from '../ui/files.tsx';
import { formatAgo, formatDate, formatMoney } from '../ui/format.ts';
import { Prose } from '../ui/parts.tsx';

export type Response = z.output<typeof responseView>;

/** What a response offers: price, term, parts, words, files, and the client's own price beside it. */
export function Offer({ response, hourly, brief }: { response: Response; hourly: boolean; brief?: boolean }) {
  const { currency } = response.price;
  const sum = formatMoney(response.price);
  return (
    <>
      <p class="card-end">
        <b class="sum">{hourly ? t('profile.perHour', { sum }) : sum}</b>
        <span>{t('responses.days', { count: response.days })}</span>
        {response.validUntil && <span>{t('responses.valid', { date: formatDate(response.validUntil) })}</span>}
        <time class="muted" dateTime={response.createdAt}>
          {formatAgo(response.createdAt)}
        </time>
      </p>
      {!brief && (
        <>
          <Prose text={response.letter} />
          {response.milestones.length > 0 && (
            <ol class="plan" aria-label={t('milestones.title')}>
              {response.milestones.map((one, at) => (
                <li key={at}>
                  <span>{one.title}</span>
                  <span class="sum">
                    {formatMoney({ amount: one.amount, currency })} · {t('responses.days', { count: one.days })}
                  </span>
                </li>
              ))}
            </ol>
          )}
          <Files files={response.attachments} />
          {response.counter && (
            <div class="notice">
              <strong>
                {t('counter.offered', {
                  sum: formatMoney(response.counter.price),
                  days: t('responses.days', { count: response.counter.days }),
                })}
              </strong>
              {response.counter.note && <p>«{response.counter.note}»</p>}
            </div>
          )}
          {response.arithmetic && <Arithmetic of={response.arithmetic} />}
        </>
      )}
      {response.deposit && (
        <p class="muted">{t(`deposit.${response.deposit.status}`, { sum: formatMoney(response.deposit.amount) })}</p>
      )}
      {response.reason && (
        <p class="muted">
          {t('field.reason')}: {response.reason}
        </p>
      )}
    </>
  );
}

/** What each side pays and gets, before they commit. */
function Arithmetic({ of }: { of: NonNullable<Response['arithmetic']> }) {
  return (
    <p class="muted">
      {t('offer.both', {
        pays: formatMoney(of.clientPays),
        fee: formatMoney(of.clientFee),
        commission: formatMoney(of.commission),
        gets: formatMoney(of.toFreelancer),
      })}
    </p>
  );
}
