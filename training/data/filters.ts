import type { Rng } from './random.ts';

const RATE = 16000;

/** Normalised biquad coefficients b0, b1, b2, a1, a2. */
export type Biquad = readonly [number, number, number, number, number];
export type BiquadType = 'peak' | 'lowShelf' | 'highShelf' | 'lowPass' | 'highPass' | 'bandPass';

/** R. Bristow-Johnson's Audio EQ Cookbook, at 16 kHz. */
export function biquad(type: BiquadType, hz: number, q: number, gainDb: number): Biquad {
  const a = Math.pow(10, gainDb / 40);
  const w = (2 * Math.PI * Math.min(hz, 0.49 * RATE)) / RATE;
  const cos = Math.cos(w);
  const alpha = Math.sin(w) / (2 * q);
  const root = 2 * Math.sqrt(a) * alpha;
  let b: [number, number, number];
  let d: [number, number, number];
  switch (type) {
    case 'peak':
      b = [1 + alpha * a, -2 * cos, 1 - alpha * a];
      d = [1 + alpha / a, -2 * cos, 1 - alpha / a];
      break;
    case 'lowShelf':
      b = [
        a * (a + 1 - (a - 1) * cos + root),
        2 * a * (a - 1 - (a + 1) * cos),
        a * (a + 1 - (a - 1) * cos - root),
      ];
      d = [
        a + 1 + (a - 1) * cos + root,
        -2 * (a - 1 + (a + 1) * cos),
        a + 1 + (a - 1) * cos - root,
      ];
      break;
    case 'highShelf':
      b = [
        a * (a + 1 + (a - 1) * cos + root),
        -2 * a * (a - 1 + (a + 1) * cos),
        a * (a + 1 + (a - 1) * cos - root),
      ];
      d = [a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root];
      break;
    case 'lowPass':
      b = [(1 - cos) / 2, 1 - cos, (1 - cos) / 2];
      d = [1 + alpha, -2 * cos, 1 - alpha];
      break;
    case 'highPass':
      b = [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2];
      d = [1 + alpha, -2 * cos, 1 - alpha];
      break;
    case 'bandPass':
      b = [alpha, 0, -alpha];
      d = [1 + alpha, -2 * cos, 1 - alpha];
      break;
  }
  return [b[0] / d[0], b[1] / d[0], b[2] / d[0], d[1] / d[0], d[2] / d[0]];
}

/** Filters in place (transposed direct form II). */
export function applyBiquad(x: Float32Array, [b0, b1, b2, a1, a2]: Biquad): void {
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    const y = b0 * v + s1;
    s1 = b1 * v - a1 * y + s2;
    s2 = b2 * v - a2 * y;
    x[i] = y;
  }
}

/** Two or three random biquads, as a microphone or a room might colour the sound. */
export function randomEq(x: Float32Array, rng: Rng, gainDb: number): void {
  const gain = (): number => rng.uniform(-gainDb, gainDb);
  if (rng.chance(0.6)) applyBiquad(x, biquad('lowShelf', rng.logUniform(80, 500), 0.7, gain()));
  if (rng.chance(0.6)) applyBiquad(x, biquad('highShelf', rng.logUniform(1500, 6000), 0.7, gain()));
  applyBiquad(x, biquad('peak', rng.logUniform(150, 6000), rng.logUniform(0.5, 3), gain()));
  if (rng.chance(0.2)) applyBiquad(x, biquad('highPass', rng.logUniform(40, 250), 0.7, 0));
  if (rng.chance(0.08)) applyBiquad(x, biquad('lowPass', rng.logUniform(3000, 7000), 0.7, 0));
}

const TAPS = 8;
const PHASES = 256;

/** Windowed-sinc tables by cut-off relative to the input's Nyquist frequency. */
const tables = new Map<number, Float32Array>();

function sincTable(cutoff: number): Float32Array {
  const known = tables.get(cutoff);
  if (known) return known;
  const table = new Float32Array(PHASES * TAPS);
  for (let p = 0; p < PHASES; p++) {
    let sum = 0;
    for (let k = 0; k < TAPS; k++) {
      const t = k - (TAPS / 2 - 1) - p / PHASES;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * t) / (TAPS / 2 + 0.5));
      const arg = Math.PI * t * cutoff;
      const value = window * (Math.abs(arg) < 1e-9 ? 1 : Math.sin(arg) / arg);
      table[p * TAPS + k] = value;
      sum += value;
    }
    for (let k = 0; k < TAPS; k++) {
      table[p * TAPS + k] = (table[p * TAPS + k] as number) / sum;
    }
  }
  tables.set(cutoff, table);
  return table;
}

/** Samples of input {@link changeSpeed} needs for `count` of output. */
export const speedInputLength = (count: number, speed: number): number =>
  Math.ceil(count * speed) + TAPS;

/**
 * Plays `input` `speed` times as fast into all of `out` (8-tap windowed sinc, nearest of 256 phases:
 * for augmentation, input and target get the very same signal). `input` holds at least
 * speedInputLength(out.length, speed) samples.
 */
export function changeSpeed(input: Float32Array, speed: number, out: Float32Array): void {
  const table = sincTable(speed > 1.2 ? 0.75 : speed > 1 ? 0.88 : 0.95);
  for (let i = 0; i < out.length; i++) {
    const position = i * speed;
    const base = Math.floor(position);
    const p = Math.floor((position - base) * PHASES) * TAPS;
    let sum = 0;
    for (let k = 0; k < TAPS; k++) sum += (table[p + k] as number) * (input[base + k] as number);
    out[i] = sum;
  }
}
