/** The hosted page on which a payer pays, or plays one of the ways in which that goes wrong. */
import { html, type Page, type PageLocale } from '../page.ts';
import { PAYMENT_OUTCOMES, type Payment } from './model.ts';

const WORDS = {
  ru: {
    title: 'Оплата (имитация)',
    note: 'Это имитация платёжного провайдера. Настоящие деньги не списываются.',
    other: 'English',
    number: 'Номер операции',
    back: 'Вернуться в магазин',
    pay: 'Оплатить',
    decline: 'Отказать в оплате',
    drop: 'Оплатить и оборвать соединение',
    twice: 'Оплатить, уведомить дважды',
    late: 'Оплатить, уведомить с опозданием',
    succeeded: 'Платёж прошёл.',
    declined: 'В оплате отказано.',
    charged_back: 'Платёж отозван.',
    unknown: 'Такого платежа нет.',
  },
  en: {
    title: 'Payment (simulated)',
    note: 'This is a simulated payment provider. No real money is taken.',
    other: 'Русский',
    number: 'Operation',
    back: 'Back to the shop',
    pay: 'Pay',
    decline: 'Decline the payment',
    drop: 'Pay and drop the connection',
    twice: 'Pay, notify twice',
    late: 'Pay, notify late',
    succeeded: 'The payment succeeded.',
    declined: 'The payment was declined.',
    charged_back: 'The payment was taken back.',
    unknown: 'There is no such payment.',
  },
} as const;

export function paymentPage(payment: Payment, locale: PageLocale): Page {
  const words = WORDS[locale];
  const other = locale === 'ru' ? 'en' : 'ru';
  const buttons = PAYMENT_OUTCOMES.map(
    (outcome) =>
      html`<button name="outcome" value="${outcome}"${outcome === 'pay' ? html` class="main"` : null}>${words[outcome]}</button>`,
  );
  const content = html`<header><h1>${words.title}</h1><a href="?lang=${other}" hreflang="${other}" lang="${other}">${words.other}</a></header>
<main>
<p class="note">${words.note}</p>
<p class="sum">${priceOf(payment, locale)}</p>
<p>${payment.description}</p>
<p class="note">${words.number}: ${payment.reference}</p>
${
  payment.status === 'pending'
    ? html`<form method="post" action="?lang=${locale}" class="stack">${buttons}</form>`
    : html`<p role="status"><strong>${words[payment.status]}</strong></p><p><a href="${payment.returnUrl}">${words.back}</a></p>`
}
</main>`;
  return { locale, title: words.title, content, formTargets: [new URL(payment.returnUrl).origin] };
}

export function unknownPage(locale: PageLocale): Page {
  const words = WORDS[locale];
  return { locale, title: words.title, content: html`<h1>${words.unknown}</h1>`, status: 404 };
}

/** Minor units with the decimals of their currency, as the language writes them. */
function priceOf({ amount }: Payment, locale: PageLocale): string {
  const format = new Intl.NumberFormat(locale === 'ru' ? 'ru-RU' : 'en-GB', {
    style: 'currency',
    currency: amount.currency,
  });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  const digits = amount.value.padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  // A string, not a number: no digit of a large sum is lost.
  return format.format(`${whole}.${digits.slice(digits.length - decimals)}` as `${number}`);
}
