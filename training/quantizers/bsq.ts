/**
 * Binary spherical quantization: b directions of what is left are brought to unit length and each one is replaced by its
 * sign, so a stage is a code of b bits.
 *
 * u = z/‖z‖,  ẑ = sign(u)/√b  (sign(0) = +1), straight-through gradient
 *
 * Zhao, Xiong, Krähenbühl, "Image and video tokenization with binary spherical quantization",
 * arXiv:2406.07548, eq. 4–8. The entropy penalty takes each bit on its own (eq. 11): with p = σ(2βu/√b), the
 * mean entropy of p less the entropy of the mean p.
 */
import { z } from 'zod';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { LookupFreeQuantizer } from './lookup-free.ts';
import { straightThrough } from './straight-through.ts';

export const bsqOptions = {
  /** Bits, and directions, per stage. */
  bits: z.number().int().min(1).max(16),
  /** Weight of the entropy penalty: bits should be certain one by one and even on the whole. */
  entropy: z.number().min(0).max(10).default(0.05),
};

/** Inverse temperature of the soft bits in the entropy penalty. */
const SHARPNESS = 10;

export class BinarySphericalQuantizer extends LookupFreeQuantizer {
  readonly family = 'bsq';
  readonly #entropy: number;

  constructor(stages: number, bits: number, entropy: number, dim: number, scope: string) {
    super(stages, new Array<number>(bits).fill(2), dim, scope);
    this.#entropy = entropy;
  }

  protected quantize(points: Tensor2D): Tensor2D {
    const unit = this.#unit(points);
    const signs = tf.sub(tf.mul(tf.cast(tf.greaterEqual(unit, 0), 'float32'), 2), 1);
    return straightThrough(unit, tf.div(signs, Math.sqrt(this.stageDim)) as Tensor2D);
  }

  /** Every row at length 1. */
  #unit(points: Tensor2D): Tensor2D {
    const length = tf.sqrt(tf.add(tf.sum(tf.square(points), 1, true), 1e-12));
    return tf.div(points, length) as Tensor2D;
  }

  protected digits(quantized: Tensor2D): Tensor2D {
    return tf.cast(tf.greater(quantized, 0), 'float32') as Tensor2D;
  }

  protected gridValue(digit: number): number {
    return (2 * digit - 1) / Math.sqrt(this.stageDim);
  }

  protected override penalty(points: Tensor2D): Scalar | null {
    if (this.#entropy === 0) return null;
    const sharpness = (2 * SHARPNESS) / Math.sqrt(this.stageDim);
    const p = tf.sigmoid(tf.mul(this.#unit(points), sharpness)) as Tensor2D;
    const single = tf.mean(binaryEntropy(p));
    const whole = tf.mean(binaryEntropy(tf.mean(p, 0, true) as Tensor2D));
    return tf.mul(tf.sub(single, whole), this.#entropy) as Scalar;
  }

  protected exportDigits(ops: OnnxOps, points: GraphValue): GraphValue {
    // A length does not change a sign.
    return ops.graph.cast(ops.graph.greaterOrEqual(points, 0), 'float32');
  }
}

/** In nats, elementwise. */
function binaryEntropy(p: Tensor2D): Tensor2D {
  const q = tf.sub(1, p);
  const term = (x: Tensor2D): Tensor2D => tf.mul(x, tf.log(tf.add(x, 1e-7)));
  return tf.neg(tf.add(term(p), term(q as Tensor2D))) as Tensor2D;
}
