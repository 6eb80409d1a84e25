import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { weekView } from '#contracts/orders/views.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { formatDay, formatDays, formatMoney, formatTime } from '../ui/format.ts';
import { Check, Do, Field, Fold, Form, type Typed } from '../ui/form.tsx';
import { usePages } from '../ui/hooks.ts';
import { Facts, More, Problem, Status } from '../ui/parts.tsx';
import { mayDo, Steps } from '../ui/steps.tsx';
import { Accept, type Order, WithReason } from './order-actions.tsx';

type Week = z.output<typeof weekView>;
type Entry = Week['entries'][number];
const SHOWN = ['fund', 'log_time', 'approve', 'contest', 'resubmit', 'concede'];
const DAY = 86_400_000;

export const formatMinutes = (minutes: number) =>
  t(minutes % 60 === 0 ? 'hours.whole' : 'hours.parts', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });

interface Of {
  order: Order;
  changed: () => void;
}

/** An hourly deal: weeks with their hours and money, the newest first. */
export function Hours({ order, changed }: Of) {
  if (!order.weeks || order.weeks.length === 0) return null;
  const shown = new Set(order.weeks.map((one) => one.weekId));
  const last = Math.min(...order.weeks.map((one) => one.number));
  return (
    <section>
      <h2>{t('hours.title')}</h2>
      <ul class="cards">
        {order.weeks.map((one) => (
          <li key={one.weekId} class="card">
            <Card order={order} week={one} changed={changed} />
          </li>
        ))}
      </ul>
      {last > 1 && (
        <Fold title={t('hours.earlier')}>
          <Earlier order={order} shown={shown} changed={changed} />
        </Fold>
      )}
    </section>
  );
}

function Earlier({ order, shown, changed }: Of & { shown: ReadonlySet<string> }) {
  const params = { orderId: order.orderId };
  const pages = usePages((cursor) => api('orders', 'listWeeks', { params, query: { cursor } }), [order.orderId]);
  return (
    <>
      <Problem problem={pages.problem} />
      <ul class="cards">
        {pages.items
          .filter((one) => !shown.has(one.weekId))
          .map((one) => (
            <li key={one.weekId} class="card">
              <Card order={order} week={one} changed={changed} />
            </li>
          ))}
      </ul>
      <More act={pages.more} busy={pages.busy} />
    </>
  );
}

function Card({ order, week, changed }: Of & { week: Week }) {
  const cap = week.weeklyHours * 60;
  const title = t('hours.week', { number: week.number, days: formatDays(week.startsAt, week.endsAt) });
  const ended = week.status === 'approved';
  return (
    <article aria-label={title}>
      <p class="card-top">
        <span class="kicker">{title}</span>
        <Status kind="weekStatus" of={week.status} />
      </p>
      <p class="meter">
        <label for={`week-${week.weekId}`}>
          {t('hours.of', {
            worked: formatMinutes(week.minutes),
            cap: formatMinutes(cap),
            sum: formatMoney(week.amount),
          })}
        </label>
        <progress id={`week-${week.weekId}`} max={cap} value={week.minutes} />
      </p>
      <Facts
        items={[
          [t('hours.rate'), t('profile.perHour', { sum: formatMoney(week.rate) })],
          week.held.amount !== '0' && [t('order.held'), formatMoney(week.held)],
          week.minutes > 0 && [t('order.commission'), formatMoney(week.commission)],
          week.minutes > 0 && [t('order.toFreelancer'), formatMoney(week.toFreelancer)],
          week.toClient.amount !== '0' && [t('hours.toClient'), formatMoney(week.toClient)],
          week.status === 'open' && [t('hours.closes'), formatTime(week.closesAt)],
          week.decidesAt !== null && !ended && [t(`hours.decides.${week.status}`), formatTime(week.decidesAt)],
        ]}
      />
      <Entries order={order} week={week} changed={changed} />
      <div class="steps-below">
        <Steps
          actions={week.actions}
          shown={SHOWN}
          words="weekAction"
          render={(name, words) => <Step name={name} title={words} order={order} week={week} changed={changed} />}
        />
      </div>
    </article>
  );
}

