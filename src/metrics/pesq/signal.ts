import { ResiduaError } from '../../common/errors.ts';
import { BLOCK_SAMPLES, GUARD_SAMPLES, TAIL_SAMPLES } from './constants.ts';
import { ALIGNMENT_INPUT, filterInPlace, telephoneBandEnergy, WIDE_BAND_INPUT } from './filters.ts';

/**
 * A recording between two guards of silence and followed by a tail of silence:
 * guard | recording | guard | tail. `guarded` counts everything but the tail.
 */
export interface PaddedSignal {
  readonly data: Float64Array;
  readonly guarded: number;
}

/** Mean power in the telephone band to which both signals are brought. */
const TARGET_POWER = 1e7;
const FADE_SAMPLES = 16;

export function padSignal(samples: Float32Array): PaddedSignal {
  const guarded = samples.length + 2 * GUARD_SAMPLES;
  const data = new Float64Array(guarded + TAIL_SAMPLES);
  data.set(samples, GUARD_SAMPLES);
  return { data, guarded };
}

/**
 * Level alignment: scales the signal to the target power in the telephone band. Power is the energy
 * over the length of the longer of both signals, so that both are divided alike.
 *
 * @throws ResiduaError METRIC_SILENT when the band holds no power
 */
export function alignLevel(name: string, signal: PaddedSignal, longestGuarded: number): void {
  const { data, guarded } = signal;
  const end = guarded - GUARD_SAMPLES + TAIL_SAMPLES;
  const duration = longestGuarded - 2 * GUARD_SAMPLES + TAIL_SAMPLES;
  const power = telephoneBandEnergy(data, GUARD_SAMPLES, end) / duration;
  const scale = Math.sqrt(TARGET_POWER / power);
  if (!Number.isFinite(scale)) {
    throw new ResiduaError(
      'METRIC_SILENT',
      `PESQ: the ${name} has no power between 350 and 3250 Hz, so no level can be aligned`,
      { hint: `leave out pairs whose ${name} is silent` },
    );
  }
  for (let i = 0; i < guarded; i++) data[i]! *= scale;
}

/** Wide-band input filtering (P.862.2): short fades, then the high-pass over the recording. */
export function filterWideBand({ data, guarded }: PaddedSignal): void {
  const from = GUARD_SAMPLES;
  const to = guarded - GUARD_SAMPLES;
  for (let i = 1; i < FADE_SAMPLES; i++) {
    data[from + i - 1]! *= i / FADE_SAMPLES;
    data[to - i]! *= i / FADE_SAMPLES;
  }
  filterInPlace(data, from, to, WIDE_BAND_INPUT);
}

/** A copy prepared for the delay search: DC removed, one-block fades, alignment filter. */
export function forAlignment(signal: PaddedSignal): PaddedSignal {
  const data = signal.data.slice();
  const from = GUARD_SAMPLES;
  const to = signal.guarded - GUARD_SAMPLES;
  let sum = 0;
  for (let i = from; i < to; i++) sum += data[i]!;
  // The Recommendation's mean counts the guards too.
  const offset = sum / signal.guarded;
  for (let i = from; i < to; i++) data[i]! -= offset;
  for (let i = 0; i < BLOCK_SAMPLES; i++) {
    const gain = (i + 0.5) / BLOCK_SAMPLES;
    data[from + i]! *= gain;
    data[to - 1 - i]! *= gain;
  }
  filterInPlace(data, 0, data.length, ALIGNMENT_INPUT);
  return { data, guarded: signal.guarded };
}

/** The signal with its silence extended to the given guarded length. */
export function extendTo(signal: PaddedSignal, guarded: number): PaddedSignal {
  if (signal.guarded === guarded) return signal;
  const data = new Float64Array(guarded + TAIL_SAMPLES);
  data.set(signal.data);
  return { data, guarded };
}
