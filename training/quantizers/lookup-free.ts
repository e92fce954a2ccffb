/**
 * Quantizers without a learned codebook: a few directions of what is left to code are rounded onto a fixed grid, and the
 * grid point's number is the code; stage after stage, as in residual quantization. Nothing is searched. A subclass gives
 * the grid and how points reach it.
 *
 * r₁ = z,  gᵢ = grid(Aᵢ rᵢ),  rᵢ₊₁ = rᵢ − (Bᵢ gᵢ + bᵢ),  ẑ = Σ_{i ≤ active} (Bᵢ gᵢ + bᵢ)
 *
 * The grid has a fixed size and latents do not, so Aᵢ starts at the principal directions of rᵢ, scaled to its spread
 * there, and Bᵢ, bᵢ at the least-squares way back.
 */
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { Ops } from '../graph/ops.ts';
import { mulberry32 } from '../graph/random.ts';
import { TfOps, type ParameterSource } from '../graph/tf-ops.ts';
import { projectedLookUp } from './lookup.ts';
import { principalDirections } from './principal.ts';
import { exportResidualChain, type StageMatrices } from './residual-graph.ts';
import {
  interleave,
  type Decoded,
  type Quantizer,
  type QuantizerContext,
  type QuantizerForward,
} from './quantizer.ts';

export abstract class LookupFreeQuantizer implements Quantizer {
  abstract readonly family: string;
  readonly codebooks: number;
  readonly codebookSize: number;
  /** Directions that one stage rounds. */
  readonly stageDim: number;
  readonly macsPerFrame: number;
  readonly #levels: readonly number[];
  readonly #dim: number;
  readonly #scope: string;
  /** False until the matrices have been set; latents pass unquantised until then. */
  #started = false;
  #waiting: { latent: Tensor2D; store: ParameterSource } | undefined;

  /**
   * @param levels grid points per direction of a stage; a code is Σ digit_d · Π_{e<d} levels_e
   * @throws RangeError when a stage has more directions than the latent
   */
  constructor(stages: number, levels: readonly number[], dim: number, scope: string) {
    if (levels.length > dim) {
      throw new RangeError(`a stage of ${levels.length} directions wants a latent of as many`);
    }
    this.codebooks = stages;
    this.stageDim = levels.length;
    this.codebookSize = levels.reduce((a, b) => a * b, 1);
    this.macsPerFrame = 2 * stages * dim * levels.length;
    this.#levels = levels;
    this.#dim = dim;
    this.#scope = scope;
  }

  /** Points → grid, with a gradient; [frames, stageDim] both. */
  protected abstract quantize(points: Tensor2D): Tensor2D;
  /** Digit 0 … levels − 1 of every direction of a quantized point, as floats. */
  protected abstract digits(quantized: Tensor2D): Tensor2D;
  /** The value of a digit in direction d. */
  protected abstract gridValue(digit: number, d: number): number;
  /** Points → digits as float, in an exported graph; [T, stageDim] both. */
  protected abstract exportDigits(ops: OnnxOps, points: GraphValue): GraphValue;
  /** Extra loss of the family on the points of one stage, weighted. */
  protected penalty(_points: Tensor2D): Scalar | null {
    return null;
  }

  get started(): boolean {
    return this.#started;
  }

