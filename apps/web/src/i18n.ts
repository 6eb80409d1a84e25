import i18next from 'i18next';
import { en } from './locales/en.ts';
import { ru } from './locales/ru.ts';
import { store } from './store.ts';

export type Locale = 'ru' | 'en';
const CHOICE = 'artel.locale';

/** Russian unless the person chose English here before. */
export const locale = store<Locale>(localStorage.getItem(CHOICE) === 'en' ? 'en' : 'ru');

void i18next.init({
  lng: locale.value,
  fallbackLng: 'ru',
  resources: { ru: { translation: ru }, en: { translation: en } },
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  // Preact escapes what it shows.
  interpolation: { escapeValue: false },
});
document.documentElement.lang = locale.value;

export function currentLocale(): Locale {
  return locale.value;
}

export function chooseLocale(next: Locale): void {
  localStorage.setItem(CHOICE, next);
  void i18next.changeLanguage(next);
  document.documentElement.lang = next;
  locale.set(next);
}

/** Text in the present language. An unknown key of a growing list (`status.…`) comes back as the last word of it. */
export function t(key: string, values?: Record<string, unknown>): string {
  const text = String(i18next.t(key, values));
  return text === key && key.includes('.') ? key.slice(key.lastIndexOf('.') + 1).replaceAll('_', ' ') : text;
}
