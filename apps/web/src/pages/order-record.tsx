import type { z } from 'zod';
import type { reviewView } from '#contracts/orders/views.ts';
import { api } from '../api/client.ts';
import { session } from '../api/session.ts';
import { t } from '../i18n.ts';
import { navigate } from '../router.ts';
import { useStore } from '../store.ts';
import { formatAgo, formatTime } from '../ui/format.ts';
import { Field, Fold, Form, Select } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Problem, Prose, Shown } from '../ui/parts.tsx';
import { type Order, WithReason } from './order-actions.tsx';

type Review = z.output<typeof reviewView>;

/** Every step of the deal. */
export function History({ orderId }: { orderId: string }) {
  const steps = useLoad(() => api('orders', 'getHistory', { params: { orderId } }), [orderId]);
  return (
    <Fold title={t('order.history')}>
      <Shown of={steps}>
        {(data) => (
          <ol class="history">
            {data.items.map((step, place) => (
              <li key={place}>
                <time class="muted" dateTime={step.at}>
                  {formatTime(step.at)}
                </time>
                <span>
                  <b>{t(`action.${step.action}`)}</b> — {t(`role.${step.actorKind}`)}
                  {step.to && step.to !== step.from && <> → {t(`orderStatus.${step.to}`)}</>}
                  {step.reason && <span class="muted"> «{step.reason}»</span>}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Shown>
    </Fold>
  );
}

/** Reviews of the deal, and the form for the own one. */
export function OrderReviews({ order }: { order: Order }) {
  const person = useStore(session);
  const params = { orderId: order.orderId };
  const reviews = useLoad(() => api('orders', 'listOrderReviews', { params }), [order.orderId]);
  const mayReview = order.actions.some((one) => one.name === 'review' && one.allowed);
  const written = reviews.data?.items.some((one) => one.authorId === person?.userId);
  if (!mayReview && !reviews.data?.items.length) return <Problem problem={reviews.problem} />;
  return (
    <section>
      <h2>{t('reviews.title')}</h2>
      <Problem problem={reviews.problem} />
      {reviews.data?.items.map((one) => (
        <ReviewCard key={one.reviewId} review={one} changed={reviews.reload} />
      ))}
      {mayReview && reviews.data && !written && (
        <Form
          button={t('reviews.send')}
          submit={async (typed) => {
            await api('orders', 'addReview', {
              params,
              body: { rating: Number(typed.text('rating')), text: typed.text('text') },
            });
            reviews.reload();
          }}
        >
          <p class="muted">{t('reviews.hidden')}</p>
          <Select
            label={t('reviews.rating')}
            name="rating"
            value="5"
            options={['5', '4', '3', '2', '1'].map((mark) => [
              mark,
              `${'★'.repeat(Number(mark))} ${t(`mark.${mark}`)}`,
            ])}
          />
          <Field label={t('reviews.text')} name="text" rows={4} required minLength={3} maxLength={5000} />
        </Form>
      )}
    </section>
  );
}

export function ReviewCard({ review, changed }: { review: Review; changed?: () => void }) {
  const person = useStore(session);
  const about = person?.userId === review.targetId;
  const own = person?.userId === review.authorId;
  return (
    <article class="card">
      <p class="card-top">
        <b class="stars" role="img" aria-label={t('rating.of', { rating: review.rating })}>
          {'★'.repeat(review.rating)}
          <span class="muted">{'★'.repeat(5 - review.rating)}</span>
        </b>
        <span>{review.author?.displayName ?? t('person.unknown')}</span>
        {review.publishedAt ? (
          <time class="muted" dateTime={review.publishedAt}>
            {formatAgo(review.publishedAt)}
          </time>
        ) : (
          <span class="muted">{t('reviews.waiting')}</span>
        )}
      </p>
      <p class="muted">{review.orderTitle}</p>
      {review.deletedAt ? (
        <p class="notice">
          {t('reviews.deleted')} {review.justification}
        </p>
      ) : (
        <>
          <Prose text={review.text} />
          {review.redactedAt && (
            <p class="muted">
              {t('reviews.redacted')} {review.justification}
            </p>
          )}
        </>
      )}
      {review.answer && (
        <blockquote>
          <b>{t('reviews.answer')}</b>
          <Prose text={review.answer} />
        </blockquote>
      )}
      {about && !review.answer && review.publishedAt && !review.deletedAt && changed && (
        <Fold title={t('reviews.giveAnswer')}>
          <Form
            button={t('reviews.giveAnswer')}
            submit={async (typed) => {
              await api('orders', 'answerReview', {
                params: { reviewId: review.reviewId },
                body: { text: typed.text('text') },
              });
              changed();
            }}
          >
            <Field label={t('field.text')} name="text" rows={3} required minLength={3} maxLength={3000} />
          </Form>
        </Fold>
      )}
      {(about && !review.deletedAt && review.publishedAt) || (own && (review.deletedAt || review.redactedAt)) ? (
        <WithReason
          title={t(own ? 'reviews.appeal' : 'reviews.complain')}
          label={t('field.reason')}
          act={async (text) => {
            const ticket = await api('support', 'openTicket', {
              body: {
                kind: own ? 'appeal' : 'review',
                reviewId: review.reviewId,
                subject: review.orderTitle.slice(0, 200),
                text,
              },
            });
            navigate(`/tickets/${ticket.ticketId}`);
          }}
        />
      ) : null}
    </article>
  );
}
