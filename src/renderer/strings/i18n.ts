import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setNumberLanguage } from '../format.ts';
import { en } from './en.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'app';
    resources: { app: typeof en };
  }
}

/** Languages there are words for, each by its own name. */
export const LANGUAGES = { en: 'English' } as const;

/** Loads the words; done when it returns, as nothing has to be fetched. */
export function startStrings(): void {
  void i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    ns: ['app'],
    defaultNS: 'app',
    resources: { en: { app: en } },
    initAsync: false,
    interpolation: { escapeValue: false }, // React escapes
  });
}

/** @param language as in the settings; `null`: the system's, where there are words for it */
export function chooseLanguage(language: string | null): void {
  const wanted = language ?? navigator.language;
  const known = Object.keys(LANGUAGES).find((id) => wanted === id || wanted.startsWith(`${id}-`));
  const next = known ?? 'en';
  document.documentElement.lang = next;
  setNumberLanguage(next);
  if (i18next.language !== next) void i18next.changeLanguage(next);
}
