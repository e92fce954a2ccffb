import { requireFinite } from './validate.ts';
import { kWeighting } from './k-weighting.ts';

const BLOCK_S = 0.4;
/** Blocks overlap by three quarters. */
const STEP_S = 0.1;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

const toLufs = (power: number): number => -0.691 + 10 * Math.log10(power);

/**
 * Integrated loudness of one channel: ITU-R BS.1770-4, annex 1. K-weighted mean square of blocks of 400 ms,
 * without those below −70 LUFS and then without those more than 10 LU below the mean of the rest.
 *
 * A sine of 997 Hz at full scale has −3.01 LUFS in one channel. A signal shorter than one block, for which the
 * recommendation gives no value, is taken as one block.
 *
 * @param samples nominally −1…1
 * @param sampleRateHz Hz
 * @returns LUFS; −Infinity where every block is below the gate
 * @throws ResiduaError METRIC_NOT_FINITE
 */
export function integratedLoudness(samples: Float32Array, sampleRateHz: number): number {
  requireFinite('loudness', 'signal', samples);
  const powers = blockPowers(samples, sampleRateHz);
  const audible = powers.filter((power) => toLufs(power) > ABSOLUTE_GATE_LUFS);
  if (audible.length === 0) return -Infinity;
  const gate = toLufs(mean(audible)) + RELATIVE_GATE_LU;
  return toLufs(mean(audible.filter((power) => toLufs(power) > gate)));
}

/** Mean square of each block after K-weighting. */
function blockPowers(samples: Float32Array, sampleRateHz: number): number[] {
  const weighted = new Float32Array(samples.length);
  const [shelf, highPass] = kWeighting(sampleRateHz);
  shelf.process(samples, weighted);
  highPass.process(weighted, weighted);
  const step = Math.max(1, Math.round(STEP_S * sampleRateHz));
  const steps = Math.round(BLOCK_S / STEP_S);
  const sums: number[] = [];
  for (let at = 0; at + step <= weighted.length; at += step) {
    sums.push(sumOfSquares(weighted, at, at + step));
  }
  if (sums.length < steps) {
    return weighted.length === 0
      ? []
      : [sumOfSquares(weighted, 0, weighted.length) / weighted.length];
  }
  const powers: number[] = [];
  for (let first = 0; first + steps <= sums.length; first++) {
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += sums[first + i]!;
    powers.push(sum / (step * steps));
  }
  return powers;
}

function sumOfSquares(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += samples[i]! * samples[i]!;
  return sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
