import {
  ALIGN_WINDOW,
  BLOCK_SAMPLES,
  GUARD_BLOCKS,
  GUARD_SAMPLES,
  MAX_UTTERANCES,
} from './constants.ts';
import { DelayHistogram, envelopeDelay, voteBackward, voteForward, windowStart } from './delay.ts';
import type { AlignmentInput, Utterance } from './utterances.ts';

/** Utterances with less speech than this (0.8 s) are not split. */
const MIN_SPLIT_BLOCKS = 200;
const MAX_BREAKS = 40;
/** Break points lie on a grid of a quarter alignment window and this far inside the speech. */
const GRID_BLOCKS = ALIGN_WINDOW / (4 * BLOCK_SAMPLES);
const MIN_MARGIN_BLOCKS = 75;

interface Part {
  estimate: number;
  delay: number;
  confidence: number;
}

interface Split {
  at: number;
  before: Part;
  after: Part;
}

/**
 * Splits utterances in two wherever both parts, each with its own delay, can be aligned with more
 * confidence than the whole, and does so again with the parts (P.862, 10.1.3).
 */
export function splitUtterances(utterances: Utterance[], input: AlignmentInput): Utterance[] {
  const result = [...utterances];
  let i = 0;
  while (i < result.length && result.length < MAX_UTTERANCES) {
    const utterance = result[i]!;
    const split = bestSplit(utterance, input);
    if (split === undefined) {
      i++;
    } else {
      // The first part is examined again.
      result.splice(i, 1, ...divide(utterance, split, input.degraded.guarded));
    }
  }
  return result;
}

function divide(
  whole: Utterance,
  { at, before, after }: Split,
  degradedGuarded: number,
): Utterance[] {
  // A growing delay leaves a hole in the degraded signal; both parts reach half way into it.
  const reach =
    after.delay < before.delay ? 0 : Math.trunc((after.delay - before.delay) / (2 * BLOCK_SAMPLES));
  const first: Utterance = { start: whole.start, end: at + reach, ...before };
  const second: Utterance = { start: at - reach, end: whole.end, ...after };
  if ((first.start - GUARD_BLOCKS) * BLOCK_SAMPLES + first.delay < 0) {
    first.start = GUARD_BLOCKS + Math.trunc((BLOCK_SAMPLES - 1 - first.delay) / BLOCK_SAMPLES);
  }
  if (second.end * BLOCK_SAMPLES + second.delay > degradedGuarded - GUARD_SAMPLES) {
    second.end = Math.trunc((degradedGuarded - second.delay) / BLOCK_SAMPLES) - GUARD_BLOCKS;
  }
  return [first, second];
}

function bestSplit(utterance: Utterance, input: AlignmentInput): Split | undefined {
  const breaks = breakPoints(utterance, input.referenceActivity.active);
  if (breaks.length === 0) return undefined;
  const ref = input.referenceActivity.envelope;
  const deg = input.degradedActivity.envelope;
  const { start, end, estimate, confidence } = utterance;
  const before = alignBefore(
    utterance,
    breaks,
    breaks.map((at) => envelopeDelay(ref, deg, start, at, estimate)),
    input,
  );
  const after = alignAfter(
    utterance,
    breaks,
    breaks.map((at) => envelopeDelay(ref, deg, at, end, estimate)),
    before.map((part) => part.confidence > confidence),
    input,
  );
  let best: Split | undefined;
  breaks.forEach((at, i) => {
    const left = before[i]!;
    const right = after[i];
    if (right === undefined || right.confidence <= confidence) return;
    if (Math.abs(right.delay - left.delay) < BLOCK_SAMPLES) return;
    const sum = left.confidence + right.confidence;
    if (best !== undefined && sum <= best.before.confidence + best.after.confidence) return;
    best = { at, before: left, after: right };
  });
  return best;
}

function breakPoints({ start, end }: Utterance, active: Uint8Array): number[] {
  let speechStart = start;
  while (speechStart < end && !active[speechStart]) speechStart++;
  let speechEnd = end;
  while (speechEnd > start && !active[speechEnd]) speechEnd--;
  speechEnd++;
  const length = speechEnd - speechStart;
  if (length < MIN_SPLIT_BLOCKS) return [];
  const step =
    GRID_BLOCKS *
    Math.trunc((0.801 * length + MAX_BREAKS * GRID_BLOCKS - 1) / (MAX_BREAKS * GRID_BLOCKS));
  const margin = Math.max(MIN_MARGIN_BLOCKS, Math.trunc(length / 10));
  const points = [speechStart + margin];
  let next = points[0]! + step;
  while (next <= speechEnd - margin && points.length < MAX_BREAKS) {
    points.push(next);
    next += step;
  }
  return points;
}

/** Fine delay of what lies before each break point, given its coarse delay. */
function alignBefore(
  { start }: Utterance,
  breaks: readonly number[],
  estimates: readonly number[],
  { reference, degraded }: AlignmentInput,
): Part[] {
  const parts: Part[] = [];
  // Break points with the same estimate look at the same windows, only more of them each time.
  for (const estimate of new Set(estimates)) {
    const histogram = new DelayHistogram(reference, degraded);
    const position = windowStart(start * BLOCK_SAMPLES, estimate);
    breaks.forEach((at, i) => {
      if (estimates[i] !== estimate) return;
      voteForward(histogram, position, at * BLOCK_SAMPLES, degraded.guarded);
      const { offset, confidence } = histogram.best();
      parts[i] = { estimate, delay: estimate + offset, confidence };
    });
  }
  return parts;
}

/** Fine delay of what lies behind each wanted break point. */
function alignAfter(
  { end }: Utterance,
  breaks: readonly number[],
  estimates: readonly number[],
  wanted: readonly boolean[],
  { reference, degraded }: AlignmentInput,
): (Part | undefined)[] {
  const parts: (Part | undefined)[] = breaks.map(() => undefined);
  for (const estimate of new Set(estimates.filter((_, i) => wanted[i]))) {
    const histogram = new DelayHistogram(reference, degraded);
    const lastStart = degraded.guarded - ALIGN_WINDOW;
    const deg = Math.min(end * BLOCK_SAMPLES - ALIGN_WINDOW + estimate, lastStart);
    const position = { ref: deg - estimate, deg };
    for (let i = breaks.length - 1; i >= 0; i--) {
      if (!wanted[i] || estimates[i] !== estimate) continue;
      voteBackward(histogram, position, breaks[i]! * BLOCK_SAMPLES);
      const { offset, confidence } = histogram.best();
      parts[i] = { estimate, delay: estimate + offset, confidence };
    }
  }
  return parts;
}
