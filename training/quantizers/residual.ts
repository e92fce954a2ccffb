/**
 * Residual quantization: each codebook codes what the earlier ones left over. One codebook is plain vector
 * quantization (`vq`), more are `rvq`.
 *
 * r₁ = z,  kᵢ = argmin_j ‖rᵢ − c_ij‖,  rᵢ₊₁ = rᵢ − c_ikᵢ,  ẑ = Σ_{i ≤ active} c_ikᵢ
 *
 * - vector quantization with straight-through gradient and commitment term: van den Oord et al.,
 *   arXiv:1711.00937, eq. 2–3
 * - residual stages, and training with a random number of them so that one model serves every rate:
 *   Zeghidour et al., "SoundStream", arXiv:2107.03312 §III-C
 * - low-dimensional (factorised) codes, a learned projection around each codebook: Yu et al.,
 *   arXiv:2110.04627 §3.2; Kumar et al., arXiv:2306.06546 §3.2. Here the projections start at the principal
 *   directions of what is left to code, so that the stages share out the energy from the start.
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor2D, type Variable } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { mulberry32 } from '../graph/random.ts';
import { TfOps } from '../graph/tf-ops.ts';
import { linear } from '../model/blocks.ts';
import { balancePenalty } from './balance.ts';
import { Codebook, codebookSchema, unitRows } from './codebook.ts';
import { lookUp, projectedLookUp } from './lookup.ts';
import { principalDirections } from './principal.ts';
import { exportResidualChain, type StageMatrices } from './residual-graph.ts';
import {
  interleave,
  type Decoded,
  type Quantizer,
  type QuantizerContext,
  type QuantizerForward,
} from './quantizer.ts';
import { straightThrough } from './straight-through.ts';

export const residualOptions = {
  codebook: codebookSchema,
  /** Weight of ‖rᵢ − sg[c]‖², the pull of latents towards their codes. */
  commitment: z.number().min(0).max(10).default(0.25),
  /** Dimensions of the codes; a learned projection goes around each codebook when fewer than the latent's. */
  codeDim: z.number().int().min(1).max(1024).optional(),
  gradient: z.enum(['straight-through', 'rotation']).default('straight-through'),
  /** Weight of the penalty on uneven use of the codes, see balance.ts. */
  balance: z.number().min(0).max(10).default(0),
  /** Steps that run unquantised before the codebooks start. */
  startStep: z.number().int().min(0).default(0),
};

export const residualSchema = z.strictObject(residualOptions);
export type ResidualOptions = z.infer<typeof residualSchema>;

/** What one stage saw and chose in the step under way, for {@link ResidualQuantizer.afterStep}. */
interface Observation {
  points: Tensor2D;
  codes: Int32Array;
}

export class ResidualQuantizer implements Quantizer {
  readonly family: string;
  readonly codebooks: number;
  readonly codebookSize: number;
  readonly macsPerFrame: number;
  readonly stages: readonly Codebook[];
  readonly #options: ResidualOptions;
  readonly #dim: number;
  readonly #scope: string;
  readonly #observed: Observation[] = [];
  #waiting: Tensor2D | undefined;
  #store: QuantizerContext['store'] | undefined;

  /**
   * @param scope prefix of its parameters' names
   * @throws RangeError for several stages of unit codes without projections
   */
  constructor(
    family: string,
    stages: number,
    options: ResidualOptions,
    dim: number,
    seed: number,
    scope: string,
  ) {
    this.family = family;
    this.codebooks = stages;
    this.codebookSize = options.codebook.size;
    this.#options = options;
    this.#dim = dim;
    this.#scope = scope;
    const codeDim = options.codeDim ?? dim;
    this.stages = Array.from(
      { length: stages },
      (_, i) => new Codebook(options.codebook, codeDim, `${scope}/${i}`, seed * 1000 + i),
    );
    if (stages > 1 && options.codebook.normalised && codeDim === dim) {
      throw new RangeError(
        'unit codes cannot shrink with the residual: give several stages a codeDim',
      );
    }
    const projections = codeDim === dim ? 0 : 2 * dim * codeDim;
    this.macsPerFrame = stages * (this.codebookSize * codeDim + projections);
  }

