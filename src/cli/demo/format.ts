/** Numbers as the terminal table and the page show them: one place, so that both say the same. */

import type { Variant } from './report.ts';

export const MISSING = '–';

function fixed(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) return MISSING;
  const text = value.toFixed(digits);
  // A typographic minus lines up with the digits, and −0.00 is 0.00.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** dB with two decimals. */
export const decibels = (value: number | undefined): string => fixed(value, 2);
/** STOI, three decimals. */
export const intelligibility = (value: number | undefined): string => fixed(value, 3);
/** PESQ, two decimals. */
export const opinion = (value: number | undefined): string => fixed(value, 2);
/** ms, two decimals. */
export const milliseconds = (value: number): string => fixed(value, 2);
/** Signal-to-noise ratio as labelled, dB, always with a sign except for 0. */
export const signedDecibels = (value: number): string =>
  value > 0 ? `+${fixed(value, 0)}` : fixed(value, 0);

/** Whole ms where exact, e.g. 20, else two decimals. */
export function latency(ms: number): string {
  return Number.isInteger(ms) ? String(ms) : fixed(ms, 2);
}

/** kbit/s; `uncoded` where the quantizer writes no codes. */
export function bitrate({ codebooks, bitrateKbps }: Variant): string {
  return codebooks === 0 ? 'uncoded' : fixed(bitrateKbps, 2);
}
