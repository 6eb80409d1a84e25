import type { Contact } from '#contracts/users/internal.ts';

/** The made-up contact of a person, the same in every process of a test. */
export function contactOf(userId: string, more: Partial<Contact> = {}): Contact {
  return {
    userId,
    displayName: 'Анна Иванова',
    email: `${userId}@example.com`,
    emailConfirmed: true,
    phone: `+79${BigInt(`0x${userId.replaceAll('-', '').slice(-12)}`)
      .toString()
      .padStart(9, '0')
      .slice(-9)}`,
    phoneVerified: true,
    locale: 'ru',
    timeZone: 'Europe/Moscow',
    status: 'active',
    ...more,
  };
}
