/** Levels and speech/noise activity. Samples are in [-1, 1]; levels in dB re full scale (RMS 1). */

/** Frame for activity: 10 ms at 16 kHz. */
export const ACTIVITY_FRAME = 160;
/** Frames of a recording below this power are silence whatever else it holds: −70 dBFS. */
const SILENCE_POWER = 1e-7;
/** Below −120 dBFS there is no signal to measure. */
const NO_SIGNAL_POWER = 1e-12;

export const dbToGain = (db: number): number => Math.pow(10, db / 20);
export const gainToDb = (gain: number): number => 20 * Math.log10(Math.max(gain, 1e-12));

/** RMS over all samples. */
export function rms(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (x[i] as number);
  return x.length === 0 ? 0 : Math.sqrt(sum / x.length);
}

/** Largest magnitude. */
export function peak(x: Float32Array): number {
  let top = 0;
  for (let i = 0; i < x.length; i++) {
    const v = Math.abs(x[i] as number);
    if (v > top) top = v;
  }
  return top;
}

/** Power of each whole 10 ms frame. */
export function framePowers(x: Float32Array): Float64Array {
  const frames = Math.floor(x.length / ACTIVITY_FRAME);
  const powers = new Float64Array(frames);
  for (let f = 0; f < frames; f++) {
    let sum = 0;
    const start = f * ACTIVITY_FRAME;
    for (let i = start; i < start + ACTIVITY_FRAME; i++) sum += (x[i] as number) * (x[i] as number);
    powers[f] = sum / ACTIVITY_FRAME;
  }
  return powers;
}

/**
 * RMS over the active frames only, those within `rangeDb` of the loudest one. Nothing but silence is
 * absolute here, so scaling a signal scales its level exactly. Pauses and digital silence therefore do not lower the level, which an SNR needs (in the spirit of
 * ITU-T P.56, whose margin is 15.9 dB below the active level). 0 for silence.
 */
export function activeRms(x: Float32Array, rangeDb: number): number {
  const powers = framePowers(x);
  let top = 0;
  for (let f = 0; f < powers.length; f++) top = Math.max(top, powers[f] as number);
  if (top < NO_SIGNAL_POWER) return 0;
  const threshold = top * Math.pow(10, -rangeDb / 10);
  let sum = 0;
  let count = 0;
  for (let f = 0; f < powers.length; f++) {
    const power = powers[f] as number;
    if (power >= threshold) {
      sum += power;
      count++;
    }
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

/** Range below the loudest frame that still counts as active speech. */
export const SPEECH_RANGE_DB = 30;
/** The same for noise, which may be impulsive. */
export const NOISE_RANGE_DB = 40;

/**
 * Active stretches of a recording as [start, end) sample pairs, flat: frames within `rangeDb` of the
 * 95th percentile frame, gaps shorter than 200 ms closed, stretches shorter than 30 ms dropped.
 */
export function activeStretches(x: Float32Array, rangeDb: number): number[] {
  const powers = framePowers(x);
  const sorted = Float64Array.from(powers).sort();
  const loud = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  const threshold = Math.max(loud * Math.pow(10, -rangeDb / 10), SILENCE_POWER);
  const stretches: number[] = [];
  for (let f = 0; f < powers.length; f++) {
    if ((powers[f] as number) < threshold) continue;
    let end = f + 1;
    while (end < powers.length && (powers[end] as number) >= threshold) end++;
    const last = stretches[stretches.length - 1];
    if (last !== undefined && f * ACTIVITY_FRAME - last < 20 * ACTIVITY_FRAME) {
      stretches[stretches.length - 1] = end * ACTIVITY_FRAME;
    } else {
      stretches.push(f * ACTIVITY_FRAME, end * ACTIVITY_FRAME);
    }
    f = end;
  }
  const kept: number[] = [];
  for (let i = 0; i + 1 < stretches.length; i += 2) {
    const start = stretches[i] as number;
    const end = stretches[i + 1] as number;
    if (end - start >= 3 * ACTIVITY_FRAME) kept.push(start, end);
  }
  return kept;
}
