import { ResiduaError } from '../../common/errors.ts';
import { requireFinite } from '../validate.ts';
import { detectActivity } from './activity.ts';
import { wideBandMos } from './aggregate.ts';
import { SAMPLE_RATE } from './constants.ts';
import { perceptualScore } from './perceptual.ts';
import { alignLevel, extendTo, filterWideBand, forAlignment, padSignal } from './signal.ts';
import { alignUtterances } from './utterances.ts';

const MIN_SAMPLES = SAMPLE_RATE / 4;

/**
 * Wide-band PESQ (ITU-T P.862 with the extension P.862.2): predicted mean opinion score of the
 * degraded speech. Agrees with the ITU reference software, as the Python package `pesq` wraps it in
 * mode 'wb'. Level and delay differences between the signals are found and do not count.
 *
 * @param reference clean speech, 16 kHz mono, any level, at least 0.25 s
 * @param degraded speech under test; it may be delayed and of another length
 * @param sampleRate Hz, 16000 only
 * @returns MOS-LQO, about 1.04 (bad) to 4.64 (identical)
 * @throws ResiduaError METRIC_SAMPLE_RATE, METRIC_EMPTY, METRIC_TOO_SHORT (under 0.25 s),
 *   METRIC_NOT_FINITE, METRIC_SILENT (a signal has no power in the telephone band), METRIC_NO_SPEECH
 *   (no utterance of 0.2 s in the reference)
 */
export function pesqWb(
  reference: Float32Array,
  degraded: Float32Array,
  sampleRate: number,
): number {
  if (sampleRate !== SAMPLE_RATE) {
    throw new ResiduaError(
      'METRIC_SAMPLE_RATE',
      `PESQ: wide-band PESQ is defined at ${SAMPLE_RATE} Hz only, got ${sampleRate}`,
      { hint: 'resample both signals to 16 kHz first' },
    );
  }
  requireLength('reference', reference);
  requireLength('degraded signal', degraded);
  requireFinite('PESQ', 'reference', reference);
  requireFinite('PESQ', 'degraded', degraded);

  const ref = padSignal(reference);
  const deg = padSignal(degraded);
  const longest = Math.max(ref.guarded, deg.guarded);
  alignLevel('reference', ref, longest);
  alignLevel('degraded signal', deg, longest);
  filterWideBand(ref);
  filterWideBand(deg);

  const alignedRef = forAlignment(ref);
  const alignedDeg = forAlignment(deg);
  const utterances = alignUtterances({
    reference: alignedRef,
    degraded: alignedDeg,
    referenceActivity: detectActivity(alignedRef),
    degradedActivity: detectActivity(alignedDeg),
  });
  if (utterances.length === 0) throw noSpeech();
  const mos = wideBandMos(
    perceptualScore(extendTo(ref, longest), extendTo(deg, longest), utterances),
  );
  // A reference that is silent but for its very edge leaves no frame to compare.
  if (!Number.isFinite(mos)) throw noSpeech();
  return mos;
}

function noSpeech(): ResiduaError {
  return new ResiduaError(
    'METRIC_NO_SPEECH',
    'PESQ: no utterance of at least 0.2 s was found in the reference',
    { hint: 'measure recordings that contain speech' },
  );
}

function requireLength(name: string, signal: Float32Array): void {
  if (signal.length >= MIN_SAMPLES) return;
  throw new ResiduaError(
    signal.length === 0 ? 'METRIC_EMPTY' : 'METRIC_TOO_SHORT',
    `PESQ: the ${name} has ${signal.length} samples, needs ${MIN_SAMPLES} (0.25 s)`,
    { hint: 'measure a longer recording' },
  );
}
