import { ResiduaError } from '../common/errors.ts';

/**
 * Checks what every two-signal metric needs: equal, non-zero length and finite samples.
 *
 * @throws ResiduaError METRIC_EMPTY, METRIC_LENGTH_MISMATCH or METRIC_NOT_FINITE
 */
export function requireComparable(
  metric: string,
  reference: Float32Array,
  estimate: Float32Array,
): void {
  if (reference.length === 0 || estimate.length === 0) {
    throw new ResiduaError('METRIC_EMPTY', `${metric}: a signal has no samples`, {
      hint: 'give both signals at least one sample',
    });
  }
  if (reference.length !== estimate.length) {
    throw new ResiduaError(
      'METRIC_LENGTH_MISMATCH',
      `${metric}: reference has ${reference.length} samples, estimate ${estimate.length}`,
      { hint: 'align both signals and cut them to one length first' },
    );
  }
  requireFinite(metric, 'reference', reference);
  requireFinite(metric, 'estimate', estimate);
}

/** Refuses NaN and infinite samples. @throws ResiduaError METRIC_NOT_FINITE */
export function requireFinite(metric: string, name: string, signal: Float32Array): void {
  for (let i = 0; i < signal.length; i++) {
    if (!Number.isFinite(signal[i])) {
      throw new ResiduaError(
        'METRIC_NOT_FINITE',
        `${metric}: ${name} sample ${i} is ${signal[i]}`,
        { hint: 'replace NaN and infinite samples before measuring' },
      );
    }
  }
}

/** Refuses a signal of digital silence. @throws ResiduaError METRIC_SILENT */
export function requireSound(metric: string, name: string, signal: Float32Array): void {
  for (let i = 0; i < signal.length; i++) if (signal[i] !== 0) return;
  throw new ResiduaError(
    'METRIC_SILENT',
    `${metric}: the ${name} is digital silence, so the value is undefined`,
    { hint: `leave out pairs whose ${name} is silent` },
  );
}
