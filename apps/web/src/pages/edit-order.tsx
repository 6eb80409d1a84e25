import { api } from '../api/client.ts';
import { uuid } from '../api/ids.ts';
import { useDictionary } from '../dictionaries.ts';
import { t } from '../i18n.ts';
import { navigate, useTitle } from '../router.ts';
import { useRef, useState } from 'preact/hooks';
import { formatMoney, fromMinor, toMinor } from '../ui/format.ts';
import { Check, Field, Form, Picker, Select, type Typed } from '../ui/form.tsx';
import { useLoad } from '../ui/hooks.ts';
import { Loading, Shown } from '../ui/parts.tsx';
import { Files } from '../ui/files.tsx';
import { attach, endOfDay, type Order } from './order-actions.tsx';

/** A new order. It is a draft first; publishing is a step of its own. */
export function NewOrder() {
  useTitle(t('edit.newTitle'));
  const key = useRef(uuid());
  const terms = useLoad(() => api('payments', 'quoteTerms'), []);
  return (
    <div class="narrow">
      <h1>{t('edit.newTitle')}</h1>
      <p class="lead">
        {t('edit.newLead')} {terms.data && t('edit.fee', { sum: formatMoney(terms.data.placementFee) })}
      </p>
      <OrderForm
        button={t('edit.create')}
        submit={async (typed) => {
          const order = await api('orders', 'createOrder', { body: fieldsOf(typed), key: key.current });
          await attach(order.orderId, typed.files('file'));
          navigate(`/orders/${order.orderId}`);
        }}
      />
    </div>
  );
}

export function EditOrder({ orderId }: { orderId: string }) {
  useTitle(t('edit.title'));
  const order = useLoad(() => api('orders', 'getOrder', { params: { orderId } }), [orderId]);
  return (
    <div class="narrow">
      <h1>{t('edit.title')}</h1>
      <Shown of={order}>
        {(data) => (
          <>
            <Files files={data.attachments} />
            <OrderForm
              order={data}
              button={t('common.save')}
              submit={async (typed) => {
                const { budget, category, access, nda, pricing, weeklyHours, ...words } = fieldsOf(typed);
                // Budget, category and kind are fixed once published.
                const body =
                  data.status === 'draft' ? { ...words, budget, category, access, nda, pricing, weeklyHours } : words;
                await api('orders', 'editOrder', { params: { orderId }, body, version: data.version });
                await attach(orderId, typed.files('file'));
                navigate(`/orders/${orderId}`);
              }}
            />
          </>
        )}
      </Shown>
    </div>
  );
}

function fieldsOf(typed: Typed) {
  const currency = (typed.text('currency') || 'RUB') as Order['budget']['currency'];
  const deadline = typed.text('deadline');
  return {
    title: typed.text('title'),
    description: typed.text('description'),
    category: typed.text('category'),
    tags: typed
      .text('tags')
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
    skills: typed.all('skills'),
    styles: typed.all('styles'),
    budget: {
      min: toMinor(typed.text('budgetMin') || '0', currency) ?? '',
      max: toMinor(typed.text('budgetMax'), currency) ?? '',
      currency,
    },
    access: typed.text('access') === 'invited' ? ('invited' as const) : ('open' as const),
    pricing: typed.has('weeklyHours') ? ('hourly' as const) : ('fixed' as const),
    weeklyHours: typed.has('weeklyHours') ? Number(typed.text('weeklyHours')) : null,
    urgent: typed.has('urgent'),
    nda: typed.has('nda'),
    // The whole of the day that was named.
    deadline: deadline ? endOfDay(deadline) : null,
  };
}

function OrderForm({
  order,
  button,
  submit,
}: {
  order?: Order;
  button: string;
  submit: (typed: Typed) => Promise<void>;
}) {
  const categories = useDictionary('categories');
  const skills = useDictionary('skills');
  const styles = useDictionary('styles');
  const settings = useLoad(() => api('admin', 'getPublicSettings'), []);
  const [pricing, setPricing] = useState<'fixed' | 'hourly'>(order?.pricing ?? 'fixed');
  if (categories.options.length === 0 && !settings.data && !settings.problem) return <Loading />;
  const currency = order?.budget.currency ?? 'RUB';
  const fixed = order !== undefined && order.status !== 'draft';
  return (
    <Form button={button} submit={submit}>
      <Field
        label={t('field.title')}
        name="title"
        value={order?.title}
        required
        minLength={5}
        maxLength={150}
        placeholder={t('edit.titleHint')}
      />
      {!fixed && (
        <Select
          label={t('field.category')}
          name="category"
          required
          options={[['', t('edit.pick')], ...categories.options]}
          value={order?.category}
        />
      )}
      <Field
        label={t('field.description')}
        name="description"
        value={order?.description}
        rows={9}
        required
        minLength={20}
        maxLength={20_000}
        hint={t('edit.descriptionHint')}
      />
      {!fixed && (
        <div class="pair">
          <Select
            label={t('edit.pricing')}
            name="pricing"
            value={pricing}
            options={(['fixed', 'hourly'] as const).map((one) => [one, t(`pricing.${one}`)])}
            onPick={(value) => setPricing(value as typeof pricing)}
          />
          {pricing === 'hourly' && (
            <Field
              label={t('edit.weeklyHours')}
              name="weeklyHours"
              type="number"
              min={1}
              max={80}
              value={String(order?.weeklyHours ?? 20)}
              hint={t('edit.weeklyHoursHint')}
              required
            />
          )}
        </div>
      )}
      {!fixed && (
        <div class="pair pair-3">
          <Field
            label={t(pricing === 'hourly' ? 'edit.rateMin' : 'edit.budgetMin')}
            name="budgetMin"
            inputMode="decimal"
            value={order && fromMinor(order.budget.min, currency)}
            required={false}
          />
          <Field
            label={t(pricing === 'hourly' ? 'edit.rateMax' : 'edit.budgetMax')}
            name="budgetMax"
            inputMode="decimal"
            value={order && fromMinor(order.budget.max, currency)}
            required
          />
          <Select
            label={t('field.currency')}
            name="currency"
            value={currency}
            options={(settings.data?.currencies ?? [{ code: currency }]).map(({ code }) => [code, code])}
          />
        </div>
      )}
      <Field
        label={t('field.deadline')}
        name="deadline"
        type="date"
        value={order?.deadline?.slice(0, 10)}
        required={false}
        min={new Date().toISOString().slice(0, 10)}
      />
      <Picker label={t('field.skills')} name="skills" options={skills.options} value={order?.skills ?? []} max={20} />
      <Picker label={t('field.styles')} name="styles" options={styles.options} value={order?.styles ?? []} max={15} />
      <Field
        label={t('field.tags')}
        name="tags"
        value={order?.tags.join(', ')}
        hint={t('edit.tagsHint')}
        required={false}
      />
      {!fixed && (
        <Select
          label={t('edit.access')}
          name="access"
          value={order?.access ?? 'open'}
          options={(['open', 'invited'] as const).map((one) => [one, t(`access.${one}`)])}
        />
      )}
      <fieldset class="checks">
        <legend>{t('edit.kinds')}</legend>
        <Check label={t('edit.urgent')} name="urgent" checked={order?.urgent} />
        {!fixed && <Check label={t('edit.nda')} name="nda" checked={order?.nda} />}
      </fieldset>
      <Field label={t('field.files')} name="file" type="file" multiple hint={t('edit.fileHint')} required={false} />
    </Form>
  );
}
