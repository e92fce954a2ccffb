/**
 * Vector quantization with one codebook of unit-length codes.
 *
 * z̄ = z/‖z‖,  k = argmax_j ⟨z̄, c_j⟩ (= argmin ‖z̄ − c_j‖),  ẑ = c_k
 *
 * - straight-through gradient: van den Oord et al., "Neural Discrete Representation Learning",
 *   arXiv:1711.00937, eq. 2–3, with the commitment term β‖z̄ − sg[c_k]‖²
 * - low-dimensional, length-normalised codes: Yu et al., "Vector-quantized Image Modeling with Improved
 *   VQGAN", arXiv:2110.04627 §3.2
 * - codebook as running averages of its members, k-means start, dead codes moved to latents of the batch:
 *   Dhariwal et al., "Jukebox", arXiv:2005.00341 appendix; Zeghidour et al., arXiv:2107.03312 §III-C
 */
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { mulberry32, type Random } from '../graph/random.ts';
import type { QuantizerConfig } from '../trainer/config.ts';
import { sphericalKMeans } from './kmeans.ts';
import { straightThrough } from './straight-through.ts';
import type { Quantizer, QuantizerForward } from './quantizer.ts';

export type VqConfig = Extract<QuantizerConfig, { family: 'vq' }>;

export class VectorQuantizer implements Quantizer {
  readonly family = 'vq';
  readonly codebooks = 1;
  readonly codebookSize: number;
  readonly macsPerFrame: number;
  readonly #config: VqConfig;
  readonly #dim: number;
  readonly #random: Random;
  /** [codebookSize, dim], unit rows. */
  readonly #codes: Float32Array;
  /** Running member count per code, and running sum of members. */
  readonly #counts: Float32Array;
  readonly #sums: Float32Array;
  /** True from the k-means start on; before it the latent passes unquantised (but normalised). */
  #started = false;
  /** Unit latents and chosen codes of the step under way, for {@link afterStep}. */
  #batch: { latents: Tensor2D; codes: Int32Array | null } | undefined;
  /** How many dead codes have been moved so far. */
  replaced = 0;

  constructor(config: VqConfig, dim: number, seed: number) {
    this.#config = config;
    this.#dim = dim;
    this.#random = mulberry32(seed ^ 0x5bd1e995);
    this.codebookSize = config.codebookSize;
    this.macsPerFrame = config.codebookSize * dim;
    this.#codes = new Float32Array(config.codebookSize * dim);
    this.#counts = new Float32Array(config.codebookSize);
    this.#sums = new Float32Array(config.codebookSize * dim);
  }

