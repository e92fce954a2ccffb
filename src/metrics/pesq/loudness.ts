import { realFft } from '../fft.ts';
import {
  BAND_BINS,
  BAND_COUNT,
  BAND_POWER_SCALE,
  BAND_WIDTH_BARK,
  HEARING_THRESHOLD,
  LOUDNESS_EXPONENT,
  LOUDNESS_SCALE,
} from './bands.ts';
import { FRAME_HOP, FRAME_SAMPLES, GUARD_SAMPLES, hannWindow } from './constants.ts';

const WINDOW = hannWindow(FRAME_SAMPLES);
const scratch = {
  frame: new Float64Array(FRAME_SAMPLES),
  re: new Float64Array(FRAME_SAMPLES / 2 + 1),
  im: new Float64Array(FRAME_SAMPLES / 2 + 1),
};

/** Pitch power densities: BAND_COUNT values per frame, frame after frame. */
export type PitchPower = Float64Array;

/** First sample of a perceptual frame in a padded signal. */
export function frameStart(frame: number): number {
  return GUARD_SAMPLES + frame * FRAME_HOP;
}

/** Pitch power density of the frame that starts at sample `start`, written to frame `frame`. */
export function pitchPower(
  data: Float64Array,
  start: number,
  out: PitchPower,
  frame: number,
): void {
  const { frame: samples, re, im } = scratch;
  for (let i = 0; i < FRAME_SAMPLES; i++) samples[i] = data[start + i]! * WINDOW[i]!;
  realFft(FRAME_SAMPLES).forward(samples, re, im);
  re[0] = 0;
  let bin = 0;
  for (let band = 0; band < BAND_COUNT; band++) {
    let sum = 0;
    for (const end = bin + BAND_BINS[band]!; bin < end; bin++) {
      sum += re[bin]! * re[bin]! + im[bin]! * im[bin]!;
    }
    out[frame * BAND_COUNT + band] = sum * BAND_POWER_SCALE[band]!;
  }
}

/** Power of a frame in the bands that exceed the hearing threshold times `factor`. */
export function audiblePower(power: PitchPower, frame: number, factor: number): number {
  let sum = 0;
  for (let band = 1; band < BAND_COUNT; band++) {
    const value = power[frame * BAND_COUNT + band]!;
    if (value > factor * HEARING_THRESHOLD[band]!) sum += value;
  }
  return sum;
}

/** Zwicker loudness density (sone per Bark) of a frame, into `out` (one value per band). */
export function loudness(power: PitchPower, frame: number, out: Float64Array): void {
  for (let band = 0; band < BAND_COUNT; band++) {
    const value = power[frame * BAND_COUNT + band]!;
    const threshold = HEARING_THRESHOLD[band]!;
    out[band] =
      value > threshold
        ? LOUDNESS_SCALE[band]! *
          ((0.5 + (0.5 * value) / threshold) ** LOUDNESS_EXPONENT[band]! - 1)
        : 0;
  }
}

/** Average audible power per band over the frames that are not silent, divided by `frames`. */
function averagePower(power: PitchPower, silent: Uint8Array, frames: number): Float64Array {
  const average = new Float64Array(BAND_COUNT);
  for (let frame = 0; frame < silent.length; frame++) {
    if (silent[frame]) continue;
    for (let band = 0; band < BAND_COUNT; band++) {
      const value = power[frame * BAND_COUNT + band]!;
      if (value > 100 * HEARING_THRESHOLD[band]!) average[band]! += value;
    }
  }
  return average.map((sum) => sum / frames);
}

/**
 * Partial compensation of linear filtering: the reference is shaped, by at most 20 dB per band, to the
 * degraded signal's average spectrum, since listeners hardly mind a moderate filter.
 *
 * @param frames number of frames the averages are divided by
 */
export function compensateFilter(
  reference: PitchPower,
  degraded: PitchPower,
  silent: Uint8Array,
  frames: number,
): void {
  const refAverage = averagePower(reference, silent, frames);
  const degAverage = averagePower(degraded, silent, frames);
  const gain = refAverage.map((ref, band) =>
    Math.min(100, Math.max(0.01, (degAverage[band]! + 1000) / (ref + 1000))),
  );
  for (let i = 0; i < reference.length; i++) reference[i]! *= gain[i % BAND_COUNT]!;
}

const TOTAL_WIDTH = BAND_WIDTH_BARK.subarray(1).reduce((sum, width) => sum + width, 0);

/** Sum over pitch of |density| weighted by band width (L1); the lowest band does not count. */
export function sumOverPitch(density: Float64Array): number {
  let sum = 0;
  for (let band = 1; band < BAND_COUNT; band++) {
    sum += Math.abs(density[band]!) * BAND_WIDTH_BARK[band]!;
  }
  return sum;
}

/** The same as an L2 norm, scaled to compare with the sum. */
export function normOverPitch(density: Float64Array): number {
  let sum = 0;
  for (let band = 1; band < BAND_COUNT; band++) {
    sum += (density[band]! * BAND_WIDTH_BARK[band]!) ** 2;
  }
  return Math.sqrt(sum / TOTAL_WIDTH) * TOTAL_WIDTH;
}
