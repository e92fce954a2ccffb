import { nextPowerOfTwo, realFft } from '../fft.ts';
import { SAMPLE_RATE } from './constants.ts';

/** Second-order section [b0, b1, b2, a1, a2] with a0 = 1. */
export type Biquad = readonly [number, number, number, number, number];

/** P.862.2 input filter: replaces the telephone handset response of P.862 by a 100 Hz high-pass. */
export const WIDE_BAND_INPUT: readonly Biquad[] = [
  [2.740826, -5.4816519, 2.740826, -1.9444777, 0.94597794],
];

/** Filter in front of the delay search: emphasises where speech is, at 16 kHz. */
export const ALIGNMENT_INPUT: readonly Biquad[] = [
  [0.325631521, -0.08678286, -0.238848661, -1.07941649, 0.434583902],
  [0.403961804, -0.556985881, 0.153024077, -0.415115835, 0.696590244],
  [4.736162769, 3.287251046, 1.753289019, -1.859599046, 0.876284034],
  [0.365373469, 0, 0, -0.634626531, 0],
  [0.884811506, 0, 0, -0.256725271, 0.141536777],
  [0.723593055, -1.447186099, 0.723593044, -1.129587469, 0.657232737],
  [1.644910855, -1.817280902, 1.249658063, -1.778403899, 0.801724355],
  [0.633692689, -0.284644314, -0.319789663, 0, 0],
  [1.032763031, 0.268428979, 0.602913323, 0, 0],
  [1.001616361, -0.823749013, 0.439731942, -0.885778255, 0],
  [0.752472096, -0.37538899, 0.188977609, -0.077258216, 0.247230734],
  [1.023700575, 0.001661628, 0.52128424, -0.183867259, 0.354324187],
];

/** Runs the sections one after the other over samples [from, to), in place, from a zero state. */
export function filterInPlace(
  data: Float64Array,
  from: number,
  to: number,
  sections: readonly Biquad[],
): void {
  for (const [b0, b1, b2, a1, a2] of sections) {
    let z1 = 0;
    let z2 = 0;
    for (let i = from; i < to; i++) {
      const z0 = data[i]! - a1 * z1 - a2 * z2;
      data[i] = b0 * z0 + b1 * z1 + b2 * z2;
      z2 = z1;
      z1 = z0;
    }
  }
}

/** Pass band of the level measurement in Hz; 500 dB down beyond the outer frequencies. */
const LEVEL_BAND = { stopLow: 300, passLow: 350, passHigh: 3250, stopHigh: 3500 } as const;
const STOP_DB = -500;

/**
 * Energy of samples [from, to) in the telephone band (350 to 3250 Hz), measured on the filtered
 * signal within the same range. The filter is applied to the spectrum of the whole range.
 */
export function telephoneBandEnergy(data: Float64Array, from: number, to: number): number {
  const count = to - from;
  const size = nextPowerOfTwo(count);
  const fft = realFft(size);
  const work = new Float64Array(size);
  work.set(data.subarray(from, to));
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  fft.forward(work, re, im);
  for (let k = 0; k < fft.bins; k++) {
    const gain = levelBandGain((k * SAMPLE_RATE) / size);
    re[k]! *= gain;
    im[k]! *= gain;
  }
  fft.inverse(re, im, work);
  let energy = 0;
  for (let i = 0; i < count; i++) energy += work[i]! * work[i]!;
  return energy;
}

/** Gain at a frequency: flat in the pass band, straight lines in dB at its edges. */
function levelBandGain(frequencyHz: number): number {
  const { stopLow, passLow, passHigh, stopHigh } = LEVEL_BAND;
  if (frequencyHz <= stopLow || frequencyHz >= stopHigh) return 10 ** (STOP_DB / 20);
  if (frequencyHz < passLow) {
    return 10 ** ((STOP_DB * (passLow - frequencyHz)) / (passLow - stopLow) / 20);
  }
  if (frequencyHz > passHigh) {
    return 10 ** ((STOP_DB * (frequencyHz - passHigh)) / (stopHigh - passHigh) / 20);
  }
  return 1;
}
