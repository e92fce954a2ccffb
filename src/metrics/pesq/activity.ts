import { BLOCK_SAMPLES } from './constants.ts';
import type { PaddedSignal } from './signal.ts';

/** Speech activity on the 4 ms block grid. */
export interface Activity {
  /** 1 where a block belongs to speech. */
  readonly active: Uint8Array;
  /** log(level / threshold) of active blocks above the threshold, else 0: the delay envelope. */
  readonly envelope: Float64Array;
}

const FLOOR_BELOW_PEAK = 1e-4;
const THRESHOLD_ROUNDS = 12;
const SHORTEST_BURST_BLOCKS = 4;
const LONGEST_JOINED_GAP_BLOCKS = 50;

/** Finds speech in a signal prepared by forAlignment. */
export function detectActivity({ data, guarded }: PaddedSignal): Activity {
  const blocks = Math.trunc(guarded / BLOCK_SAMPLES);
  const level = blockPowers(data, blocks);
  const average = level.reduce((sum, value) => sum + value, 0) / blocks;
  const peak = level.reduce((most, value) => Math.max(most, value), 0);
  const floor = peak > 0 ? peak * FLOOR_BELOW_PEAK : 1;
  for (let i = 0; i < blocks; i++) level[i] = Math.max(level[i]!, floor);

  const noise = noiseThreshold(level, average);
  const active = Uint8Array.from(level, (value) => (value > noise.threshold ? 1 : 0));
  markEnd(level, active, 0, floor);
  markEnd(level, active, blocks - 1, floor);

  for (const [start, end] of runs(active)) {
    if (end - start <= SHORTEST_BURST_BLOCKS) active.fill(0, start, end);
  }
  if (noise.speechLevel >= noise.noiseLevel * 1000) {
    dropFaintRuns(level, active, noise.threshold);
  }
  joinRuns(level, active, floor);
  if (!active.includes(1)) {
    // Nothing stands out from the noise: take the whole recording as speech.
    active.fill(1);
    markEnd(level, active, 0, floor);
    markEnd(level, active, blocks - 1, floor);
  }
  widenRuns(level, active);

  const threshold = noise.threshold > 0 ? noise.threshold : floor;
  const envelope = new Float64Array(blocks);
  for (let i = 0; i < blocks; i++) {
    if (active[i] && level[i]! > threshold) envelope[i] = Math.log(level[i]! / threshold);
  }
  return { active, envelope };
}

function blockPowers(data: Float64Array, blocks: number): Float64Array {
  const powers = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    let sum = 0;
    const end = (block + 1) * BLOCK_SAMPLES;
    for (let i = block * BLOCK_SAMPLES; i < end; i++) sum += data[i]! * data[i]!;
    powers[block] = sum / BLOCK_SAMPLES;
  }
  return powers;
}

interface NoiseEstimate {
  /** Two deviations above the noise mean; -1 when no block exceeds it. */
  threshold: number;
  speechLevel: number;
  noiseLevel: number;
}

/** Iterates: noise is what lies under the threshold, the threshold two deviations above noise. */
function noiseThreshold(level: Float64Array, start: number): NoiseEstimate {
  let threshold = start;
  for (let round = 0; round < THRESHOLD_ROUNDS; round++) {
    let count = 0;
    let sum = 0;
    for (const value of level) {
      if (value > threshold) continue;
      sum += value;
      count++;
    }
    if (count === 0) {
      threshold = 0;
      continue;
    }
    const mean = sum / count;
    let squares = 0;
    for (const value of level) if (value <= threshold) squares += (value - mean) ** 2;
    threshold = 1.001 * (mean + 2 * Math.sqrt(squares / count));
  }
  let speech = 0;
  let speechCount = 0;
  let noise = 0;
  for (const value of level) {
    if (value > threshold) {
      speech += value;
      speechCount++;
    } else {
      noise += value;
    }
  }
  const noiseCount = level.length - speechCount;
  return {
    threshold: speechCount > 0 ? threshold : -1,
    speechLevel: speechCount > 0 ? speech / speechCount : 0,
    noiseLevel: noiseCount > 0 ? noise / noiseCount : 1,
  };
}

/** The outermost blocks never are speech, so that every run has a start and an end. */
function markEnd(level: Float64Array, active: Uint8Array, block: number, floor: number): void {
  level[block] = floor;
  active[block] = 0;
}

/** Runs of active blocks as [first, behind last]. */
function runs(active: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  let start = -1;
  for (let i = 1; i < active.length; i++) {
    if (active[i] && !active[i - 1]) start = i;
    if (!active[i] && active[i - 1]) found.push([start, i]);
  }
  return found;
}

/** In clean recordings a run must average three times the threshold. */
function dropFaintRuns(level: Float64Array, active: Uint8Array, threshold: number): void {
  for (const [start, end] of runs(active)) {
    let sum = 0;
    for (let i = start; i < end; i++) sum += level[i]!;
    if (sum < 3 * threshold * (end - start)) active.fill(0, start, end);
  }
}

function joinRuns(level: Float64Array, active: Uint8Array, floor: number): void {
  let lastEnd = 0;
  for (const [start, end] of runs(active)) {
    if (lastEnd > 0 && start - lastEnd <= LONGEST_JOINED_GAP_BLOCKS) {
      active.fill(1, lastEnd, start);
      level.fill(floor, lastEnd, start);
    }
    lastEnd = end;
  }
}

/** Lets each run fade in and out over two blocks. */
function widenRuns(level: Float64Array, active: Uint8Array): void {
  const last = active.length - 2;
  const set = (block: number, value: number): void => {
    level[block] = value;
    active[block] = 1;
  };
  for (let i = 3; i < last; i++) {
    if (active[i] && !active[i - 2]) {
      set(i - 2, level[i]! * 0.1);
      set(i - 1, level[i]! * 0.3);
      i++;
    }
    if (!active[i] && active[i - 1]) {
      const edge = level[i - 1]!;
      set(i, edge * 0.3);
      set(i + 1, edge * 0.1);
      i += 3;
    }
  }
}
