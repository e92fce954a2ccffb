import { realFft } from '../fft.ts';

/** Constants of Taal et al. 2011, section II. Signals are at 10 kHz. */
export const STOI_RATE = 10000;
export const FRAME_SAMPLES = 256;
export const FRAME_HOP = 128;
export const FFT_SIZE = 512;
export const BAND_COUNT = 15;
const LOWEST_CENTRE_HZ = 150;
const DYNAMIC_RANGE_DB = 40;

/** First bin and bin behind the last one, for each one-third octave band. */
const BAND_EDGES: readonly (readonly [number, number])[] = Array.from(
  { length: BAND_COUNT },
  (_, band) => [
    nearestBin(LOWEST_CENTRE_HZ * 2 ** ((2 * band - 1) / 6)),
    nearestBin(LOWEST_CENTRE_HZ * 2 ** ((2 * band + 1) / 6)),
  ],
);

function nearestBin(frequencyHz: number): number {
  return Math.round((frequencyHz * FFT_SIZE) / STOI_RATE);
}

/** Hann window without its zero end points. */
const WINDOW = Float64Array.from(
  { length: FRAME_SAMPLES },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (FRAME_SAMPLES + 1)),
);

/** Frames start at 0, hop, 2 hop ...; as in the authors' code the last full frame is not used. */
function frameCount(samples: number): number {
  return Math.max(0, Math.ceil((samples - FRAME_SAMPLES) / FRAME_HOP));
}

/**
 * Removes the frames in which the clean signal is more than 40 dB below its loudest frame, from both
 * signals, by overlap-adding the windowed frames that stay.
 *
 * @returns both signals, of equal (possibly zero) length
 */
export function removeSilentFrames(
  clean: Float64Array,
  degraded: Float64Array,
): [Float64Array, Float64Array] {
  const frames = frameCount(clean.length);
  const energyDb = new Float64Array(frames);
  let loudest = -Infinity;
  for (let f = 0; f < frames; f++) {
    let energy = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      energy += (WINDOW[i]! * clean[f * FRAME_HOP + i]!) ** 2;
    }
    energyDb[f] = 20 * Math.log10(Math.sqrt(energy) + Number.EPSILON);
    loudest = Math.max(loudest, energyDb[f]!);
  }
  const kept: number[] = [];
  for (let f = 0; f < frames; f++) {
    if (loudest - DYNAMIC_RANGE_DB - energyDb[f]! < 0) kept.push(f);
  }
  const length = kept.length === 0 ? 0 : (kept.length - 1) * FRAME_HOP + FRAME_SAMPLES;
  const cleanOut = new Float64Array(length);
  const degradedOut = new Float64Array(length);
  kept.forEach((f, position) => {
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      cleanOut[position * FRAME_HOP + i]! += WINDOW[i]! * clean[f * FRAME_HOP + i]!;
      degradedOut[position * FRAME_HOP + i]! += WINDOW[i]! * degraded[f * FRAME_HOP + i]!;
    }
  });
  return [cleanOut, degradedOut];
}

/**
 * One-third octave band envelopes (eq. 1): root of the power summed per band and frame.
 *
 * @returns one Float64Array per band, each with one value per frame
 */
export function bandEnvelopes(signal: Float64Array): Float64Array[] {
  const frames = frameCount(signal.length);
  const bands = BAND_EDGES.map(() => new Float64Array(frames));
  const fft = realFft(FFT_SIZE);
  const padded = new Float64Array(FFT_SIZE);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  for (let f = 0; f < frames; f++) {
    for (let i = 0; i < FRAME_SAMPLES; i++) padded[i] = WINDOW[i]! * signal[f * FRAME_HOP + i]!;
    fft.forward(padded, re, im);
    BAND_EDGES.forEach(([from, to], band) => {
      let power = 0;
      for (let k = from; k < to; k++) power += re[k]! * re[k]! + im[k]! * im[k]!;
      bands[band]![f] = Math.sqrt(power);
    });
  }
  return bands;
}