  get #projected(): boolean {
    return this.stages[0]!.dim !== this.#dim;
  }

  /** Codes stand for something else than the latent itself, so the gradient crosses the choice of each one. */
  get #reshaped(): boolean {
    return this.#projected || this.stages[0]!.config.normalised;
  }

  get started(): boolean {
    return this.stages[0]!.started;
  }

  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward {
    const { training, store, active } = context;
    const { commitment, balance, gradient } = this.#options;
    if (!this.started) {
      if (training) this.#wait(latent, store);
      return { quantized: this.#unquantised(latent, context), loss: null, codes: null };
    }
    this.#forget();
    this.#store = store;
    const codes: Int32Array[] = [];
    const losses: Scalar[] = [];
    let rest = latent;
    let total: Tensor2D | undefined;
    for (const stage of this.stages.slice(0, active)) {
      const points = this.#into(stage, rest, store);
      const indices = stage.nearest(points, store);
      const chosen = stage.rows(indices, store);
      const fixed = stage.config.learn === 'ema' ? chosen : detached(chosen);
      losses.push(tf.mul(tf.mean(tf.squaredDifference(points, fixed)), commitment) as Scalar);
      const codeLoss = stage.codeLoss(points, chosen);
      if (codeLoss !== null) losses.push(codeLoss);
      if (balance > 0) {
        const penalty = balancePenalty(points, stage.codes(store));
        losses.push(tf.mul(penalty, balance) as Scalar);
      }
      const crossed = this.#reshaped ? straightThrough(points, fixed, gradient) : fixed;
      const out = this.#outOf(stage, crossed, store);
      rest = tf.sub(rest, out) as Tensor2D;
      total = total === undefined ? out : (tf.add(total, out) as Tensor2D);
      codes.push(indices);
      if (training) this.#observed.push({ points: tf.keep(tf.clone(points)), codes: indices });
    }
    const sum = total!;
    const quantized = this.#reshaped ? sum : straightThrough(latent, sum, gradient);
    return { quantized, loss: tf.addN(losses) as Scalar, codes: interleave(codes) };
  }

  /** Latent → points of a codebook. */
  #into(stage: Codebook, rest: Tensor2D, store: QuantizerContext['store']): Tensor2D {
    const points = this.#projected
      ? linear(new TfOps(store, 1, 1), `${stage.name}/in`, rest, this.#dim, stage.dim)
      : rest;
    return stage.config.normalised ? unitRows(points) : points;
  }

  /** Codes → their share of the latent. */
  #outOf(stage: Codebook, codes: Tensor2D, store: QuantizerContext['store']): Tensor2D {
    if (!this.#projected) return codes;
    return linear(new TfOps(store, 1, 1), `${stage.name}/out`, codes, stage.dim, this.#dim);
  }

  /** The same path without the choice of codes; it also brings all parameters into being. */
  #unquantised(latent: Tensor2D, { store, active }: QuantizerContext): Tensor2D {
    let rest = latent;
    let total: Tensor2D | undefined;
    for (const [i, stage] of this.stages.entries()) {
      const out = this.#outOf(stage, this.#into(stage, rest, store), store);
      if (stage.config.learn !== 'ema') stage.codes(store);
      if (i >= active || (i > 0 && !this.#projected)) continue;
      rest = tf.sub(rest, out) as Tensor2D;
      total = total === undefined ? out : (tf.add(total, out) as Tensor2D);
    }
    return total!;
  }

  #wait(latent: Tensor2D, store: QuantizerContext['store']): void {
    this.#waiting?.dispose();
    this.#waiting = tf.keep(tf.clone(latent));
    this.#store = store;
  }

  #forget(): void {
    for (const { points } of this.#observed) points.dispose();
    this.#observed.length = 0;
  }

  afterStep(step: number): void {
    const store = this.#store;
    if (store === undefined) return;
    if (this.#waiting !== undefined) {
      const latent = this.#waiting;
      this.#waiting = undefined;
      if (step >= this.#options.startStep) this.#start(latent, store);
      latent.dispose();
      return;
    }
    this.#observed.forEach(({ points, codes }, i) => {
      this.stages[i]!.observe(points.dataSync() as Float32Array, codes, store);
    });
    this.#forget();
  }

  fit(latent: Tensor2D, store: QuantizerContext['store']): void {
    this.#waiting?.dispose();
    this.#waiting = undefined;
    this.#start(latent, store);
  }

  /** Starts the codebooks one after the other, each on what the ones before it leave. */
  #start(latent: Tensor2D, store: QuantizerContext['store']): void {
    tf.tidy(() => {
      let rest = latent;
      for (const stage of this.stages) {
        const before = rest;
        // Choices of codes over all frames are large: those of one stage at a time.
        rest = tf.tidy(() => {
          if (this.#projected) this.#aim(stage, before, store);
          const points = this.#into(stage, before, store);
          stage.observe(points.dataSync() as Float32Array, new Int32Array(0), store);
          const chosen = stage.rows(stage.nearest(points, store), store);
          return tf.sub(before, this.#outOf(stage, chosen, store)) as Tensor2D;
        });
      }
    });
  }

  /** Points a stage's projections at the directions in which most is left to code. */
  #aim(stage: Codebook, rest: Tensor2D, store: QuantizerContext['store']): void {
    const dim = this.#dim;
    const directions = tf.tensor2d(principalDirections(rest, stage.dim, mulberry32(1)), [
      dim,
      stage.dim,
    ]);
    const weights = (side: 'in' | 'out', shape: [number, number]): Variable =>
      store.get(`${stage.name}/${side}/w`, shape, { kind: 'zeros' });
    weights('in', [dim, stage.dim]).assign(directions);
    weights('out', [stage.dim, dim]).assign(tf.transpose(directions));
  }

  state(): Map<string, Float32Array> {
    return new Map(this.stages.flatMap((stage) => stage.state()));
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const stage of this.stages) stage.restore(state);
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const dim = this.#dim;
    const width = this.stages[0]!.dim;
    const matrices = this.stages.map((stage): StageMatrices => this.#matrices(ops, stage));
    const name = `${this.#scope}/chain`;
    return exportResidualChain(ops, name, latent, dim, width, matrices, (i, points) =>
      this.#exportChoice(ops, this.stages[i]!, points),
    );
  }

  #matrices(ops: OnnxOps, stage: Codebook): StageMatrices {
    const dim = this.#dim;
    const width = stage.dim;
    if (this.#projected) {
      return {
        into: ops.weights(`${stage.name}/in/w`, [dim, width]),
        intoBias: ops.weights(`${stage.name}/in/b`, [width]),
        outOf: ops.weights(`${stage.name}/out/w`, [width, dim]),
        outOfBias: ops.weights(`${stage.name}/out/b`, [dim]),
      };
    }
    const identity = new Float32Array(dim * dim);
    for (let d = 0; d < dim; d++) identity[d * dim + d] = 1;
    const zeros = new Float32Array(dim);
    return { into: identity, intoBias: zeros, outOf: identity, outOfBias: zeros };
  }

  /** The nearest code of one stage. */
  #exportChoice(
    ops: OnnxOps,
    stage: Codebook,
    at: GraphValue,
  ): { code: GraphValue; chosen: GraphValue } {
    const g = ops.graph;
    let points = at;
    if (stage.config.normalised) {
      points = g.div(points, g.max(g.reduceL2(points, [1], { keepDims: true }), 1e-6));
    }
    const { columns, half } = searchTable(stage.exported(ops), this.codebookSize, stage.dim);
    const codebook = ops.learned(`${stage.name}/search`, columns, [stage.dim, this.codebookSize]);
    const halves = ops.constant(`${stage.name}/half`, half.map((x) => -x), [this.codebookSize]); // prettier-ignore
    const code = g.argMax(g.add(ops.matmul(points, codebook), halves), 1);
    return { code, chosen: g.transpose(g.gather(codebook, code, 1), [1, 0]) };
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): Decoded {
    const tables = this.stages.map((stage) => stage.exported(ops));
    if (!this.#projected) {
      const rows = lookUp(ops, `${this.#scope}/lookup`, codes, tables, this.#dim);
      return { latent: ops.graph.reduceSum(rows, [1]) };
    }
    const back = this.stages.map((stage) => this.#matrices(ops, stage));
    return { latent: projectedLookUp(ops, this.#scope, codes, tables, back, this.#dim) };
  }
}

/** The codebook as [dim, size], and half the squared length of each code. */
export function searchTable(
  table: Float32Array,
  size: number,
  dim: number,
): { columns: Float32Array; half: Float32Array } {
  const columns = new Float32Array(size * dim);
  const half = new Float32Array(size);
  for (let k = 0; k < size; k++) {
    for (let d = 0; d < dim; d++) {
      const value = table[k * dim + d]!;
      columns[d * size + k] = value;
      half[k]! += 0.5 * value * value;
    }
  }
  return { columns, half };
}

function detached(x: Tensor2D): Tensor2D {
  return tf.tensor2d(x.dataSync() as Float32Array, x.shape);
}
