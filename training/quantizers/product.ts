/**
 * Product quantization: the latent is cut into groups of coordinates, each with a codebook of its own, searched in
 * parallel.
 *
 * z = (z⁽¹⁾, …, z⁽ᴳ⁾),  k_g = argmin_j ‖z⁽ᵍ⁾ − c_gj‖,  ẑ = (c_1k₁, …, c_Gk_G)
 *
 * Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011. How the latent is cut, and
 * the optional rotation before it: groups.ts. Fewer active groups leave the later coordinates at 0; training with a
 * random number of groups makes the earlier ones carry what matters most.
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { TfOps } from '../graph/tf-ops.ts';
import { Codebook, codebookSchema, unitRows } from './codebook.ts';
import { groupOptions, Groups } from './groups.ts';
import {
  interleave,
  type Decoded,
  type Quantizer,
  type QuantizerContext,
  type QuantizerForward,
} from './quantizer.ts';
import { straightThrough } from './straight-through.ts';

export const productOptions = {
  codebook: codebookSchema,
  commitment: z.number().min(0).max(10).default(0.25),
  gradient: z.enum(['straight-through', 'rotation']).default('straight-through'),
  ...groupOptions,
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
  readonly #split: Groups;
  #observed: { latent: Tensor2D; codes: Int32Array[] } | undefined;
  #store: QuantizerContext['store'] | undefined;

  /** @throws RangeError when the latent cannot be cut into the groups asked for */
  constructor(groups: number, options: ProductOptions, dim: number, seed: number, scope: string) {
    this.#split = new Groups(groups, dim, options, scope);
    this.codebooks = groups;
    this.codebookSize = options.codebook.size;
    this.#options = options;
    this.groups = this.#split.dims.map(
      (width, i) => new Codebook(options.codebook, width, `${scope}/${i}`, seed * 1000 + i),
    );
    this.macsPerFrame = this.#split.coordinates * this.codebookSize + this.#split.macsPerFrame;
  }

  get started(): boolean {
    return this.groups[0]!.started;
  }

  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward {
    const { training, store, active } = context;
    const { commitment, gradient } = this.#options;
    const ops = new TfOps(store, 1, 1);
    const turned = this.#split.before(ops, latent);
    if (!this.started) {
      if (training) this.#remember(latent, [], store);
      for (const group of this.groups) if (group.config.learn !== 'ema') group.codes(store);
      const parts = this.groups.slice(0, active).map((_, i) => this.#part(turned, i));
      const kept = this.#split.join(parts);
      return { quantized: this.#split.after(ops, kept), loss: null, codes: null };
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
    return {
      quantized: this.#split.after(ops, this.#split.join(parts)),
      loss: tf.addN(losses) as Scalar,
      codes: interleave(codes),
    };
  }

  /** The points of one group's codebook. */
  #part(x: Tensor2D, group: number): Tensor2D {
    const part = this.#split.part(x, group);
    return this.#options.codebook.normalised ? unitRows(part) : part;
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
    if (codes.length > 0) {
      tf.tidy(() => {
        this.groups.slice(0, codes.length).forEach((group, i) => {
          const points = this.#part(latent, i).dataSync() as Float32Array;
          group.observe(points, codes[i]!, store);
        });
      });
    } else if (step >= this.#options.startStep) this.fit(latent, store);
    latent.dispose();
  }

  fit(latent: Tensor2D, store: QuantizerContext['store']): void {
    this.#split.aim(latent, store);
    tf.tidy(() => {
      const turned = this.#split.before(new TfOps(store, 1, 1), latent);
      this.groups.forEach((group, i) => {
        const points = this.#part(turned, i).dataSync() as Float32Array;
        group.observe(points, new Int32Array(0), store);
      });
    });
  }

  state(): Map<string, Float32Array> {
    return new Map(this.groups.flatMap((group) => group.state()));
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const group of this.groups) group.restore(state);
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    return this.#split.exportSearch(ops, latent, this.groups);
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): Decoded {
    return { latent: this.#split.exportLookUp(ops, codes, this.groups) };
  }
}
