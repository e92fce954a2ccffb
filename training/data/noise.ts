import { changeSpeed, randomEq, speedInputLength } from './filters.ts';
import { activeRms, dbToGain, NOISE_RANGE_DB } from './levels.ts';
import type { AugmentOptions } from './options.ts';
import type { ClipPool, PoolClip } from './pool.ts';
import type { Rng } from './random.ts';
import { addTalker } from './speech.ts';
import { SYNTHETIC_KINDS, SyntheticNoise } from './synthetic.ts';

const RATE = 16000;
const CROSSFADE = 480; // 30 ms

export type NoiseKind = 'recorded' | 'babble' | 'synthetic';

/** Makes the noise of an example. */
export class NoiseMaker {
  private readonly synthetic = new SyntheticNoise();
  private readonly source: Float32Array;
  private readonly piece: Float32Array;
  private readonly second: Float32Array;

  private readonly speech: ClipPool;
  private readonly noise: ClipPool;
  private readonly options: AugmentOptions;

  constructor(speech: ClipPool, noise: ClipPool, options: AugmentOptions, samples: number) {
    this.speech = speech;
    this.noise = noise;
    this.options = options;
    const longest = speedInputLength(samples, Math.max(1, options.noiseSpeedRange[1]));
    this.source = new Float32Array(longest);
    this.piece = new Float32Array(longest);
    this.second = new Float32Array(samples);
  }

  /** Overwrites `out` with noise of arbitrary level, never silent; says of which kind the first is. */
  make(out: Float32Array, rng: Rng, talker: PoolClip | undefined): NoiseKind {
    const { options } = this;
    const kind = this.one(out, rng, talker);
    if (rng.chance(options.secondNoise)) {
      this.one(this.second, rng, talker);
      const [low, high] = options.secondNoiseDb;
      const level = activeRms(this.second, NOISE_RANGE_DB);
      const gain = (activeRms(out, NOISE_RANGE_DB) / level) * dbToGain(rng.uniform(low, high));
      for (let i = 0; i < out.length; i++) {
        out[i] = (out[i] as number) + gain * (this.second[i] as number);
      }
    }
    return kind;
  }

  private one(out: Float32Array, rng: Rng, talker: PoolClip | undefined): NoiseKind {
    const { options } = this;
    const roll = rng.next();
    let kind: NoiseKind;
    if (roll < options.babble && !this.speech.empty) {
      kind = 'babble';
      this.babble(out, rng, talker);
    } else if (roll < options.babble + options.synthetic || this.noise.empty) {
      kind = 'synthetic';
      this.fillSynthetic(out, rng);
    } else {
      kind = 'recorded';
      this.recorded(out, rng);
    }
    if (rng.chance(options.noiseEq)) randomEq(out, rng, options.eqGainDb);
    if (rng.chance(options.gainChange)) this.changeGain(out, rng);
    if (activeRms(out, NOISE_RANGE_DB) < 1e-3) {
      // A crop may hold (nearly) nothing; noise that cannot be heard makes no SNR.
      kind = 'synthetic';
      this.fillSynthetic(out, rng);
    }
    return kind;
  }

  private fillSynthetic(out: Float32Array, rng: Rng): void {
    this.synthetic.fill(out, SYNTHETIC_KINDS[rng.int(SYNTHETIC_KINDS.length)] ?? 'white', rng);
  }

  /** Several readers at once, none of them the talker. */
  private babble(out: Float32Array, rng: Rng, talker: PoolClip | undefined): void {
    out.fill(0);
    const [low, high] = this.options.babbleReaders;
    const readers = low + rng.int(high - low + 1);
    const used = new Set<string>(talker ? [readerKey(talker)] : []);
    for (let n = 0; n < readers; n++) {
      let clip = this.speech.draw(rng);
      for (let tries = 0; tries < 8 && used.has(readerKey(clip)); tries++) {
        clip = this.speech.draw(rng);
      }
      used.add(readerKey(clip));
      addTalker(clip, this.speech, rng, out, dbToGain(rng.uniform(-5, 5)));
    }
  }

  /** A crop of a recording; a short one is looped or followed by others of its source, cross-faded. */
  private recorded(out: Float32Array, rng: Rng): void {
    const { options } = this;
    const [low, high] = options.noiseSpeedRange;
    const speed = rng.chance(options.noiseSpeed) ? rng.uniform(low, high) : 1;
    const need = speed === 1 ? out.length : speedInputLength(out.length, speed);
    const target = speed === 1 ? out : this.source.subarray(0, need);
    target.fill(0);
    const splice = rng.chance(options.splice);
    const first = this.noise.draw(rng);
    let clip = first;
    let position = first.length < RATE * 2 && rng.chance(0.3) ? rng.int(need >> 1) : 0;
    while (position < need) {
      const wanted = Math.min(
        need - position,
        splice ? Math.ceil(need * rng.uniform(0.25, 0.7)) : need,
      );
      const count = Math.min(wanted, clip.length);
      const begin = noiseStart(clip, count, rng);
      const piece = this.piece.subarray(0, count);
      piece.fill(0);
      // Recordings of a source differ in level by far; brought together before they are joined.
      clip.reader.add(clip.offset + begin, count, piece, 0, 0.1 / clip.activeRms);
      const overlap = Math.min(CROSSFADE, position, count >> 1);
      joinCrossfaded(target, position - overlap, piece, overlap);
      position += count - overlap;
      if (count <= overlap) break;
      if (clip.length < RATE * 2 && rng.chance(0.4)) position += rng.int(RATE);
      if (splice || rng.chance(0.5)) clip = this.noise.drawLike(first, rng);
    }
    if (speed !== 1) changeSpeed(target, speed, out);
  }

  /** Level nodes every 0.2–1 s, linear between them. */
  private changeGain(out: Float32Array, rng: Rng): void {
    const span = this.options.gainChangeDb;
    const spacing = Math.round(rng.uniform(0.2, 1) * RATE);
    let from = dbToGain(rng.uniform(-span, span));
    for (let start = 0; start < out.length; start += spacing) {
      const to = dbToGain(rng.uniform(-span, span));
      const end = Math.min(out.length, start + spacing);
      const slope = (to - from) / spacing;
      for (let i = start; i < end; i++) out[i] = (out[i] as number) * (from + slope * (i - start));
      from = to;
    }
  }
}

const readerKey = (clip: PoolClip): string =>
  clip.speaker === undefined ? `${clip.group}@${clip.offset}` : `${clip.group}:${clip.speaker}`;

/** A random start whose crop touches an active stretch (a few tries). */
function noiseStart(clip: PoolClip, count: number, rng: Rng): number {
  let begin = 0;
  for (let tries = 0; tries < 4; tries++) {
    begin = rng.int(clip.length - count + 1);
    for (let i = 0; i + 1 < clip.active.length; i += 2) {
      const low = Math.max(begin, clip.active[i] as number);
      if (Math.min(begin + count, clip.active[i + 1] as number) - low > 320) return begin;
    }
  }
  return begin;
}

/** Writes `piece` at `at`, its first `overlap` samples cross-faded at equal power with what is there. */
function joinCrossfaded(out: Float32Array, at: number, piece: Float32Array, overlap: number): void {
  for (let i = 0; i < overlap; i++) {
    const angle = ((i + 0.5) / overlap) * (Math.PI / 2);
    out[at + i] =
      (out[at + i] as number) * Math.cos(angle) + (piece[i] as number) * Math.sin(angle);
  }
  const count = Math.min(piece.length, out.length - at);
  for (let i = overlap; i < count; i++) out[at + i] = piece[i] as number;
}
