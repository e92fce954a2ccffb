/**
 * Product quantization: the latent is cut into equal runs of dimensions (group g holds dimensions
 * g·d … g·d + d − 1, a fixed partition), each with a codebook of its own, searched in parallel.
 *
 * z = (z⁽¹⁾, …, z⁽ᴳ⁾),  k_g = argmin_j ‖z⁽ᵍ⁾ − c_gj‖,  ẑ = (c_1k₁, …, c_Gk_G)
 *
 * Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011. With `rotation` a
 * learned matrix goes before the split and another after it (as in Ge et al., "Optimized product
 * quantization", CVPR 2013, but not kept orthogonal). Fewer active groups leave the later dimensions at 0;
 * training with a random number of groups makes the earlier ones carry what matters most.
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { TfOps } from '../graph/tf-ops.ts';
import type { Initializer, Ops } from '../graph/ops.ts';
import { Codebook, codebookSchema, unitRows } from './codebook.ts';
import { searchTable } from './residual.ts';
import { lookUp } from './lookup.ts';
import {
  interleave,
  type Quantizer,
  type QuantizerContext,
  type QuantizerForward,
} from './quantizer.ts';
import { straightThrough } from './straight-through.ts';

export const productOptions = {
  codebook: codebookSchema,
  commitment: z.number().min(0).max(10).default(0.25),
  gradient: z.enum(['straight-through', 'rotation']).default('straight-through'),
  /** A learned matrix before the split and one after it. */
  rotation: z.boolean().default(false),
  startStep: z.number().int().min(0).default(0),
};

export const productSchema = z.strictObject(productOptions);
export type ProductOptions = z.infer<typeof productSchema>;

export class ProductQuantizer implements Quantizer {
  readonly family = 'pq';
  readonly codebooks: number;
  readonly codebookSize: number;
  readonly macsPerFrame: number;
  readonly groups: readonly Codebook[];
  readonly #options: ProductOptions;
  readonly #dim: number;
  readonly #scope: string;
  #observed: { latent: Tensor2D; codes: Int32Array[] } | undefined;
  #store: QuantizerContext['store'] | undefined;

  /** @throws RangeError unless dim is a multiple of groups */
  constructor(groups: number, options: ProductOptions, dim: number, seed: number, scope: string) {
    if (dim % groups !== 0) {
      throw new RangeError(`${dim} dimensions cannot be cut into ${groups} equal groups`);
    }
    this.codebooks = groups;
    this.codebookSize = options.codebook.size;
    this.#options = options;
    this.#dim = dim;
    this.#scope = scope;
    this.groups = Array.from(
      { length: groups },
      (_, i) => new Codebook(options.codebook, dim / groups, `${scope}/${i}`, seed * 1000 + i),
    );
    this.macsPerFrame = dim * this.codebookSize + (options.rotation ? 2 * dim * dim : 0);
  }

