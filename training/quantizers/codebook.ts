/**
 * One codebook: which of `size` codes in `dim` dimensions is nearest to a point, and how codes are learned.
 *
 * k = argmin_j ‖x − c_j‖² = argmax_j (⟨x, c_j⟩ − ‖c_j‖²/2)
 *
 * Three ways to learn the codes:
 * - `ema`: running averages of their members (van den Oord et al., arXiv:1711.00937, appendix A.1)
 * - `gradient`: parameters pulled towards their members, ‖sg[x] − c_k‖² (ibid., eq. 3)
 * - `simvq`: a fixed random codebook seen through one learned matrix, C·W, so that every code moves with
 *   each step (Zhu et al., "Addressing representation collapse in vector quantized models with one linear
 *   layer", arXiv:2411.02038)
 */
import { z } from 'zod';
import { tf, type Rank, type Scalar, type Tensor2D, type Variable } from '../tf.ts';
import type { OnnxOps } from '../graph/onnx-ops.ts';
import { gaussian, mulberry32, type Random } from '../graph/random.ts';
import type { ParameterSource } from '../graph/tf-ops.ts';

export const codebookSchema = z.strictObject({
  size: z.number().int().min(2).max(65536),
  learn: z.enum(['ema', 'gradient', 'simvq']).default('ema'),
  /** Points and codes are brought to unit length (Yu et al., arXiv:2110.04627 §3.2). */
  normalised: z.boolean().default(false),
  /** Decay of the running averages per step (learn: ema). */
  emaDecay: z.number().min(0).max(0.9999).default(0.99),
  /** A code whose average member count falls below this moves to a random point of the batch (Dhariwal et al., arXiv:2005.00341); 0 turns it off. */
  deadBelow: z.number().min(0).default(0.3),
  /** Start at k-means centres of the first points seen (Zeghidour et al., arXiv:2107.03312 §III-C). */
  kmeansStart: z.boolean().default(true),
});

export type CodebookConfig = z.infer<typeof codebookSchema>;

const KMEANS_ROUNDS = 8;
/** Points searched at once: their distances to all codes must fit in memory. */
const SEARCH_ROWS = 8192;

export class Codebook {
  readonly config: CodebookConfig;
  readonly dim: number;
  readonly name: string;
  /** How many dead codes have been moved so far. */
  replaced = 0;
  readonly #random: Random;
  /** Row-major [size, dim]: the codes (ema), or the fixed codebook under the matrix (simvq). */
  readonly #table: Float32Array;
  /** Running member count per code, and running sum of members. */
  readonly #counts: Float32Array;
  readonly #sums: Float32Array;
  #started = false;

  /** @param name of its parameters and state, unique among codebooks */
  constructor(config: CodebookConfig, dim: number, name: string, seed: number) {
    this.config = config;
    this.dim = dim;
    this.name = name;
    this.#random = mulberry32(seed);
    this.#table = Float32Array.from({ length: config.size * dim }, () => this.#gaussian());
    this.#counts = new Float32Array(config.size).fill(1);
    this.#sums = this.#table.slice();
    if (config.normalised) for (let k = 0; k < config.size; k++) this.#toUnit(k);
  }

  /** One standard deviation per dimension, so that a random code is about as long as a normalised latent. */
  #gaussian(): number {
    return gaussian(this.#random) / (this.config.normalised ? Math.sqrt(this.dim) : 1);
  }

  get size(): number {
    return this.config.size;
  }