  forward(latent: Tensor2D, training: boolean): QuantizerForward {
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(latent), 1, true), 1e-12));
    const unit = tf.div(latent, norm) as Tensor2D;
    if (!this.#started) {
      if (training) this.#remember(unit, null);
      return { quantized: unit, loss: null, codes: null };
    }
    // The search is no part of the gradient: its result comes back as plain numbers.
    const codes = tf.tidy(() => {
      const codebook = tf.tensor2d(this.#codes, [this.codebookSize, this.#dim]);
      return tf.argMax(tf.matMul(unit, codebook, false, true), 1).dataSync() as Int32Array;
    });
    const chosen = this.#lookup(codes);
    const quantized = straightThrough(unit, chosen);
    const distance = tf.mean(tf.sum(tf.squaredDifference(unit, chosen), 1));
    const loss = tf.mul(distance, this.#config.commitment) as Scalar;
    if (training) this.#remember(unit, codes);
    return { quantized, loss, codes };
  }

  /** [frames] codes → [frames, dim]. */
  #lookup(codes: Int32Array): Tensor2D {
    const dim = this.#dim;
    const values = new Float32Array(codes.length * dim);
    codes.forEach((k, i) => values.set(this.#codes.subarray(k * dim, (k + 1) * dim), i * dim));
    return tf.tensor2d(values, [codes.length, dim]);
  }

  afterStep(step: number): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const latents = batch.latents.dataSync() as Float32Array;
    batch.latents.dispose();
    if (batch.codes !== null) this.#update(latents, batch.codes);
    else if (step >= this.#config.startStep) this.#start(latents);
  }

  #remember(unit: Tensor2D, codes: Int32Array | null): void {
    this.#batch?.latents.dispose();
    this.#batch = { latents: tf.keep(tf.clone(unit)), codes };
  }

  #start(latents: Float32Array): void {
    const { centres, counts } = sphericalKMeans(
      latents,
      this.#dim,
      this.codebookSize,
      10,
      this.#random,
    );
    this.#codes.set(centres);
    for (let k = 0; k < this.codebookSize; k++) {
      this.#counts[k] = Math.max(1, counts[k]!);
      for (let d = 0; d < this.#dim; d++) {
        const at = k * this.#dim + d;
        this.#sums[at] = this.#codes[at]! * this.#counts[k]!;
      }
    }
    this.#started = true;
  }

  #update(latents: Float32Array, codes: Int32Array): void {
    const dim = this.#dim;
    const { emaDecay, deadBelow } = this.#config;
    const counts = new Float32Array(this.codebookSize);
    const sums = new Float32Array(this.codebookSize * dim);
    for (let i = 0; i < codes.length; i++) {
      const k = codes[i]!;
      counts[k]!++;
      for (let d = 0; d < dim; d++) sums[k * dim + d]! += latents[i * dim + d]!;
    }
    for (let k = 0; k < this.codebookSize; k++) {
      this.#counts[k] = emaDecay * this.#counts[k]! + (1 - emaDecay) * counts[k]!;
      if (this.#counts[k]! < deadBelow) {
        this.#revive(k, latents, codes.length);
        continue;
      }
      let energy = 0;
      for (let d = 0; d < dim; d++) {
        const at = k * dim + d;
        this.#sums[at] = emaDecay * this.#sums[at]! + (1 - emaDecay) * sums[at]!;
        energy += this.#sums[at]! ** 2;
      }
      const scale = 1 / Math.sqrt(energy + 1e-12);
      for (let d = 0; d < dim; d++) this.#codes[k * dim + d] = this.#sums[k * dim + d]! * scale;
    }
  }

  #revive(code: number, latents: Float32Array, frames: number): void {
    const dim = this.#dim;
    const source = Math.floor(this.#random() * frames) * dim;
    const count = Math.max(1, 2 * this.#config.deadBelow);
    this.#counts[code] = count;
    for (let d = 0; d < dim; d++) {
      const value = latents[source + d]!;
      this.#codes[code * dim + d] = value;
      this.#sums[code * dim + d] = value * count;
    }
    this.replaced++;
  }

  state(): Map<string, Float32Array> {
    return new Map([
      ['codes', this.#codes],
      ['counts', this.#counts],
      ['sums', this.#sums],
      ['started', Float32Array.of(this.#started ? 1 : 0)],
    ]);
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    const take = (name: string, into: Float32Array): void => {
      const values = state.get(name);
      if (values?.length !== into.length) {
        throw new RangeError(`the checkpoint's "${name}" does not fit this codebook`);
      }
      into.set(values);
    };
    take('codes', this.#codes);
    take('counts', this.#counts);
    take('sums', this.#sums);
    this.#started = state.get('started')?.[0] === 1;
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const g = ops.graph;
    const transposed = new Float32Array(this.#codes.length);
    for (let k = 0; k < this.codebookSize; k++) {
      for (let d = 0; d < this.#dim; d++) {
        transposed[d * this.codebookSize + k] = this.#codes[k * this.#dim + d]!;
      }
    }
    // The length of the latent does not change which code is nearest in angle.
    const search = ops.constant('codebook/search', transposed, [this.#dim, this.codebookSize]);
    return g.cast(g.argMax(ops.matmul(latent, search), 1, { keepDims: true }), 'int32');
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): GraphValue {
    const g = ops.graph;
    // Row 0 is all zeros and stands for the absent code −1.
    const table = new Float32Array((this.codebookSize + 1) * this.#dim);
    table.set(this.#codes, this.#dim);
    const lookup = ops.constant('codebook/lookup', table, [this.codebookSize + 1, this.#dim]);
    const row = g.add(g.squeeze(codes, [1]), g.int32(1));
    return g.gather(lookup, row, 0);
  }
}
