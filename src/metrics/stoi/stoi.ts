import { ResiduaError } from '../../common/errors.ts';
import { requireComparable, requireSound } from '../validate.ts';
import { bandEnvelopes, removeSilentFrames, STOI_RATE } from './bands.ts';
import { extendedCorrelation } from './extended.ts';
import { resampleForStoi } from './resample.ts';

/** Frames of one intermediate intelligibility segment (384 ms). */
export const SEGMENT_FRAMES = 30;
/** Clipping bound of eq. 3: 1 + 10^(15/20). */
const CLIP_FACTOR = 1 + 10 ** (15 / 20);

/**
 * Short-time objective intelligibility (Taal, Hendriks, Heusdens, Jensen, IEEE TASLP 19(7), 2011).
 * Agrees with the Python package pystoi.
 *
 * @param reference clean speech
 * @param estimate speech under test, same length, aligned in time
 * @param sampleRate Hz, integer; both signals are resampled to 10 kHz
 * @returns about 0..1, higher is more intelligible
 * @throws ResiduaError METRIC_EMPTY, METRIC_LENGTH_MISMATCH, METRIC_NOT_FINITE, METRIC_SILENT (the
 *   reference is silent), METRIC_TOO_SHORT (under 30 frames, about 0.4 s, of active speech),
 *   METRIC_SAMPLE_RATE
 */
export function stoi(reference: Float32Array, estimate: Float32Array, sampleRate: number): number {
  const [clean, degraded] = envelopes('STOI', reference, estimate, sampleRate);
  const frames = clean[0]!.length;
  const y = new Float64Array(SEGMENT_FRAMES);
  let sum = 0;
  for (let band = 0; band < clean.length; band++) {
    const cleanBand = clean[band]!;
    const degradedBand = degraded[band]!;
    for (let start = 0; start + SEGMENT_FRAMES <= frames; start++) {
      sum += segmentCorrelation(cleanBand, degradedBand, start, y);
    }
  }
  return sum / (clean.length * (frames - SEGMENT_FRAMES + 1));
}

/**
 * Extended STOI (Jensen and Taal, IEEE/ACM TASLP 24(11), 2016), which also follows modulated noise.
 * Parameters, range and errors as for stoi. Agrees with pystoi(extended=True).
 */
export function estoi(reference: Float32Array, estimate: Float32Array, sampleRate: number): number {
  const [clean, degraded] = envelopes('ESTOI', reference, estimate, sampleRate);
  return extendedCorrelation(clean, degraded, SEGMENT_FRAMES);
}

function envelopes(
  metric: string,
  reference: Float32Array,
  estimate: Float32Array,
  sampleRate: number,
): [Float64Array[], Float64Array[]] {
  requireComparable(metric, reference, estimate);
  requireSound(metric, 'reference', reference);
  if (!Number.isInteger(sampleRate) || sampleRate < 8000 || sampleRate > 192000) {
    throw new ResiduaError(
      'METRIC_SAMPLE_RATE',
      `${metric}: sample rate ${sampleRate} is not an integer from 8000 to 192000 Hz`,
      { hint: 'give the rate of the signals in Hz' },
    );
  }
  const [clean, degraded] = removeSilentFrames(
    resampleForStoi(reference, sampleRate, STOI_RATE),
    resampleForStoi(estimate, sampleRate, STOI_RATE),
  );
  const cleanBands = bandEnvelopes(clean);
  const frames = cleanBands[0]!.length;
  if (frames < SEGMENT_FRAMES) {
    throw new ResiduaError(
      'METRIC_TOO_SHORT',
      `${metric}: ${frames} frames of active speech, needs ${SEGMENT_FRAMES} (about 0.4 s)`,
      { hint: 'measure a longer recording' },
    );
  }
  return [cleanBands, bandEnvelopes(degraded)];
}

/** Eqs. 3 to 5: scale and clip the degraded envelope, then the sample correlation. */
function segmentCorrelation(
  clean: Float64Array,
  degraded: Float64Array,
  start: number,
  y: Float64Array,
): number {
  let cleanEnergy = 0;
  let degradedEnergy = 0;
  let cleanSum = 0;
  for (let i = 0; i < SEGMENT_FRAMES; i++) {
    const c = clean[start + i]!;
    const d = degraded[start + i]!;
    cleanEnergy += c * c;
    degradedEnergy += d * d;
    cleanSum += c;
  }
  const scale = Math.sqrt(cleanEnergy) / (Math.sqrt(degradedEnergy) + Number.EPSILON);
  let ySum = 0;
  for (let i = 0; i < SEGMENT_FRAMES; i++) {
    const clipped = Math.min(degraded[start + i]! * scale, clean[start + i]! * CLIP_FACTOR);
    y[i] = clipped;
    ySum += clipped;
  }
  const cleanMean = cleanSum / SEGMENT_FRAMES;
  const yMean = ySum / SEGMENT_FRAMES;
  let dot = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < SEGMENT_FRAMES; i++) {
    const a = clean[start + i]! - cleanMean;
    const b = y[i]! - yMean;
    dot += a * b;
    xx += a * a;
    yy += b * b;
  }
  return dot / ((Math.sqrt(xx) + Number.EPSILON) * (Math.sqrt(yy) + Number.EPSILON));
}
