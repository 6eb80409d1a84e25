/** The rules of the platform that a block names. `key|ru|en` */
export const RULES: readonly string[] = [
  'spam|Спам и навязчивые сообщения|Spam and unwanted messages',
  'fraud|Обман, чужие работы, поддельные документы|Fraud, works of others, forged documents',
  'insults|Оскорбления, угрозы, травля|Insults, threats, harassment',
  'payment-outside|Оплата в обход площадки|Payment outside the platform',
  'second-account|Несколько учётных записей|Several accounts of one person',
  'unlawful|Незаконные заказы и работы|Unlawful orders and works',
  'payments|Чужие платёжные средства, возвраты платежей|Payment means of others, chargebacks',
  'reviews|Накрутка и покупка отзывов|Bought or arranged reviews',
  'security|Взлом или подозрение на взлом записи|A hijacked account, or suspicion of it',
  'other|Другое нарушение правил|Another breach of the rules',
];
