import { ResiduaError } from '../common/errors.ts';
import { realFft } from './fft.ts';
import { requireComparable } from './validate.ts';

const WINDOW_SAMPLES = 512;
const HOP_SAMPLES = 256;
/** Power floor relative to a full-scale sine's peak bin: -100 dB, below 16-bit rounding noise. */
const FLOOR = 1e-10;

/**
 * Log-spectral distance in dB (Gray and Markel, 1976): per frame the root mean square, over bins, of
 * the difference of the two log power spectra, then the mean over frames. 512-sample Hann window,
 * hop 256. Bins are floored 100 dB below a full-scale sine, so digital silence stays finite.
 *
 * @param reference clean signal, range -1..1, at least 512 samples
 * @param estimate same length, aligned in time
 * @returns dB, 0 for equal signals
 * @throws ResiduaError METRIC_EMPTY, METRIC_LENGTH_MISMATCH, METRIC_NOT_FINITE, METRIC_TOO_SHORT
 */
export function logSpectralDistance(reference: Float32Array, estimate: Float32Array): number {
  requireComparable('log-spectral distance', reference, estimate);
  if (reference.length < WINDOW_SAMPLES) {
    throw new ResiduaError(
      'METRIC_TOO_SHORT',
      `log-spectral distance: needs ${WINDOW_SAMPLES} samples, got ${reference.length}`,
      { hint: 'measure a longer recording' },
    );
  }
  const fft = realFft(WINDOW_SAMPLES);
  const window = new Float64Array(WINDOW_SAMPLES);
  for (let i = 0; i < WINDOW_SAMPLES; i++) {
    window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW_SAMPLES);
  }
  // A full-scale sine peaks at (sum of window / 2)^2 = (N / 4)^2 with a Hann window.
  const floor = FLOOR * (WINDOW_SAMPLES / 4) ** 2;
  const frame = new Float64Array(WINDOW_SAMPLES);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  const refLog = new Float64Array(fft.bins);
  const estLog = new Float64Array(fft.bins);
  const logSpectrum = (signal: Float32Array, start: number, out: Float64Array): void => {
    for (let i = 0; i < WINDOW_SAMPLES; i++) frame[i] = window[i]! * signal[start + i]!;
    fft.forward(frame, re, im);
    for (let k = 0; k < out.length; k++) {
      out[k] = 10 * Math.log10(Math.max(re[k]! * re[k]! + im[k]! * im[k]!, floor));
    }
  };
  let sum = 0;
  let frames = 0;
  for (let start = 0; start + WINDOW_SAMPLES <= reference.length; start += HOP_SAMPLES) {
    logSpectrum(reference, start, refLog);
    logSpectrum(estimate, start, estLog);
    let square = 0;
    for (let k = 0; k < refLog.length; k++) square += (refLog[k]! - estLog[k]!) ** 2;
    sum += Math.sqrt(square / refLog.length);
    frames++;
  }
  return sum / frames;
}
