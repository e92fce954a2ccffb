import { ResiduaError } from '../common/errors.ts';
import { requireComparable } from './validate.ts';

/**
 * Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., "SDR: half-baked or well
 * done?", ICASSP 2019, eq. 5), with the mean of both signals removed first as in the usual
 * evaluation toolkits (asteroid, torchmetrics with zero_mean).
 *
 * @param reference clean signal, any rate, range free
 * @param estimate signal under test, same length and aligned in time
 * @returns dB; Infinity when the estimate is the reference times a constant, -Infinity when it is
 *   orthogonal to the reference
 * @throws ResiduaError METRIC_EMPTY, METRIC_LENGTH_MISMATCH, METRIC_NOT_FINITE, METRIC_SILENT
 *   (a signal is constant, so there is nothing to scale)
 */
export function siSdr(reference: Float32Array, estimate: Float32Array): number {
  requireComparable('SI-SDR', reference, estimate);
  const n = reference.length;
  const refMean = mean(reference);
  const estMean = mean(estimate);
  let refEnergy = 0;
  let estEnergy = 0;
  let dot = 0;
  for (let i = 0; i < n; i++) {
    const r = reference[i]! - refMean;
    const e = estimate[i]! - estMean;
    refEnergy += r * r;
    estEnergy += e * e;
    dot += r * e;
  }
  requireEnergy('reference', refEnergy);
  requireEnergy('estimate', estEnergy);
  const scale = dot / refEnergy;
  let targetEnergy = 0;
  let distortionEnergy = 0;
  for (let i = 0; i < n; i++) {
    const target = scale * (reference[i]! - refMean);
    const distortion = estimate[i]! - estMean - target;
    targetEnergy += target * target;
    distortionEnergy += distortion * distortion;
  }
  return 10 * Math.log10(targetEnergy / distortionEnergy);
}

/**
 * SI-SDR of the estimate minus SI-SDR of the unprocessed signal, in dB. All three signals have the
 * same length; errors as for siSdr.
 */
export function siSdrImprovement(
  reference: Float32Array,
  noisy: Float32Array,
  estimate: Float32Array,
): number {
  return siSdr(reference, estimate) - siSdr(reference, noisy);
}

function mean(signal: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i]!;
  return sum / signal.length;
}

function requireEnergy(name: string, energy: number): void {
  if (energy > 0) return;
  throw new ResiduaError(
    'METRIC_SILENT',
    `SI-SDR: the ${name} is silent or constant, so the ratio is undefined`,
    { hint: `leave out pairs whose ${name} is silent` },
  );
}
