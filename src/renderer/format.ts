/** Numbers as a person reads them, in the language of the window. */

let locale = 'en';
const formats = new Map<string, Intl.NumberFormat>();

/** @param language BCP 47 */
export function setNumberLanguage(language: string): void {
  locale = language;
  formats.clear();
}

/**
 * @param digits after the point at the most
 * @param least after the point at the least: equal ones keep a reading from jumping about
 */
export function formatNumber(value: number, digits = 0, least = 0): string {
  const key = `${digits} ${least}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      maximumFractionDigits: digits,
      minimumFractionDigits: least,
    });
    formats.set(key, format);
  }
  const text = format.format(value);
  // A true minus, and no minus before what is rounded to nothing.
  return /^[-−]0([.,]0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

/** With a sign for gains: `+3`, `−4.5`, `0`. */
export function formatSigned(value: number, digits = 0): string {
  const text = formatNumber(value, digits);
  return value > 0 && !/^0([.,]0*)?$/.test(text) ? `+${text}` : text;
}

/** kbit/s without the unit: `1`, `2.25`. */
export const formatKbps = (kbps: number): string => formatNumber(kbps, 2);

/** A length of time: `0:07`, `12:30`, `1:02:03`. */
export function formatLength(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A size on disk, in steps of 1000: `812 B`, `48 kB`, `1.2 MB`, `3.4 GB`. */
export function formatBytes(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let step = 0;
  while (step < steps.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    step++;
  }
  return `${formatNumber(value, step < 2 || value >= 100 ? 0 : 1)} ${steps[step]}`;
}

/** A count that may be large: `812`, `48 k`, `1.1 M`, `2.5 G`. */
export function formatCount(value: number): string {
  const steps = ['', ' k', ' M', ' G', ' T'];
  let rest = value;
  let step = 0;
  while (step < steps.length - 1 && Math.round(rest * 10) / 10 >= 1000) {
    rest /= 1000;
    step++;
  }
  return `${formatNumber(rest, step === 0 || rest >= 100 ? 0 : 1)}${steps[step]}`;
}