function Step({ name, title, order, week, changed }: Of & { name: string; title: string; week: Week }) {
  const params = { orderId: order.orderId, weekId: week.weekId };
  const then = async (step: Promise<unknown>) => {
    await step;
    changed();
  };
  switch (name) {
    case 'fund':
      return (
        <Do kind="main" act={() => then(api('orders', 'fundWeek', { params }))}>
          {title}
        </Do>
      );
    case 'log_time':
      return <LogTime title={title} order={order} week={week} then={then} />;
    case 'approve':
      return (
        <Accept
          title={title}
          currency={week.rate.currency}
          act={(body) => then(api('orders', 'approveWeek', { params, body }))}
        />
      );
    case 'contest':
      return (
        <Fold title={title}>
          <Form
            button={title}
            submit={(typed) => {
              const body = { entryIds: typed.all('entry'), reason: typed.text('reason') };
              return then(api('orders', 'contestWeek', { params, body }));
            }}
          >
            <fieldset class="checks">
              <legend>{t('hours.which')}</legend>
              {week.entries.map((one) => (
                <Check
                  key={one.entryId}
                  name="entry"
                  value={one.entryId}
                  label={`${formatDay(one.day)}, ${formatMinutes(one.minutes)} — ${one.note}`}
                />
              ))}
            </fieldset>
            <Field label={t('field.reason')} name="reason" rows={3} required minLength={3} maxLength={2000} />
          </Form>
        </Fold>
      );
    case 'resubmit':
      return (
        <WithReason
          title={title}
          label={t('hours.explain')}
          act={(reason) => then(api('orders', 'resubmitWeek', { params, body: { reason } }))}
        />
      );
    default:
      return (
        <Do kind="bad" confirm={t('hours.concedeSure')} act={() => then(api('orders', 'concedeWeek', { params }))}>
          {title}
        </Do>
      );
  }
}

const minutesOf = (typed: Typed) => Number(typed.text('hours') || 0) * 60 + Number(typed.text('minutes') || 0);

function TimeFields({ entry }: { entry?: Entry }) {
  return (
    <>
      <div class="pair pair-3">
        <Field
          label={t('hours.hours')}
          name="hours"
          type="number"
          min={0}
          max={24}
          value={String(entry ? Math.floor(entry.minutes / 60) : 1)}
          required
        />
        <Field
          label={t('hours.minutes')}
          name="minutes"
          type="number"
          min={0}
          max={59}
          value={String(entry ? entry.minutes % 60 : 0)}
          required
        />
      </div>
      <Field label={t('hours.note')} name="note" rows={2} value={entry?.note} required minLength={3} maxLength={2000} />
    </>
  );
}

function LogTime({
  title,
  order,
  week,
  then,
}: {
  title: string;
  order: Order;
  week: Week;
  then: (step: Promise<unknown>) => Promise<void>;
}) {
  const first = week.startsAt.slice(0, 10);
  const last = new Date(Date.parse(week.endsAt) - 1).toISOString().slice(0, 10);
  return (
    <Fold title={title} kind="fold-main">
      <Form
        button={title}
        reset
        submit={(typed) =>
          then(
            api('orders', 'logTime', {
              params: { orderId: order.orderId },
              body: { day: typed.text('day'), minutes: minutesOf(typed), note: typed.text('note') },
            }),
          )
        }
      >
        <Field
          label={t('hours.day')}
          name="day"
          type="date"
          min={first}
          max={last}
          value={dayWithin(first, last)}
          required
        />
        <TimeFields />
      </Form>
    </Fold>
  );
}

/** Today, if it is of the week. */
function dayWithin(first: string, last: string): string {
  const today = new Date(Math.floor(Date.now() / DAY) * DAY).toISOString().slice(0, 10);
  return today < first ? first : today > last ? last : today;
}

function Entries({ order, week, changed }: Of & { week: Week }) {
  const [editing, setEditing] = useState<string>();
  if (week.entries.length === 0) return null;
  const may = { edit: mayDo(week.actions, 'edit_time'), remove: mayDo(week.actions, 'remove_time') };
  return (
    <ul class="entries" aria-label={t('hours.entries')}>
      {week.entries.map((one) => {
        const params = { orderId: order.orderId, entryId: one.entryId };
        const what = `${formatDay(one.day)}, ${formatMinutes(one.minutes)}`;
        return (
          <li key={one.entryId} class={one.objection ? 'contested' : undefined}>
            {editing === one.entryId ? (
              <Form
                button={t('common.save')}
                submit={async (typed) => {
                  await api('orders', 'editTime', {
                    params,
                    body: { minutes: minutesOf(typed), note: typed.text('note') },
                  });
                  setEditing(undefined);
                  changed();
                }}
              >
                <TimeFields entry={one} />
              </Form>
            ) : (
              <>
                <span class="sum">{formatDay(one.day)}</span>
                <b class="sum">{formatMinutes(one.minutes)}</b>
                <span class="entry-note">
                  {one.note}
                  {one.objection && <small class="minus"> {t('hours.objection', { why: one.objection })}</small>}
                </span>
                {may.edit && (
                  <Do kind="link" label={t('hours.editThis', { what })} act={async () => setEditing(one.entryId)}>
                    {t('portfolio.edit')}
                  </Do>
                )}
                {may.remove && (
                  <Do
                    kind="link"
                    label={t('form.remove', { what })}
                    confirm={t('hours.removeSure', { what })}
                    act={async () => {
                      await api('orders', 'deleteTime', { params });
                      changed();
                    }}
                  >
                    {t('own.removeWork')}
                  </Do>
                )}
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
