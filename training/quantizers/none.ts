/**
 * The unquantised ceiling: the same network with the bottleneck bypassed.
 *
 * As the start of quantized runs it can be trained as a noisy channel: ẑ = z + σn, n ~ N(0, 1), with λ times
 * the bits that such a channel carries, Σ_d ½ log₂(1 + z_d²/σ²), as a penalty. An error of one size then costs
 * about the same in every dimension, which is what codebooks that minimise the latent's squared error take for
 * granted; and what does not help the sound becomes small. (Noise in place of rounding: Ballé, Laparra, Simoncelli,
 * "End-to-end optimized image compression", arXiv:1611.01704 §3; capacity of the Gaussian channel: Shannon 1948.)
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { Decoded, Quantizer, QuantizerContext, QuantizerForward } from './quantizer.ts';

export const channelOptions = {
  /** Standard deviation σ of the noise added while training; none by default. */
  noise: z.number().positive().max(10).optional(),
  /** λ, loss per bit and frame. */
  ratePenalty: z.number().min(0).max(10).optional(),
};

export class NoQuantizer implements Quantizer {
  readonly family = 'none';
  readonly codebooks = 0;
  readonly codebookSize = 0;
  readonly macsPerFrame = 0;
  readonly #noise: number;
  readonly #ratePenalty: number;
  readonly #seed: number;
  #steps = 0;

  constructor(options: { noise?: number; ratePenalty?: number }, seed: number) {
    this.#noise = options.noise ?? 0;
    this.#ratePenalty = options.ratePenalty ?? 0;
    this.#seed = seed;
  }

  forward(latent: Tensor2D, { training }: Pick<QuantizerContext, 'training'>): QuantizerForward {
    if (!training || this.#noise === 0) return { quantized: latent, loss: null, codes: null };
    const draw = (this.#seed + 1) * 65537 + this.#steps++;
    const noise = tf.randomNormal(latent.shape, 0, this.#noise, 'float32', draw);
    const ratio = tf.square(tf.div(latent, this.#noise));
    const bits = tf.mul(tf.sum(tf.log(tf.add(ratio, 1)), 1), 0.5 / Math.LN2);
    const loss = tf.mul(tf.mean(bits), this.#ratePenalty) as Scalar;
    return { quantized: tf.add(latent, noise) as Tensor2D, loss, codes: null };
  }
  readonly started = true;
  fit(): void {
    // Nothing starts from data.
  }
  afterStep(): void {
    // Nothing is learned here.
  }
  state(): Map<string, Float32Array> {
    return new Map();
  }
  restore(): void {
    // Nothing to restore.
  }
  exportEncoder(_ops: OnnxOps, latent: GraphValue): GraphValue {
    return latent;
  }
  exportDecoder(_ops: OnnxOps, latent: GraphValue): Decoded {
    return { latent };
  }
}
