import type { Activity } from './activity.ts';
import { BLOCK_SAMPLES, GUARD_BLOCKS, GUARD_SAMPLES, MIN_UTTERANCE_BLOCKS } from './constants.ts';
import { DelayHistogram, envelopeDelay, overallDelay, voteForward, windowStart } from './delay.ts';
import type { PaddedSignal } from './signal.ts';
import { splitUtterances } from './splitting.ts';

/** A stretch of the reference with one delay. Positions are blocks, delays samples. */
export interface Utterance {
  start: number;
  end: number;
  /** Coarse delay, from the envelopes. */
  estimate: number;
  /** Final delay, to the sample. */
  delay: number;
  /** Confidence in the final delay, 0..1. */
  confidence: number;
}

/** Everything the delay search looks at. */
export interface AlignmentInput {
  readonly reference: PaddedSignal;
  readonly degraded: PaddedSignal;
  readonly referenceActivity: Activity;
  readonly degradedActivity: Activity;
}

/**
 * Time alignment (P.862, 10.1.2 and 10.1.3): one coarse delay for the whole recording, then per
 * utterance a coarse and a fine delay, then splits where the delay changes within speech.
 *
 * @returns utterances in order; empty when the reference holds no speech of at least 0.2 s
 */
export function alignUtterances(input: AlignmentInput): Utterance[] {
  const ref = input.referenceActivity.envelope;
  const deg = input.degradedActivity.envelope;
  const overall = overallDelay(ref, deg);
  const histogram = new DelayHistogram(input.reference, input.degraded);
  const utterances = findSpeech(input, overall).map(({ start, end }): Utterance => {
    const from = Math.max(0, start - GUARD_BLOCKS);
    const to = Math.min(ref.length - 1, end + GUARD_BLOCKS);
    const estimate = envelopeDelay(ref, deg, from, to, overall);
    histogram.clear();
    voteForward(
      histogram,
      windowStart(from * BLOCK_SAMPLES, estimate),
      to * BLOCK_SAMPLES,
      input.degraded.guarded,
    );
    const { offset, confidence } = histogram.best();
    return { start, end, estimate, delay: estimate + offset, confidence };
  });
  if (utterances.length === 0) return [];
  meetBetween(utterances, ref.length);
  resolveOverlaps(utterances, input.degraded.guarded);
  return splitUtterances(utterances, input);
}

/** Runs of active blocks long enough to be an utterance and not outside the degraded signal. */
function findSpeech(
  { referenceActivity, degraded }: AlignmentInput,
  overall: number,
): { start: number; end: number }[] {
  const { active } = referenceActivity;
  const earliest = MIN_UTTERANCE_BLOCKS - Math.trunc(overall / BLOCK_SAMPLES);
  const latest = Math.trunc((degraded.guarded - overall) / BLOCK_SAMPLES) - MIN_UTTERANCE_BLOCKS;
  const found: { start: number; end: number }[] = [];
  let start = -1;
  for (let block = 0; block < active.length; block++) {
    if (active[block] && start < 0) start = block;
    if (start >= 0 && (!active[block] || block === active.length - 1)) {
      if (block - start >= MIN_UTTERANCE_BLOCKS && start < latest && block > earliest) {
        found.push({ start, end: block });
      }
      start = -1;
    }
  }
  return found;
}

/** Extends utterances over the pauses: neighbours meet half way, the outer ones reach the guards. */
function meetBetween(utterances: Utterance[], blocks: number): void {
  utterances[0]!.start = GUARD_BLOCKS;
  utterances[utterances.length - 1]!.end = blocks - GUARD_BLOCKS;
  for (let i = 1; i < utterances.length; i++) {
    const middle = Math.trunc((utterances[i]!.start + utterances[i - 1]!.end) / 2);
    utterances[i]!.start = middle;
    utterances[i - 1]!.end = middle;
  }
}

/** Keeps utterances, once delayed, inside the degraded recording and off each other. */
function resolveOverlaps(utterances: Utterance[], degradedGuarded: number): void {
  const first = utterances[0]!;
  if (first.start * BLOCK_SAMPLES + first.delay < GUARD_SAMPLES) {
    first.start = GUARD_BLOCKS + Math.trunc((BLOCK_SAMPLES - 1 - first.delay) / BLOCK_SAMPLES);
  }
  const last = utterances[utterances.length - 1]!;
  if (last.end * BLOCK_SAMPLES + last.delay > degradedGuarded - GUARD_SAMPLES) {
    last.end = Math.trunc((degradedGuarded - last.delay) / BLOCK_SAMPLES) - GUARD_BLOCKS;
  }
  for (let i = 1; i < utterances.length; i++) {
    const previous = utterances[i - 1]!;
    const next = utterances[i]!;
    const previousEnd = previous.end * BLOCK_SAMPLES + previous.delay;
    const nextStart = next.start * BLOCK_SAMPLES + next.delay;
    if (nextStart >= previousEnd) continue;
    const middle = Math.trunc((nextStart + previousEnd) / 2);
    next.start = Math.trunc((BLOCK_SAMPLES - 1 + middle - next.delay) / BLOCK_SAMPLES);
    previous.end = Math.trunc((middle - previous.delay) / BLOCK_SAMPLES);
  }
}
