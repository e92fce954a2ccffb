/**
 * Batches made once and kept: mixtures, their clean speech, and what a trained denoiser makes of them. With
 * the denoiser frozen, codecs of every kind then train on the same data without paying for it again.
 *
 * A folder holds meta.json and batches.bin: per batch, as int16, the noisy and the clean samples
 * [batchSize, samples] at full scale 1, then the denoised MDCT coefficients [batchSize · hops, hop] in
 * units of 1/{@link COEFFICIENT_SCALE}.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from './errors.ts';
import { Rng } from './random.ts';
import type { Batch } from './source.ts';

const SAMPLE_SCALE = 32767;
/** Compressed coefficients of full-scale audio stay below 4. */
const COEFFICIENT_SCALE = 8192;

const metaSchema = z.object({
  format: z.literal('residua-prepared'),
  formatVersion: z.literal(1),
  /** Which denoiser made the coefficients: run and step. */
  denoiser: z.string(),
  batchSize: z.number().int().positive(),
  samples: z.number().int().positive(),
  hopSamples: z.number().int().positive(),
  seed: z.number().int(),
});

export type PreparedMeta = z.infer<typeof metaSchema>;

export interface PreparedBatch extends Batch {
  /** Row-major [batchSize · hops, hop]. */
  denoised: Float32Array;
}

/** int16 values of one batch: noisy, clean and coefficients are equally many. */
function valuesPerBatch({ batchSize, samples }: PreparedMeta): number {
  return 3 * batchSize * samples;
}

/** Appends batches to a folder; opens an existing one of the same kind to go on. */
export class PreparedWriter {
  readonly #file: number;
  readonly #meta: PreparedMeta;
  /** Batches in the folder. */
  count: number;

  private constructor(file: number, meta: PreparedMeta, count: number) {
    this.#file = file;
    this.#meta = meta;
    this.count = count;
  }

  /** @throws DataError DATA_FORMAT when the folder holds batches of another kind. */
  static async open(folder: string, meta: PreparedMeta): Promise<PreparedWriter> {
    await mkdir(folder, { recursive: true });
    const description = join(folder, 'meta.json');
    const data = join(folder, 'batches.bin');
    let count = 0;
    if (existsSync(description)) {
      if (JSON.stringify(readMeta(folder)) !== JSON.stringify(meta)) {
        throw new DataError('DATA_FORMAT', `${folder} holds batches of another kind`, 'Delete it.');
      }
      // A batch that an interrupted run wrote in part is written again.
      count = existsSync(data) ? Math.floor(statSync(data).size / (2 * valuesPerBatch(meta))) : 0;
    } else await writeFile(description, JSON.stringify(meta, null, 2) + '\n');
    return new PreparedWriter(openSync(data, existsSync(data) ? 'r+' : 'w'), meta, count);
  }

  /** @param denoised row-major [batchSize · hops, hop] */
  append({ noisy, clean }: Pick<Batch, 'noisy' | 'clean'>, denoised: Float32Array): void {
    const total = valuesPerBatch(this.#meta);
    const values = new Int16Array(total);
    let at = 0;
    for (const [part, scale] of [
      [noisy, SAMPLE_SCALE],
      [clean, SAMPLE_SCALE],
      [denoised, COEFFICIENT_SCALE],
    ] as const) {
      // prettier-ignore
      if (part.length !== total / 3) throw new RangeError(`${part.length} values in a part of a batch`);
      for (const x of part) values[at++] = Math.max(-32768, Math.min(32767, Math.round(x * scale)));
    }
    const bytes = Buffer.from(values.buffer);
    let written = 0;
    while (written < bytes.length) {
      const offset = this.count * bytes.length + written;
      written += writeSync(this.#file, bytes, written, bytes.length - written, offset);
    }
    this.count++;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Draws prepared batches in a seeded order, every one once before any twice. */
export class PreparedSource {
  readonly meta: PreparedMeta;
  readonly count: number;
  readonly #file: number;
  readonly #seed: number;
  #next: number;
  #order: { epoch: number; batches: Uint32Array } | undefined;

  /**
   * @param startBatch where to go on, to resume a run
   * @throws DataError DATA_NOT_FOUND, DATA_FORMAT, DATA_EMPTY
   */
  constructor(folder: string, seed: number, startBatch = 0) {
    this.meta = readMeta(folder);
    const data = join(folder, 'batches.bin');
    this.count = existsSync(data)
      ? Math.floor(statSync(data).size / (2 * valuesPerBatch(this.meta)))
      : 0;
    if (this.count === 0) throw new DataError('DATA_EMPTY', `${folder} holds no batches`);
    this.#file = openSync(data, 'r');
    this.#seed = seed;
    this.#next = startBatch;
  }

  next(): PreparedBatch {
    const index = this.#indexOf(this.#next++);
    const { batchSize, samples } = this.meta;
    const total = valuesPerBatch(this.meta);
    const values = new Int16Array(total);
    readSync(this.#file, new Uint8Array(values.buffer), 0, 2 * total, 2 * total * index);
    const part = (i: number, scale: number): Float32Array => {
      const out = new Float32Array(total / 3);
      const from = (i * total) / 3;
      for (let k = 0; k < out.length; k++) out[k] = values[from + k]! / scale;
      return out;
    };
    return {
      noisy: part(0, SAMPLE_SCALE),
      clean: part(1, SAMPLE_SCALE),
      denoised: part(2, COEFFICIENT_SCALE),
      batchSize,
      samples,
      audioSeconds: (batchSize * samples) / 16000,
    };
  }

  /** Each epoch has an order of its own that does not depend on where a run resumed. */
  #indexOf(position: number): number {
    const epoch = Math.floor(position / this.count);
    if (this.#order?.epoch !== epoch) {
      const random = new Rng(this.#seed, epoch);
      const batches = Uint32Array.from({ length: this.count }, (_, i) => i);
      for (let i = this.count - 1; i > 0; i--) {
        const j = random.int(i + 1);
        [batches[i], batches[j]] = [batches[j]!, batches[i]!];
      }
      this.#order = { epoch, batches };
    }
    return this.#order.batches[position % this.count]!;
  }

  describe(): string {
    const { batchSize, samples, denoiser } = this.meta;
    const hours = (this.count * batchSize * samples) / 16000 / 3600;
    return `${hours.toFixed(2)} h of prepared mixtures, denoised by ${denoiser}`;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function readMeta(folder: string): PreparedMeta {
  let text: string;
  try {
    text = readFileSync(join(folder, 'meta.json'), 'utf8');
  } catch {
    throw new DataError(
      'DATA_NOT_FOUND',
      `no prepared batches in ${folder}`,
      'Make them with: npm run prepare-data -- --checkpoint … --out …',
    );
  }
  try {
    return metaSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new DataError(
      'DATA_FORMAT',
      `${folder}/meta.json is not of this format: ${String(error)}`,
    );
  }
}