  /** [size, dim] as it stands, in the graph of gradients where the codes are learned that way. */
  codes(store: ParameterSource): Tensor2D {
    const { learn, normalised } = this.config;
    const { size, dim } = this;
    if (learn === 'ema') return tf.tensor2d(this.#table, [size, dim]);
    if (learn === 'gradient') {
      const raw = this.#parameter(store);
      return normalised ? unitRows(raw) : raw;
    }
    const raw: Tensor2D = tf.matMul(tf.tensor2d(this.#table, [size, dim]), this.#matrix(store));
    return normalised ? unitRows(raw) : raw;
  }

  #parameter(store: ParameterSource): Tensor2D {
    const init = { kind: 'matrix', values: this.#table } as const;
    return store.get(`${this.name}/codes`, [this.size, this.dim], init) as unknown as Tensor2D;
  }

  #matrix(store: ParameterSource): Tensor2D {
    const values = new Float32Array(this.dim * this.dim);
    for (let d = 0; d < this.dim; d++) values[d * this.dim + d] = 1;
    const init = { kind: 'matrix', values } as const;
    return store.get(`${this.name}/w`, [this.dim, this.dim], init) as unknown as Tensor2D;
  }

  /** The code nearest to each point [frames, dim]; points are unit rows where the codebook is normalised. */
  nearest(points: Tensor2D, store: ParameterSource): Int32Array {
    const [frames, dim] = points.shape;
    if (frames > SEARCH_ROWS) {
      const codes = new Int32Array(frames);
      for (let from = 0; from < frames; from += SEARCH_ROWS) {
        const rows = Math.min(SEARCH_ROWS, frames - from);
        const part = tf.tidy(() => this.nearest(tf.slice(points, [from, 0], [rows, dim]), store));
        codes.set(part, from);
      }
      return codes;
    }
    return tf.tidy(() => {
      const codes = this.codes(store);
      // −‖c‖²/2 as one more dimension: a broadcast over all scores would cost more than the product.
      const half = tf.mul(tf.sum(tf.square(codes), 1, true), -0.5) as Tensor2D;
      const ones = tf.ones<Rank.R2>([points.shape[0], 1]);
      const score = tf.matMul(
        tf.concat([points, ones], 1),
        tf.concat([codes, half], 1),
        false,
        true,
      );
      return tf.argMax(score, 1).dataSync() as Int32Array;
    });
  }

  /** Codes as rows [frames, dim]. As a matrix product where a gradient is wanted: Gather has none on wasm. */
  rows(indices: Int32Array, store: ParameterSource): Tensor2D {
    const { dim } = this;
    if (this.config.learn !== 'ema') {
      const oneHot = tf.oneHot(tf.tensor1d(indices, 'int32'), this.size);
      return tf.matMul(tf.cast(oneHot, 'float32') as Tensor2D, this.codes(store));
    }
    const values = new Float32Array(indices.length * dim);
    indices.forEach((k, i) => values.set(this.#table.subarray(k * dim, (k + 1) * dim), i * dim));
    return tf.tensor2d(values, [indices.length, dim]);
  }

  /** The part of the loss that moves the codes; null where averages do. */
  codeLoss(points: Tensor2D, chosen: Tensor2D): Scalar | null {
    if (this.config.learn === 'ema') return null;
    const target = tf.tensor2d(points.dataSync() as Float32Array, points.shape);
    return tf.mean(tf.squaredDifference(chosen, target)) as Scalar;
  }

  /** Learns from the points of one step, outside the gradient. */
  observe(points: Float32Array, indices: Int32Array, store: ParameterSource): void {
    if (!this.#started) {
      this.#start(points, store);
      return;
    }
    if (this.config.learn !== 'simvq') this.#average(points, indices, store);
  }

  get started(): boolean {
    return this.#started;
  }

  #start(points: Float32Array, store: ParameterSource): void {
    this.#started = true;
    const { learn, kmeansStart } = this.config;
    if (learn === 'simvq') {
      this.#scaleMatrix(points, store);
      return;
    }
    if (!kmeansStart) return;
    const frames = points.length / this.dim;
    for (let k = 0; k < this.size; k++) this.#place(k, points, frames, 1);
    const at = tf.tensor2d(points, [frames, this.dim]);
    const fixed = new Codebook({ ...this.config, learn: 'ema' }, this.dim, this.name, 0);
    for (let round = 0; round < KMEANS_ROUNDS; round++) {
      fixed.#table.set(this.#table);
      this.#accumulate(points, fixed.nearest(at, store), 0);
      for (let k = 0; k < this.size; k++) {
        if (this.#counts[k]! < 0.5) this.#place(k, points, frames, 1);
        else this.#toMean(k);
      }
    }
    at.dispose();
    for (let k = 0; k < this.size; k++) this.#counts[k] = Math.max(1, this.#counts[k]!);
    for (let i = 0; i < this.#sums.length; i++) {
      this.#sums[i] = this.#table[i]! * this.#counts[Math.floor(i / this.dim)]!;
    }
    this.#publish(store);
  }

  /** Brings the random codes to the size, dimension by dimension, of what they will stand for. */
  #scaleMatrix(points: Float32Array, store: ParameterSource): void {
    const { dim } = this;
    const energy = new Float64Array(dim);
    points.forEach((x, i) => (energy[i % dim]! += x * x));
    const matrix = new Float32Array(dim * dim);
    energy.forEach((sum, d) => (matrix[d * dim + d] = Math.sqrt((sum * dim) / points.length)));
    const variable = this.#matrix(store) as unknown as Variable;
    tf.tidy(() => variable.assign(tf.tensor2d(matrix, [dim, dim])));
  }

  #average(points: Float32Array, indices: Int32Array, store: ParameterSource): void {
    const { emaDecay, deadBelow, learn } = this.config;
    if (learn === 'gradient') {
      this.#table.set((this.#parameter(store) as unknown as Variable).dataSync());
    }
    this.#accumulate(points, indices, emaDecay);
    const frames = points.length / this.dim;
    let moved = false;
    for (let k = 0; k < this.size; k++) {
      if (this.#counts[k]! < deadBelow) {
        this.#place(k, points, frames, Math.max(1, 2 * deadBelow));
        this.replaced++;
        moved = true;
      } else if (learn === 'ema') this.#toMean(k);
    }
    if (moved) this.#publish(store);
  }

  /** Writes codes that were placed by hand back into the trainable parameter. */
  #publish(store: ParameterSource): void {
    if (this.config.learn !== 'gradient') return;
    const variable = this.#parameter(store) as unknown as Variable;
    tf.tidy(() => variable.assign(tf.tensor2d(this.#table, [this.size, this.dim])));
  }

  #accumulate(points: Float32Array, indices: Int32Array, decay: number): void {
    const { dim } = this;
    const counts = new Float32Array(this.size);
    const sums = new Float32Array(this.size * dim);
    for (let i = 0; i < indices.length; i++) {
      const k = indices[i]!;
      counts[k]!++;
      for (let d = 0; d < dim; d++) sums[k * dim + d]! += points[i * dim + d]!;
    }
    for (let k = 0; k < this.size; k++) {
      this.#counts[k] = decay * this.#counts[k]! + (1 - decay) * counts[k]!;
    }
    for (let i = 0; i < sums.length; i++) {
      this.#sums[i] = decay * this.#sums[i]! + (1 - decay) * sums[i]!;
    }
  }

  /** Code k becomes the mean of its members; without any left in the average it stays where it is. */
  #toMean(k: number): void {
    if (this.#counts[k]! < 1e-6) return;
    const scale = 1 / this.#counts[k]!;
    for (let i = k * this.dim; i < (k + 1) * this.dim; i++) this.#table[i] = this.#sums[i]! * scale;
    if (this.config.normalised) this.#toUnit(k);
  }

  #toUnit(k: number): void {
    const row = this.#table.subarray(k * this.dim, (k + 1) * this.dim);
    const scale = 1 / Math.sqrt(row.reduce((sum, x) => sum + x * x, 1e-12));
    for (let d = 0; d < this.dim; d++) row[d]! *= scale;
  }

  /** Code k moves to a random point, as if `count` members lay there. */
  #place(k: number, points: Float32Array, frames: number, count: number): void {
    const source = Math.floor(this.#random() * frames) * this.dim;
    this.#counts[k] = count;
    for (let d = 0; d < this.dim; d++) {
      const value = points[source + d]!;
      this.#table[k * this.dim + d] = value;
      this.#sums[k * this.dim + d] = value * count;
    }
  }

  state(): [string, Float32Array][] {
    return [
      [`${this.name}/table`, this.#table],
      [`${this.name}/counts`, this.#counts],
      [`${this.name}/sums`, this.#sums],
      [`${this.name}/started`, Float32Array.of(this.#started ? 1 : 0)],
    ];
  }

  /** @throws RangeError when the state is of a codebook of another shape. */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    const take = (key: string, into: Float32Array): void => {
      const values = state.get(`${this.name}/${key}`);
      if (values?.length !== into.length) {
        throw new RangeError(`the checkpoint's "${this.name}/${key}" does not fit this codebook`);
      }
      into.set(values);
    };
    take('table', this.#table);
    take('counts', this.#counts);
    take('sums', this.#sums);
    this.#started = state.get(`${this.name}/started`)?.[0] === 1;
  }

  /** Row-major [size, dim] as exported, with the checkpoint's weights. */
  exported(ops: OnnxOps): Float32Array {
    const { learn, normalised } = this.config;
    if (learn === 'ema') return this.#table;
    const { size, dim } = this;
    return tf.tidy(() => {
      const shape = learn === 'gradient' ? ([size, dim] as const) : ([dim, dim] as const);
      const part = learn === 'gradient' ? 'codes' : 'w';
      const weights = tf.tensor2d(ops.weights(`${this.name}/${part}`, shape), [...shape]);
      const raw: Tensor2D =
        learn === 'gradient' ? weights : tf.matMul(tf.tensor2d(this.#table, [size, dim]), weights);
      return (normalised ? unitRows(raw) : raw).dataSync() as Float32Array;
    });
  }
}

/** Every row at length 1. */
export function unitRows(x: Tensor2D): Tensor2D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12))) as Tensor2D;
}
