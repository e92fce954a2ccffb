/**
 * Gumbel-Softmax quantization: while training a code is drawn at random, the nearer the likelier, and the
 * gradient follows the relaxed draw; at inference the nearest code is taken. One codebook per group of
 * dimensions, as in pq.
 *
 * ℓ_j = −s_g · ‖x − c_j‖² / d,  y = softmax((ℓ + τ · Gumbel noise)/τ),  x̂ = c_{argmax y}
 *
 * The noise is scaled with the temperature τ, so that the draws too settle on the nearest code as τ falls. The
 * gradient of the choice is that of y (straight-through).
 *
 * - Jang, Gu, Poole, "Categorical reparameterization with Gumbel-Softmax", arXiv:1611.01144
 * - logits from distances: Jiang et al., "Latent-domain predictive neural speech coding" (TF-Codec),
 *   arXiv:2207.08363 §III-C; the scale s_g is learned
 * - the diversity term keeps all codes in use: Baevski et al., arXiv:2006.11477, eq. 4
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { mulberry32, type Random } from '../graph/random.ts';
import { TfOps } from '../graph/tf-ops.ts';
import { entropyGap } from './balance.ts';
import { Codebook } from './codebook.ts';
import { groupOptions, Groups } from './groups.ts';
import {
  interleave,
  type Decoded,
  type Quantizer,
  type QuantizerContext,
  type QuantizerForward,
} from './quantizer.ts';

export const gumbelOptions = {
  size: z.number().int().min(2).max(65536),
  /** Temperature τ at the first quantised step and after `annealSteps`, falling geometrically. */
  startTemperature: z.number().positive().max(100).default(2),
  endTemperature: z.number().positive().max(100).default(0.1),
  annealSteps: z.number().int().min(1).default(500),
  /** Weight of ln(size) − H(mean soft assignment). */
  diversity: z.number().min(0).max(10).default(0.01),
  /** Weight of ‖x − sg[c]‖². */
  commitment: z.number().min(0).max(10).default(0.1),
  startStep: z.number().int().min(0).default(0),
  ...groupOptions,
};

export const gumbelSchema = z.strictObject(gumbelOptions);
export type GumbelOptions = z.infer<typeof gumbelSchema>;

/** ln s_g until the codebooks start. */
const LOG_SCALE = Math.log(10);

export class GumbelQuantizer implements Quantizer {
  readonly family = 'gumbel';
  readonly codebooks: number;
  readonly codebookSize: number;
  readonly macsPerFrame: number;
  readonly groups: readonly Codebook[];
  readonly #options: GumbelOptions;
  readonly #split: Groups;
  readonly #seed: number;
  /** Of the step under way, so that a resumed run draws what it would have drawn. */
  #random: Random = mulberry32(0);
  #waiting: Tensor2D | undefined;
  #store: QuantizerContext['store'] | undefined;
  /** Quantised training steps so far. */
  #steps = 0;

