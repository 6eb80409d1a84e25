/** What people ask the support; the first is answered. */
export const TICKETS = [
  {
    by: 'anna',
    kind: 'payment',
    subject: 'Когда деньги придут на карту?',
    text: 'Вывела 5000 рублей, статус «отправлено». Сколько обычно ждать?',
    answer:
      'Здравствуйте, Анна! Обычно несколько минут, по правилам банка до трёх рабочих дней. Напишите, если задержится.',
  },
  {
    by: 'igor',
    kind: 'question',
    subject: 'Закрывающие документы для бухгалтерии',
    text: 'Подскажите, где скачать выписку за квартал для бухгалтерии?',
    answer: null,
  },
] as const;
