import type { AugmentOptions } from './options.ts';
import type { ClipPool, PoolClip } from './pool.ts';
import type { Rng } from './random.ts';

const RATE = 16000;
const FADE = 80; // 5 ms at every cut
/** Joined clips are brought to this level before anything else. */
const REFERENCE_RMS = 0.1;

/**
 * Fills `out` with speech of one reader (or, where a corpus names none, one source): a random crop
 * around active speech, and when it ends early other clips after a pause. Returns the first clip.
 */
export function assembleSpeech(
  pool: ClipPool,
  rng: Rng,
  out: Float32Array,
  options: AugmentOptions,
): PoolClip {
  out.fill(0);
  const first = pool.draw(rng);
  let position = 0;
  if (rng.chance(options.leadingNoise)) {
    const [low, high] = options.leadingNoiseSeconds;
    position = Math.min(Math.floor(out.length / 2), Math.floor(rng.uniform(low, high) * RATE));
  }
  let clip = first;
  let start = cropStart(clip, out.length - position, rng);
  for (;;) {
    const gain = (REFERENCE_RMS / clip.activeRms) * (clip === first ? 1 : rng.uniform(0.8, 1.25));
    const end = Math.min(clip.length, lastActive(clip) + rng.int(RATE * 0.2));
    const count = Math.min(end - start, out.length - position);
    clip.reader.add(clip.offset + start, count, out, position, gain);
    fadeEdges(out, position, count, start > 0, start + count < clip.length);
    position += count;
    if (out.length - position < RATE * 0.2 || rng.chance(options.trailingNoise)) return first;
    const [low, high] = options.joinGapSeconds;
    position += Math.floor(rng.uniform(low, high) * RATE);
    if (out.length - position < RATE * 0.2) return first;
    clip = pool.drawLike(first, rng);
    start = Math.max(0, firstActive(clip) - rng.int(RATE * 0.1));
  }
}

/** Fills both arrays with crops of ready-made pairs, noisy and clean cut alike. */
export function assemblePair(
  pool: ClipPool,
  rng: Rng,
  noisy: Float32Array,
  clean: Float32Array,
): void {
  noisy.fill(0);
  clean.fill(0);
  const first = pool.draw(rng);
  let clip = first;
  let position = 0;
  while (position < noisy.length) {
    const need = noisy.length - position;
    const start = clip.length > need ? rng.int(clip.length - need + 1) : 0;
    const count = Math.min(need, clip.length);
    const gain = REFERENCE_RMS / clip.activeRms;
    for (const [out, offset] of [
      [noisy, clip.offset],
      [clean, clip.offset + clip.length],
    ] as const) {
      clip.reader.add(offset + start, count, out, position, gain);
      fadeEdges(out, position, count, start > 0 || position > 0, start + count < clip.length);
    }
    position += count;
    clip = pool.drawLike(first, rng);
  }
}

/** Where to start so that at least a third of the crop is speech, if a few tries find such a place. */
function cropStart(clip: PoolClip, need: number, rng: Rng): number {
  const low = Math.max(0, firstActive(clip) - RATE * 0.3);
  const high = Math.max(low, Math.min(clip.length - need, lastActive(clip) - need * 0.6));
  let start = low;
  for (let tries = 0; tries < 5; tries++) {
    start = Math.floor(rng.uniform(low, high));
    if (activeWithin(clip, start, start + need) >= Math.min(need, clip.length) / 3) break;
  }
  return start;
}

/** Adds one reader's speech over all of `out` (babble): any crop, looped through other clips. */
export function addTalker(
  clip: PoolClip,
  pool: ClipPool,
  rng: Rng,
  out: Float32Array,
  gain: number,
): void {
  let position = 0;
  let current = clip;
  while (position < out.length) {
    const span = lastActive(current) - firstActive(current);
    const start = firstActive(current) + (position === 0 ? rng.int(Math.max(1, span * 0.7)) : 0);
    const count = Math.min(lastActive(current) - start, out.length - position);
    const scale = (gain * REFERENCE_RMS) / current.activeRms;
    current.reader.add(current.offset + start, count, out, position, scale);
    position += count + rng.int(RATE * 0.2);
    current = pool.drawLike(clip, rng);
  }
}

function firstActive(clip: PoolClip): number {
  return clip.active[0] ?? 0;
}

function lastActive(clip: PoolClip): number {
  return clip.active[clip.active.length - 1] ?? clip.length;
}

function activeWithin(clip: PoolClip, from: number, to: number): number {
  let sum = 0;
  for (let i = 0; i + 1 < clip.active.length; i += 2) {
    const low = Math.max(from, clip.active[i] as number);
    const high = Math.min(to, clip.active[i + 1] as number);
    if (high > low) sum += high - low;
  }
  return sum;
}

/** Linear fades over 5 ms where the recording was cut. */
export function fadeEdges(
  x: Float32Array,
  start: number,
  count: number,
  atStart: boolean,
  atEnd: boolean,
): void {
  const length = Math.min(FADE, count >> 1);
  for (let i = 0; i < length; i++) {
    const gain = i / length;
    if (atStart) x[start + i] = (x[start + i] as number) * gain;
    const tail = start + count - 1 - i;
    if (atEnd) x[tail] = (x[tail] as number) * gain;
  }
}
