/**
 * Quantizers without a learned codebook: every group of dimensions is rounded onto a fixed grid, and the
 * grid point's number is the code. Nothing is searched. A subclass gives the grid and how points reach it.
 *
 * The grid has a fixed size, latents do not: learned gains bring every dimension to the grid's size and back.
 * They start at the spread of the first latents seen, without which small latents would all share a code.
 */
import { tf, type Scalar, type Tensor2D, type Variable } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { ParameterSource } from '../graph/tf-ops.ts';
import { lookUp } from './lookup.ts';
import type { Quantizer, QuantizerContext, QuantizerForward } from './quantizer.ts';

export abstract class LookupFreeQuantizer implements Quantizer {
  abstract readonly family: string;
  readonly codebooks: number;
  readonly codebookSize: number;
  /** Dimensions of one group. */
  readonly groupDim: number;
  readonly macsPerFrame: number;
  readonly #levels: readonly number[];
  readonly #scope: string;
  /** False until the gains have been set; latents pass unquantised until then. */
  #started = false;
  #waiting: { latent: Tensor2D; store: ParameterSource } | undefined;

  /**
   * @param levels grid points per dimension of a group; a code is Σ digit_d · Π_{e<d} levels_e
   * @throws RangeError unless dim = groups · levels.length
   */
  constructor(groups: number, levels: readonly number[], dim: number, scope: string) {
    if (dim !== groups * levels.length) {
      throw new RangeError(
        `${groups} groups of ${levels.length} dimensions want a latent of ${groups * levels.length}, not ${dim}`,
      );
    }
    this.codebooks = groups;
    this.groupDim = levels.length;
    this.codebookSize = levels.reduce((a, b) => a * b, 1);
    this.macsPerFrame = dim;
    this.#levels = levels;
    this.#scope = scope;
  }

  /** Latent → grid, with a gradient; [frames, dim] both. */
  protected abstract quantize(latent: Tensor2D): Tensor2D;
  /** Digit 0 … levels − 1 of every dimension of a quantized latent, as floats. */
  protected abstract digits(quantized: Tensor2D): Tensor2D;
  /** The value of a digit in dimension d of a group. */
  protected abstract valueOf(digit: number, d: number): number;
  /** Latent → digits as float, in an exported graph; [T, dim] both. */
  protected abstract exportDigits(ops: OnnxOps, latent: GraphValue): GraphValue;
  /** Extra loss of the family, weighted. */
  protected penalty(_latent: Tensor2D): Scalar | null {
    return null;
  }

  forward(latent: Tensor2D, { active, store, training }: QuantizerContext): QuantizerForward {
    const dim = this.codebooks * this.groupDim;
    const used = active * this.groupDim;
    const inUse = (x: Tensor2D): Tensor2D => (used === dim ? x : tf.slice(x, [0, 0], [-1, used]));
    const padded = (x: Tensor2D): Tensor2D =>
      used === dim ? x : tf.pad(x, [[0, 0], [0, dim - used]]); // prettier-ignore
    const kept = inUse(latent);
    const gain = (side: 'in' | 'out'): Tensor2D =>
      inUse(tf.reshape(this.#gain(store, side), [1, dim]));
    const [into, outOf] = [gain('in'), gain('out')];
    if (!this.#started) {
      if (training) this.#wait(latent, store);
      return { quantized: padded(kept), loss: null, codes: null };
    }
    const scaled = tf.mul(kept, into) as Tensor2D;
    const grid = this.quantize(scaled);
    const codes = tf.tidy(() => {
      const digits = tf.reshape(this.digits(grid), [-1, this.groupDim]) as Tensor2D;
      const sums = tf.matMul(digits, tf.tensor2d(this.#basis(), [this.groupDim, 1]));
      return Int32Array.from(sums.dataSync(), Math.round);
    });
    const quantized = padded(tf.mul(grid, outOf) as Tensor2D);
    return { quantized, loss: this.penalty(scaled), codes };
  }

  #gain(store: ParameterSource, side: 'in' | 'out'): Variable {
    const init = { kind: 'constant', value: 1 } as const;
    return store.get(`${this.#scope}/${side}`, [this.codebooks * this.groupDim], init);
  }

  #wait(latent: Tensor2D, store: ParameterSource): void {
    this.#waiting?.latent.dispose();
    this.#waiting = { latent: tf.keep(tf.clone(latent)), store };
  }

  afterStep(): void {
    if (this.#waiting === undefined) return;
    const { latent, store } = this.#waiting;
    this.#waiting = undefined;
    tf.tidy(() => {
      const spread = tf.sqrt(tf.add(tf.mean(tf.square(latent), 0), 1e-8));
      this.#gain(store, 'in').assign(tf.div(1, spread));
      this.#gain(store, 'out').assign(spread);
    });
    latent.dispose();
    this.#started = true;
  }

  state(): Map<string, Float32Array> {
    return new Map([['started', Float32Array.of(this.#started ? 1 : 0)]]);
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    this.#started = state.get('started')?.[0] === 1;
  }

  /** Place value of each digit. */
  #basis(): Float32Array {
    let place = 1;
    return Float32Array.from(this.#levels, (levels) => {
      const value = place;
      place *= levels;
      return value;
    });
  }

  /** Row-major [codebookSize, groupDim]: the latent that each code stands for. */
  table(): Float32Array {
    const { groupDim, codebookSize } = this;
    const table = new Float32Array(codebookSize * groupDim);
    for (let code = 0; code < codebookSize; code++) {
      let rest = code;
      this.#levels.forEach((levels, d) => {
        table[code * groupDim + d] = this.valueOf(rest % levels, d);
        rest = Math.floor(rest / levels);
      });
    }
    return table;
  }

  protected levelsOf(frameDim: number): Float32Array {
    return Float32Array.from({ length: frameDim }, (_, i) => this.#levels[i % this.groupDim]!);
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const g = ops.graph;
    const scaled = ops.mul(
      latent,
      ops.param(`${this.#scope}/in`, [this.codebooks * this.groupDim]),
    );
    const digits = g.reshape(this.exportDigits(ops, scaled), [-1, this.codebooks, this.groupDim]);
    const weighted = g.mul(digits, g.constant(this.#basis(), [this.groupDim]));
    return g.cast(g.round(g.reduceSum(weighted, [2])), 'int32');
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): GraphValue {
    const table = this.table();
    const gains = ops.weights(`${this.#scope}/out`, [this.codebooks * this.groupDim]);
    const tables = Array.from({ length: this.codebooks }, (_, group) =>
      table.map((value, i) => value * gains[group * this.groupDim + (i % this.groupDim)]!),
    );
    const parts = lookUp(ops, `${this.#scope}/lookup`, codes, tables, this.groupDim);
    return ops.graph.reshape(parts, [-1, this.codebooks * this.groupDim]);
  }
}
