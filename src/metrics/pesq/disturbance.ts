import { BAND_COUNT } from './bands.ts';
import {
  audiblePower,
  loudness,
  normOverPitch,
  type PitchPower,
  sumOverPitch,
} from './loudness.ts';

/** Disturbance of one frame. */
export interface FrameDisturbance {
  symmetric: number;
  /** Counts only what the degraded signal added. */
  asymmetric: number;
}

const POWER_OFFSET = 5e3;
const SMALLEST_GAIN = 3e-4;
const LARGEST_GAIN = 5;
/** Share of the smaller loudness that masks a difference. */
const MASKING = 0.25;

/**
 * Partial compensation of short-term gain: a first-order smoothed power ratio of reference to degraded
 * signal, limited. Frames have to come in order; a new instance starts at gain 1.
 */
export class GainCompensation {
  #ratio = 1;

  /** Scales the degraded frame in place. Frame 0 is not smoothed. */
  apply(reference: PitchPower, degraded: PitchPower, frame: number): void {
    const ratio =
      (audiblePower(reference, frame, 1) + POWER_OFFSET) /
      (audiblePower(degraded, frame, 1) + POWER_OFFSET);
    this.#ratio = frame === 0 ? ratio : 0.2 * this.#ratio + 0.8 * ratio;
    const gain = Math.min(LARGEST_GAIN, Math.max(SMALLEST_GAIN, this.#ratio));
    const end = (frame + 1) * BAND_COUNT;
    for (let i = frame * BAND_COUNT; i < end; i++) degraded[i]! *= gain;
  }
}

const refLoudness = new Float64Array(BAND_COUNT);
const degLoudness = new Float64Array(BAND_COUNT);
const density = new Float64Array(BAND_COUNT);

/** Compares the loudness of one frame of both signals. */
export function frameDisturbance(
  reference: PitchPower,
  degraded: PitchPower,
  frame: number,
): FrameDisturbance {
  loudness(reference, frame, refLoudness);
  loudness(degraded, frame, degLoudness);
  for (let band = 0; band < BAND_COUNT; band++) {
    const ref = refLoudness[band]!;
    const deg = degLoudness[band]!;
    const masked = MASKING * Math.min(ref, deg);
    const difference = deg - ref;
    // Center clipping: what is masked does not disturb, the rest by what exceeds the mask.
    density[band] = Math.sign(difference) * Math.max(0, Math.abs(difference) - masked);
  }
  const symmetric = normOverPitch(density);
  for (let band = 0; band < BAND_COUNT; band++) {
    const i = frame * BAND_COUNT + band;
    density[band]! *= asymmetry(reference[i]!, degraded[i]!);
  }
  return { symmetric, asymmetric: sumOverPitch(density) };
}

/** Weight of a band by how much power the degraded signal added: 0 below 3, at most 12. */
function asymmetry(referencePower: number, degradedPower: number): number {
  const weight = ((degradedPower + 50) / (referencePower + 50)) ** 1.2;
  return weight < 3 ? 0 : Math.min(12, weight);
}
