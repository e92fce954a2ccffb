import { join } from 'node:path';
import { type Clip, type PoolKind, PoolReader } from './cache.ts';
import { type Rng, WeightedIndex } from './random.ts';

/** A clip with the file it is read from. */
export interface PoolClip extends Clip {
  reader: PoolReader;
  /** Collection it belongs to, unique over all corpora. */
  group: string;
}

/** One corpus as a pool needs it. */
export interface PoolPart {
  dir: string;
  /** Position in the list of corpora. */
  corpus: number;
  weight: number;
  speech: readonly Clip[];
  noise: readonly Clip[];
  pairs: readonly Clip[];
  speechWeights: Readonly<Record<string, number>>;
  noiseWeights: Readonly<Record<string, number>>;
}

/** A clip longer than this counts as this long when clips are drawn, for variety. */
const DRAW_CAP_SAMPLES = 120 * 16000;

/** All recordings of one kind, drawn by weight; reads samples from the decoded pool files. */
export class ClipPool {
  readonly clips: PoolClip[] = [];
  private readonly readers: PoolReader[] = [];
  private readonly all: WeightedIndex;
  /** Clip numbers by group, and by speaker within it. */
  private readonly groups = new Map<string, number[]>();
  private readonly speakers = new Map<string, number[]>();

  constructor(kind: PoolKind, parts: readonly PoolPart[]) {
    const weights: number[] = [];
    for (const part of parts) {
      if (part[kind].length === 0) continue;
      const reader = new PoolReader(join(part.dir, `${kind}.i16`));
      this.readers.push(reader);
      const sourceWeights = kind === 'noise' ? part.noiseWeights : part.speechWeights;
      for (const clip of part[kind]) {
        const group = `${part.corpus}:${clip.source}`;
        const number = this.clips.push({ ...clip, reader, group }) - 1;
        const length = Math.min(clip.length, DRAW_CAP_SAMPLES);
        weights.push(length * part.weight * (sourceWeights[clip.source] ?? 1));
        push(this.groups, group, number);
        if (clip.speaker !== undefined) push(this.speakers, `${group}:${clip.speaker}`, number);
      }
    }
    this.all = new WeightedIndex(weights);
  }

  /** True when nothing can be drawn: no clips, or all weights 0. */
  get empty(): boolean {
    return !(this.all.total > 0);
  }

  draw(rng: Rng): PoolClip {
    return this.clips[this.all.draw(rng)] as PoolClip;
  }

  /** Another clip of the same reader when it has several, otherwise of the same group. */
  drawLike(clip: PoolClip, rng: Rng): PoolClip {
    const own =
      clip.speaker === undefined ? undefined : this.speakers.get(`${clip.group}:${clip.speaker}`);
    const numbers = own && own.length > 1 ? own : (this.groups.get(clip.group) ?? []);
    return this.clips[numbers[rng.int(numbers.length)] as number] as PoolClip;
  }

  close(): void {
    for (const reader of this.readers) reader.close();
  }
}

function push(map: Map<string, number[]>, key: string, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