  /** @throws RangeError when the latent cannot be cut into the groups asked for */
  constructor(groups: number, options: GumbelOptions, dim: number, seed: number, scope: string) {
    this.#split = new Groups(groups, dim, options, scope);
    this.codebooks = groups;
    this.codebookSize = options.size;
    this.#options = options;
    this.#seed = seed;
    const codebook = {
      size: options.size,
      learn: 'gradient',
      normalised: false,
      emaDecay: 0.99,
      deadBelow: 0,
      kmeansStart: true,
    } as const;
    this.groups = this.#split.dims.map(
      (width, i) => new Codebook(codebook, width, `${scope}/${i}`, seed * 1000 + i),
    );
    this.macsPerFrame = this.#split.coordinates * options.size + this.#split.macsPerFrame;
  }

  get started(): boolean {
    return this.groups[0]!.started;
  }

  /** τ of the step under way. */
  get temperature(): number {
    const { startTemperature, endTemperature, annealSteps } = this.#options;
    const progress = Math.min(1, Math.max(0, this.#steps - 1) / annealSteps);
    return startTemperature * (endTemperature / startTemperature) ** progress;
  }

  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward {
    const { training, store, active } = context;
    const scales = this.groups.map((group) => {
      group.codes(store);
      const init = { kind: 'constant', value: LOG_SCALE } as const;
      return store.get(`${group.name}/scale`, [1], init) as unknown as Tensor;
    });
    const ops = new TfOps(store, 1, 1);
    const turned = this.#split.before(ops, latent);
    if (!this.started) {
      if (training) {
        this.#waiting?.dispose();
        this.#waiting = tf.keep(tf.clone(latent));
        this.#store = store;
      }
      const kept = this.groups.slice(0, active).map((_, i) => this.#split.part(turned, i));
      const quantized = this.#split.after(ops, this.#split.join(kept));
      return { quantized, loss: null, codes: null };
    }
    if (training) {
      this.#random = mulberry32((this.#seed + 1) * 65537 + this.#steps);
      this.#steps++;
    }
    const codes: Int32Array[] = [];
    const parts: Tensor2D[] = [];
    const losses: Scalar[] = [];
    this.groups.slice(0, active).forEach((group, i) => {
      const points = this.#split.part(turned, i);
      if (!training) {
        const indices = group.nearest(points, store);
        codes.push(indices);
        parts.push(group.rows(indices, store));
        return;
      }
      const { quantized, indices, loss } = this.#draw(points, group.codes(store), scales[i]!);
      codes.push(indices);
      parts.push(quantized);
      losses.push(loss);
    });
    return {
      quantized: this.#split.after(ops, this.#split.join(parts)),
      loss: losses.length === 0 ? null : (tf.addN(losses) as Scalar),
      codes: interleave(codes),
    };
  }

  #draw(
    points: Tensor2D,
    codebook: Tensor2D,
    logScale: Tensor,
  ): { quantized: Tensor2D; indices: Int32Array; loss: Scalar } {
    const { diversity, commitment } = this.#options;
    const [frames, dim] = points.shape;
    const dot = tf.matMul(points, codebook, false, true);
    // ‖x‖² is the same for every code and falls out of the softmax.
    const distance = tf.sub(tf.sum(tf.square(codebook), 1), tf.mul(dot, 2));
    const logits = tf.mul(distance, tf.mul(tf.exp(logScale), -1 / dim)) as Tensor2D;
    // Strictly between 0 and 1: a draw that rounds to 1 would be infinite noise.
    const uniform = tf.randomUniform([frames, this.codebookSize], 1e-7, 1 - 1e-7, 'float32', 1 + Math.floor(this.#random() * 2 ** 30)); // prettier-ignore
    const noise = tf.neg(tf.log(tf.neg(tf.log(uniform))));
    const soft = tf.softmax(tf.add(tf.div(logits, this.temperature), noise)) as Tensor2D;
    const indices = tf.tidy(() => tf.argMax(soft, 1).dataSync() as Int32Array);
    const oneHot = tf.cast(tf.oneHot(tf.tensor1d(indices, 'int32'), this.codebookSize), 'float32');
    const hard = tf.customGrad(() => ({
      value: tf.clone(oneHot),
      gradFunc: (dy: unknown) => dy as Tensor,
    }))(soft) as Tensor2D;
    const quantized: Tensor2D = tf.matMul(hard, codebook);
    const fixed = tf.tensor2d(quantized.dataSync() as Float32Array, [frames, dim]);
    const losses = [tf.mul(tf.mean(tf.squaredDifference(points, fixed)), commitment)];
    if (diversity > 0) {
      losses.push(tf.mul(entropyGap(tf.softmax(logits) as Tensor2D), diversity));
    }
    return { quantized, indices, loss: tf.addN(losses) as Scalar };
  }

  afterStep(step: number): void {
    const latent = this.#waiting;
    const store = this.#store;
    if (latent === undefined || store === undefined) return;
    this.#waiting = undefined;
    if (step >= this.#options.startStep) this.fit(latent, store);
    latent.dispose();
  }

  fit(latent: Tensor2D, store: QuantizerContext['store']): void {
    this.#split.aim(latent, store);
    tf.tidy(() => {
      const turned = this.#split.before(new TfOps(store, 1, 1), latent);
      this.groups.forEach((group, i) => {
        // Choices of codes over all frames are large: those of one group at a time.
        tf.tidy(() => {
          const points = this.#split.part(turned, i);
          group.observe(points.dataSync() as Float32Array, new Int32Array(0), store);
          this.#scaleToDistances(group, points, store);
        });
      });
    });
  }

  /** s_g such that the logit of the nearest code starts at −1. */
  #scaleToDistances(group: Codebook, points: Tensor2D, store: QuantizerContext['store']): void {
    const chosen = group.rows(group.nearest(points, store), store);
    const mse = tf.mean(tf.squaredDifference(points, chosen)).dataSync()[0]!;
    const init = { kind: 'constant', value: LOG_SCALE } as const;
    const scale = store.get(`${group.name}/scale`, [1], init);
    scale.assign(tf.tensor1d([-Math.log(Math.max(mse, 1e-6))]));
  }

  state(): Map<string, Float32Array> {
    const state = new Map(this.groups.flatMap((group) => group.state()));
    return state.set('steps', Float32Array.of(this.#steps));
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const group of this.groups) group.restore(state);
    this.#steps = state.get('steps')?.[0] ?? 0;
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    return this.#split.exportSearch(ops, latent, this.groups);
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): Decoded {
    return { latent: this.#split.exportLookUp(ops, codes, this.groups) };
  }
}