  get #groupDim(): number {
    return this.#dim / this.codebooks;
  }

  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward {
    const { training, store, active } = context;
    const { commitment, gradient } = this.#options;
    const ops = new TfOps(store, 1, 1);
    const turned = this.#rotate(ops, 'before', latent);
    if (!this.groups[0]!.started) {
      if (training) this.#remember(turned, [], store);
      for (const group of this.groups) if (group.config.learn !== 'ema') group.codes(store);
      const parts = this.groups.slice(0, active).map((_, i) => this.#part(turned, i));
      const kept = this.#pad(tf.concat(parts, 1), active);
      return { quantized: this.#rotate(ops, 'after', kept), loss: null, codes: null };
    }
    const codes: Int32Array[] = [];
    const parts: Tensor2D[] = [];
    const losses: Scalar[] = [];
    this.groups.slice(0, active).forEach((group, i) => {
      const points = this.#part(turned, i);
      const indices = group.nearest(points, store);
      const chosen = group.rows(indices, store);
      const fixed =
        group.config.learn === 'ema'
          ? chosen
          : tf.tensor2d(chosen.dataSync() as Float32Array, chosen.shape);
      losses.push(tf.mul(tf.mean(tf.squaredDifference(points, fixed)), commitment) as Scalar);
      const codeLoss = group.codeLoss(points, chosen);
      if (codeLoss !== null) losses.push(codeLoss);
      codes.push(indices);
      parts.push(straightThrough(points, fixed, gradient));
    });
    if (training) this.#remember(turned, codes, store);
    const joined = this.#pad(tf.concat(parts, 1), active);
    return {
      quantized: this.#rotate(ops, 'after', joined),
      loss: tf.addN(losses) as Scalar,
      codes: interleave(codes),
    };
  }

  /** The points of one group's codebook. */
  #part(x: Tensor2D, group: number): Tensor2D {
    const part = tf.slice(x, [0, group * this.#groupDim], [-1, this.#groupDim]);
    return this.#options.codebook.normalised ? unitRows(part) : part;
  }

  /** Zeros for the groups that are left out. */
  #pad(x: Tensor2D, active: number): Tensor2D {
    if (active === this.codebooks) return x;
    return tf.pad(x, [[0, 0], [0, this.#dim - active * this.#groupDim]]); // prettier-ignore
  }

  #rotate<V>(ops: Ops<V>, side: 'before' | 'after', x: V): V {
    if (!this.#options.rotation) return x;
    const dim = this.#dim;
    const identity = new Float32Array(dim * dim);
    for (let d = 0; d < dim; d++) identity[d * dim + d] = 1;
    const init: Initializer = { kind: 'matrix', values: identity };
    return ops.matmul(x, ops.param(`${this.#scope}/${side}/w`, [dim, dim], init));
  }

  #remember(latent: Tensor2D, codes: Int32Array[], store: QuantizerContext['store']): void {
    this.#observed?.latent.dispose();
    this.#observed = { latent: tf.keep(tf.clone(latent)), codes };
    this.#store = store;
  }

  afterStep(step: number): void {
    const observed = this.#observed;
    const store = this.#store;
    if (observed === undefined || store === undefined) return;
    this.#observed = undefined;
    const { latent, codes } = observed;
    const starting = codes.length === 0;
    if (!starting || step >= this.#options.startStep) {
      tf.tidy(() => {
        const learning = starting ? this.groups : this.groups.slice(0, codes.length);
        learning.forEach((group, i) => {
          const points = this.#part(latent, i).dataSync() as Float32Array;
          group.observe(points, codes[i] ?? new Int32Array(0), store);
        });
      });
    }
    latent.dispose();
  }

  state(): Map<string, Float32Array> {
    return new Map(this.groups.flatMap((group) => group.state()));
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const group of this.groups) group.restore(state);
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const tables = this.groups.map((group) => group.exported(ops));
    return searchGroups(
      ops,
      this.#scope,
      this.#rotate(ops, 'before', latent),
      tables,
      this.#groupDim,
    );
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): GraphValue {
    const tables = this.groups.map((group) => group.exported(ops));
    const parts = lookUp(ops, `${this.#scope}/lookup`, codes, tables, this.#groupDim);
    return this.#rotate(ops, 'after', ops.graph.reshape(parts, [-1, this.#dim]));
  }
}

/** The nearest code of each group of dimensions, [T, groups · dim] → int32 [T, groups], all at once. */
export function searchGroups(
  ops: OnnxOps,
  name: string,
  latent: GraphValue,
  tables: readonly Float32Array[],
  dim: number,
): GraphValue {
  const g = ops.graph;
  const groups = tables.length;
  const size = tables[0]!.length / dim;
  const search = new Float32Array(groups * dim * size);
  const halves = new Float32Array(groups * size);
  tables.forEach((table, i) => {
    const { columns, half } = searchTable(table, size, dim);
    search.set(columns, i * dim * size);
    halves.set(half, i * size);
  });
  const points = g.transpose(g.reshape(latent, [-1, groups, dim]), [1, 0, 2]);
  const codebooks = ops.learned(`${name}/search`, search, [groups, dim, size]);
  const score = g.sub(
    ops.matmul(points, codebooks),
    ops.constant(`${name}/half`, halves, [groups, 1, size]),
  );
  return g.cast(g.transpose(g.argMax(score, 2), [1, 0]), 'int32');
}
