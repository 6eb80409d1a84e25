import type { z } from 'zod';
import type { responseView } from '#contracts/orders/views.ts';
import { t } from '../i18n.ts';
import { Files } from '../ui/files.tsx';
import { formatAgo, formatMoney } from '../ui/format.ts';
import { Prose } from '../ui/parts.tsx';

export type Response = z.output<typeof responseView>;
/** Of a response that can still be chosen. */
export const isLive = ({ status }: Response) => status === 'submitted' || status === 'shortlisted';

/** What a response offers: price, term, parts, words, files, and the client's own price beside it. */
export function Offer({ response }: { response: Response }) {
  const { currency } = response.price;
  return (
    <>
      <p class="card-end">
        <b class="sum">{formatMoney(response.price)}</b>
        <span>{t('responses.days', { count: response.days })}</span>
        <time class="muted" dateTime={response.createdAt}>
          {formatAgo(response.createdAt)}
        </time>
      </p>
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
      {response.reason && (
        <p class="muted">
          {t('field.reason')}: {response.reason}
        </p>
      )}
    </>
  );
}
