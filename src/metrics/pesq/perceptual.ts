import { aggregateOverTime, rawScore, timeWeights } from './aggregate.ts';
import { BAND_COUNT } from './bands.ts';
import { BLOCK_SAMPLES, FRAME_HOP, FRAME_SAMPLES, GUARD_SAMPLES } from './constants.ts';
import { frameDisturbance, GainCompensation } from './disturbance.ts';
import { audiblePower, compensateFilter, frameStart, pitchPower } from './loudness.ts';
import { findBadIntervals, hopsBehindGuard, realignIntervals } from './realign.ts';
import type { PaddedSignal } from './signal.ts';
import type { Utterance } from './utterances.ts';

/** Sum of five magnitudes below which the recording has not begun or has already ended. */
const SILENCE_OF_FIVE = 500;
const LARGEST_DISTURBANCE = 45;

/**
 * The perceptual model (P.862, 10.2): raw PESQ score of two level-aligned, input-filtered signals of
 * equal guarded length, given the delays of the utterances.
 */
export function perceptualScore(
  reference: PaddedSignal,
  degraded: PaddedSignal,
  utterances: readonly Utterance[],
): number {
  const { guarded } = reference;
  const audible = reference.data.length - 2 * GUARD_SAMPLES;
  const skippedStart = silentSamples(reference, 1);
  const skippedEnd = silentSamples(reference, -1);
  const first = Math.trunc(skippedStart / FRAME_HOP);
  const frames = Math.trunc((audible - skippedEnd) / FRAME_HOP);

  const refPower = new Float64Array(frames * BAND_COUNT);
  const degPower = new Float64Array(frames * BAND_COUNT);
  const silent = new Uint8Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    const start = frameStart(frame);
    pitchPower(reference.data, start, refPower, frame);
    const degStart = start + delayAt(utterances, start);
    // Frames that the delay moves out of the degraded recording stay at zero power.
    if (degStart > 0 && degStart + FRAME_SAMPLES < degraded.data.length) {
      pitchPower(degraded.data, degStart, degPower, frame);
    }
    silent[frame] = audiblePower(refPower, frame, 100) < 1e7 ? 1 : 0;
  }
  compensateFilter(refPower, degPower, silent, Math.trunc(audible / FRAME_HOP) - 1);

  const symmetric = new Float64Array(frames);
  const asymmetric = new Float64Array(frames);
  const gain = new GainCompensation();
  for (let frame = 0; frame < frames; frame++) {
    gain.apply(refPower, degPower, frame);
    const disturbance = frameDisturbance(refPower, degPower, frame);
    symmetric[frame] = disturbance.symmetric;
    asymmetric[frame] = disturbance.asymmetric;
  }
  for (const frame of droppedFrames(utterances, frames)) {
    symmetric[frame] = 0;
    asymmetric[frame] = 0;
  }

  const intervals = findBadIntervals(symmetric);
  if (intervals.length > 0) {
    const straight = delayed(degraded.data, utterances);
    const moved = realignIntervals(reference.data, straight, guarded, intervals);
    for (const { first: from, end } of intervals) {
      const intervalGain = new GainCompensation();
      for (let frame = from; frame < end; frame++) {
        pitchPower(moved, frameStart(frame), degPower, frame);
        intervalGain.apply(refPower, degPower, frame);
        const disturbance = frameDisturbance(refPower, degPower, frame);
        symmetric[frame] = Math.min(symmetric[frame]!, disturbance.symmetric);
        asymmetric[frame] = Math.min(asymmetric[frame]!, disturbance.asymmetric);
      }
    }
  }

  // Loud frames disturb more than they should: normalise by reference power.
  for (let frame = 0; frame < frames; frame++) {
    const level = ((audiblePower(refPower, frame, 1) + 1e5) / 1e7) ** 0.04;
    symmetric[frame] = Math.min(LARGEST_DISTURBANCE, symmetric[frame]! / level);
    asymmetric[frame] = Math.min(LARGEST_DISTURBANCE, asymmetric[frame]! / level);
  }
  const recordingFrames = Math.trunc((guarded - 2 * GUARD_SAMPLES) / FRAME_HOP) - 1;
  const weights = timeWeights(frames, recordingFrames);
  return rawScore(
    aggregateOverTime(symmetric, weights, first, frames - 1),
    aggregateOverTime(asymmetric, weights, first, frames - 1),
  );
}

/** Samples of silence at the start (direction 1) or end (-1) of the reference, at most half of it. */
function silentSamples({ data, guarded }: PaddedSignal, direction: 1 | -1): number {
  const origin = direction === 1 ? GUARD_SAMPLES : data.length - GUARD_SAMPLES - 1;
  const limit = Math.trunc(guarded / 2);
  let skipped = 0;
  while (skipped < limit) {
    let sum = 0;
    for (let i = 0; i < 5; i++) sum += Math.abs(data[origin + direction * (skipped + i)]!);
    if (sum >= SILENCE_OF_FIVE) break;
    skipped++;
  }
  return skipped;
}

/** Delay of the utterance that a reference sample belongs to. */
function delayAt(utterances: readonly Utterance[], sample: number): number {
  for (let i = utterances.length - 1; i > 0; i--) {
    if (utterances[i]!.start * BLOCK_SAMPLES <= sample) return utterances[i]!.delay;
  }
  return utterances[0]!.delay;
}

/** The degraded signal with every sample moved by its utterance's delay. */
function delayed(data: Float64Array, utterances: readonly Utterance[]): Float64Array {
  const out = new Float64Array(data.length);
  const from = GUARD_SAMPLES;
  const to = data.length - GUARD_SAMPLES;
  for (let i = from; i < to; i++) {
    const source = i + delayAt(utterances, i);
    out[i] = data[Math.min(to - 1, Math.max(from, source))]!;
  }
  return out;
}

/** Frames which the degraded signal skipped, where the delay fell by more than half a frame. */
function droppedFrames(utterances: readonly Utterance[], frames: number): number[] {
  const dropped: number[] = [];
  for (let i = 1; i < utterances.length; i++) {
    const previous = utterances[i - 1]!;
    const next = utterances[i]!;
    const jump = next.delay - previous.delay;
    if (jump >= -FRAME_HOP) continue;
    const nextStart = next.start * BLOCK_SAMPLES;
    const from = Math.max(
      0,
      Math.min(
        hopsBehindGuard(nextStart + next.delay),
        hopsBehindGuard(previous.end * BLOCK_SAMPLES + previous.delay),
      ),
    );
    const to = hopsBehindGuard(nextStart - jump) + 1;
    // The last frame is kept even then.
    for (let frame = from; frame <= to && frame < frames - 1; frame++) dropped.push(frame);
  }
  return dropped;
}