  forward(latent: Tensor2D, { active, store, training }: QuantizerContext): QuantizerForward {
    const ops = new TfOps(store, 1, 1);
    if (!this.#started) {
      if (training) this.#wait(latent, store);
      for (let i = 0; i < this.codebooks; i++) this.#outOf(ops, i, this.#into(ops, i, latent));
      return { quantized: tf.clone(latent), loss: null, codes: null };
    }
    const codes: Int32Array[] = [];
    const losses: Scalar[] = [];
    let rest = latent;
    let total: Tensor2D | undefined;
    for (let i = 0; i < active; i++) {
      const points = this.#into(ops, i, rest);
      const grid = this.quantize(points);
      codes.push(this.#codesOf(grid));
      const penalty = this.penalty(points);
      if (penalty !== null) losses.push(penalty);
      const out = this.#outOf(ops, i, grid);
      rest = tf.sub(rest, out) as Tensor2D;
      total = total === undefined ? out : (tf.add(total, out) as Tensor2D);
    }
    return {
      quantized: total!,
      loss: losses.length === 0 ? null : (tf.addN(losses) as Scalar),
      codes: interleave(codes),
    };
  }

  #into<V>(ops: Ops<V>, stage: number, rest: V): V {
    const shape = [this.#dim, this.stageDim];
    return ops.matmul(rest, ops.param(`${this.#scope}/${stage}/in/w`, shape, { kind: 'zeros' }));
  }

  #outOf<V>(ops: Ops<V>, stage: number, grid: V): V {
    const name = `${this.#scope}/${stage}/out`;
    const w = ops.param(`${name}/w`, [this.stageDim, this.#dim], { kind: 'zeros' });
    return ops.add(ops.matmul(grid, w), ops.param(`${name}/b`, [this.#dim], { kind: 'zeros' }));
  }

  #codesOf(grid: Tensor2D): Int32Array {
    return tf.tidy(() => {
      const sums = tf.matMul(this.digits(grid), tf.tensor2d(this.#basis(), [this.stageDim, 1]));
      return Int32Array.from(sums.dataSync(), Math.round);
    });
  }

  #wait(latent: Tensor2D, store: ParameterSource): void {
    this.#waiting?.latent.dispose();
    this.#waiting = { latent: tf.keep(tf.clone(latent)), store };
  }

  afterStep(): void {
    if (this.#waiting === undefined) return;
    const { latent, store } = this.#waiting;
    this.#waiting = undefined;
    this.fit(latent, store);
    latent.dispose();
  }

  fit(latent: Tensor2D, store: ParameterSource): void {
    this.#waiting?.latent.dispose();
    this.#waiting = undefined;
    tf.tidy(() => {
      const ops = new TfOps(store, 1, 1);
      let rest = latent;
      for (let i = 0; i < this.codebooks; i++) {
        const before = rest;
        rest = tf.tidy(() => {
          this.#aim(i, before, store);
          return tf.sub(before, this.#outOf(ops, i, this.quantize(this.#into(ops, i, before))));
        });
      }
    });
    this.#started = true;
  }

  /** Sets a stage's matrices by what there is to code. */
  #aim(stage: number, rest: Tensor2D, store: ParameterSource): void {
    const [dim, width] = [this.#dim, this.stageDim];
    const set = (part: string, shape: readonly number[], value: ReturnType<typeof tf.tensor>) =>
      store.get(`${this.#scope}/${stage}/${part}`, shape, { kind: 'zeros' }).assign(value);
    const directions = tf.tensor2d(principalDirections(rest, width, mulberry32(1)), [dim, width]);
    const along: Tensor2D = tf.matMul(rest, directions);
    const spread = tf.sqrt(tf.add(tf.mean(tf.square(along), 0, true), 1e-8));
    set('in/w', [dim, width], tf.div(directions, spread));
    const grid = this.quantize(tf.div(along, spread));
    // along ≈ slope · grid + offset, direction by direction.
    const mean = tf.mean(grid, 0, true);
    const centred = tf.sub(grid, mean);
    const slope = tf.div(
      tf.mean(tf.mul(centred, along), 0, true),
      tf.add(tf.mean(tf.square(centred), 0, true), 1e-8),
    );
    const offset = tf.sub(tf.mean(along, 0, true), tf.mul(slope, mean)) as Tensor2D;
    const back = tf.transpose(directions);
    set('out/w', [width, dim], tf.mul(tf.transpose(slope), back));
    set('out/b', [dim], tf.reshape(tf.matMul(offset, back as Tensor2D), [dim]));
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

  /** Row-major [codebookSize, stageDim]: the grid point that each code stands for. */
  table(): Float32Array {
    const { stageDim, codebookSize } = this;
    const table = new Float32Array(codebookSize * stageDim);
    for (let code = 0; code < codebookSize; code++) {
      let rest = code;
      this.#levels.forEach((levels, d) => {
        table[code * stageDim + d] = this.gridValue(rest % levels, d);
        rest = Math.floor(rest / levels);
      });
    }
    return table;
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const g = ops.graph;
    const [dim, width] = [this.#dim, this.stageDim];
    const basis = g.constant(this.#basis(), [width, 1]);
    const table = ops.constant(`${this.#scope}/table`, this.table(), [this.codebookSize, width]);
    const stages = this.#matrices(ops);
    return exportResidualChain(ops, `${this.#scope}/chain`, latent, dim, width, stages, (_, at) => {
      const sum = g.squeeze(g.matMul(this.exportDigits(ops, at), basis), [1]);
      const code = g.cast(g.round(sum), 'int32');
      return { code, chosen: g.gather(table, code, 0) };
    });
  }

  #matrices(ops: OnnxOps): StageMatrices[] {
    const [dim, width] = [this.#dim, this.stageDim];
    return Array.from({ length: this.codebooks }, (_, i) => {
      const name = `${this.#scope}/${i}`;
      return {
        into: ops.weights(`${name}/in/w`, [dim, width]),
        intoBias: new Float32Array(width),
        outOf: ops.weights(`${name}/out/w`, [width, dim]),
        outOfBias: ops.weights(`${name}/out/b`, [dim]),
      };
    });
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): Decoded {
    const tables = new Array<Float32Array>(this.codebooks).fill(this.table());
    const back = this.#matrices(ops);
    return { latent: projectedLookUp(ops, this.#scope, codes, tables, back, this.#dim) };
  }
}
