import { changeSpeed, randomEq, speedInputLength } from './filters.ts';
import {
  activeRms,
  dbToGain,
  gainToDb,
  NOISE_RANGE_DB,
  peak,
  rms,
  SPEECH_RANGE_DB,
} from './levels.ts';
import { type NoiseKind, NoiseMaker } from './noise.ts';
import type { AugmentOptions, Range } from './options.ts';
import { ClipPool, type PoolPart } from './pool.ts';
import { Rng } from './random.ts';
import { makeRooms, Reverberator } from './rooms.ts';
import { assemblePair, assembleSpeech } from './speech.ts';

export type ExampleKind = 'mixture' | 'clean' | 'noise' | 'pair';

/** How one example came about. */
export interface ExampleInfo {
  kind: ExampleKind;
  noise: NoiseKind | 'none';
  /** Active speech level over active noise level, before clipping; NaN unless a mixture. */
  snrDb: number;
  /** RMS of the noisy input, dBFS. */
  levelDb: number;
  reverberant: boolean;
}

export interface MixerOptions {
  parts: readonly PoolPart[];
  seed: number;
  samples: number;
  snrDb: Range;
  augment: AugmentOptions;
}

/**
 * Makes training examples. Example `index` depends on the seed, the corpora and the index alone. Not
 * re-entrant: it works in buffers of its own.
 */
export class Mixer {
  private readonly speechPool: ClipPool;
  private readonly noisePool: ClipPool;
  private readonly pairPool: ClipPool;
  private readonly noiseMaker: NoiseMaker;
  private readonly rooms: Float32Array[];
  private readonly reverberator: Reverberator;
  private readonly options: MixerOptions;
  private readonly raw: Float32Array;
  private readonly early: Float32Array;
  private readonly noise: Float32Array;

  constructor(options: MixerOptions) {
    const { parts, augment, samples, seed } = options;
    this.options = options;
    this.speechPool = new ClipPool('speech', parts);
    this.noisePool = new ClipPool('noise', parts);
    this.pairPool = new ClipPool('pairs', parts);
    this.noiseMaker = new NoiseMaker(this.speechPool, this.noisePool, augment, samples);
    this.rooms = augment.reverb > 0 ? makeRooms(augment, seed) : [];
    this.reverberator = new Reverberator(augment.earlySeconds);
    this.raw = new Float32Array(
      speedInputLength(samples, Math.max(1, augment.speechSpeedRange[1])),
    );
    this.early = new Float32Array(samples);
    this.noise = new Float32Array(samples);
  }

  /** Writes example `index` into `noisy` and `clean`, `samples` long each. */
  example(index: number, noisy: Float32Array, clean: Float32Array): ExampleInfo {
    const { augment, seed } = this.options;
    const rng = new Rng(seed, 0xe8a, index);
    const roll = rng.next();
    if (roll < augment.noiseToSilence) {
      const noise = this.noiseMaker.make(noisy, rng, undefined);
      clean.fill(0);
      this.setLevel(noisy, clean, rng);
      return info('noise', noise, NaN, noisy, false);
    }
    if (roll >= 1 - augment.pairs && !this.pairPool.empty) {
      assemblePair(this.pairPool, rng, noisy, clean);
      this.setLevel(noisy, clean, rng);
      return info('pair', 'none', NaN, noisy, false);
    }
    const pure = roll < augment.noiseToSilence + augment.cleanToClean;
    // `wet` is what the microphone hears, `dry` what the model should give back.
    const wet = noisy;
    const talker = this.makeSpeech(rng, wet);
    const room =
      !pure && rng.chance(augment.reverb) ? this.rooms[rng.int(this.rooms.length)] : undefined;
    if (room === undefined) clean.set(wet);
    else {
      this.early.set(wet);
      this.reverberator.process(this.early, room, wet, clean);
    }
    if (pure) {
      this.setLevel(noisy, clean, rng);
      return info('clean', 'none', NaN, noisy, false);
    }
    const noise = this.noiseMaker.make(this.noise, rng, talker);
    const snrDb = this.drawSnr(rng);
    const speechLevel = activeRms(clean, SPEECH_RANGE_DB);
    const noiseLevel = activeRms(this.noise, NOISE_RANGE_DB);
    const gain = (speechLevel / noiseLevel) * dbToGain(-snrDb);
    for (let i = 0; i < noisy.length; i++) {
      noisy[i] = (noisy[i] as number) + gain * (this.noise[i] as number);
    }
    this.setLevel(noisy, clean, rng);
    return info('mixture', noise, snrDb, noisy, room !== undefined);
  }

  close(): void {
    this.speechPool.close();
    this.noisePool.close();
    this.pairPool.close();
  }

  private makeSpeech(rng: Rng, out: Float32Array) {
    const { augment } = this.options;
    const [low, high] = augment.speechSpeedRange;
    const speed = rng.chance(augment.speechSpeed) ? rng.uniform(low, high) : 1;
    const raw = speed === 1 ? out : this.raw.subarray(0, speedInputLength(out.length, speed));
    const talker = assembleSpeech(this.speechPool, rng, raw, augment);
    if (speed !== 1) changeSpeed(raw, speed, out);
    if (rng.chance(augment.speechEq)) randomEq(out, rng, augment.eqGainDb);
    return talker;
  }

  private drawSnr(rng: Rng): number {
    const { augment, snrDb } = this.options;
    const favoured = rng.chance(augment.favouredSnr);
    const low = favoured ? Math.max(snrDb[0], augment.favouredSnrDb[0]) : snrDb[0];
    const high = favoured ? Math.min(snrDb[1], augment.favouredSnrDb[1]) : snrDb[1];
    return low <= high ? rng.uniform(low, high) : rng.uniform(snrDb[0], snrDb[1]);
  }

  /** Scales input and target together to the drawn level, within full scale. */
  private setLevel(noisy: Float32Array, clean: Float32Array, rng: Rng): void {
    const { augment } = this.options;
    const top = Math.max(peak(noisy), peak(clean), 1e-9);
    const [low, high] = augment.levelDb;
    let gain = dbToGain(rng.uniform(low, high)) / Math.max(rms(noisy), 1e-9);
    let clip = false;
    const roll = rng.next();
    if (roll < augment.clipping) {
      clip = true;
      gain = rng.uniform(1, 2) / top;
    } else if (roll < augment.clipping + augment.nearClipping) {
      gain = rng.uniform(0.9, 1) / top;
    } else if (gain * top > augment.maxPeak) {
      gain = augment.maxPeak / top;
    }
    for (let i = 0; i < noisy.length; i++) {
      const value = gain * (noisy[i] as number);
      noisy[i] = clip ? Math.max(-1, Math.min(1, value)) : value;
      clean[i] = gain * (clean[i] as number);
    }
  }
}

function info(
  kind: ExampleKind,
  noise: ExampleInfo['noise'],
  snrDb: number,
  noisy: Float32Array,
  reverberant: boolean,
): ExampleInfo {
  return { kind, noise, snrDb, levelDb: gainToDb(rms(noisy)), reverberant };
}
