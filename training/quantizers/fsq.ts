/**
 * Finite scalar quantization: every dimension is squashed into a range and rounded to one of a few levels.
 *
 * f(z) = tanh(z + s)·h − o,  ẑ = round(f(z)) / ⌊L/2⌋,  h = (L − 1)(1 + ε)/2,  o = ½ for even L else 0,
 * s = atanh(o/h); straight-through gradient across the rounding
 *
 * Mentzer et al., "Finite scalar quantization: VQ-VAE made simple", arXiv:2309.15505, §3 and listing 1.
 * Residual: each stage rounds `levels.length` directions of what is left, one codebook of Π levels entries.
 */
import { z } from 'zod';
import { tf, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { LookupFreeQuantizer } from './lookup-free.ts';
import { straightThrough } from './straight-through.ts';

export const fsqOptions = {
  /** Levels of each dimension of a group; [8, 8, 4, 4] is 1024 codes, 10 bits. */
  levels: z
    .array(z.number().int().min(2).max(256))
    .min(1)
    .max(16)
    .refine((levels) => levels.reduce((a, b) => a * b, 1) <= 65536, 'at most 65536 codes'),
};

/** Keeps the outermost levels reachable. */
const EPSILON = 1e-3;

export class FiniteScalarQuantizer extends LookupFreeQuantizer {
  readonly family = 'fsq';
  readonly #levels: readonly number[];

  constructor(stages: number, levels: readonly number[], dim: number, scope: string) {
    super(stages, levels, dim, scope);
    this.#levels = levels;
  }

  protected quantize(points: Tensor2D): Tensor2D {
    const { half, offset, shift, unit } = this.#rows();
    const bounded = tf.sub(tf.mul(tf.tanh(tf.add(points, shift)), half), offset) as Tensor2D;
    return tf.div(straightThrough(bounded, tf.round(bounded) as Tensor2D), unit) as Tensor2D;
  }

  protected digits(quantized: Tensor2D): Tensor2D {
    const { unit } = this.#rows();
    return tf.round(tf.mul(tf.add(quantized, 1), unit)) as Tensor2D;
  }

  protected gridValue(digit: number, d: number): number {
    const unit = Math.floor(this.#levels[d]! / 2);
    return (digit - unit) / unit;
  }

  protected exportDigits(ops: OnnxOps, points: GraphValue): GraphValue {
    const g = ops.graph;
    const dim = this.stageDim;
    const row = (values: Float32Array): GraphValue => g.constant(values, [dim]);
    const { half, offset, shift, unit } = this.#values();
    const bounded = g.sub(g.mul(g.tanh(g.add(points, row(shift))), row(half)), row(offset));
    return g.add(g.round(bounded), row(unit));
  }

  #rows(): Record<'half' | 'offset' | 'shift' | 'unit', Tensor2D> {
    const { half, offset, shift, unit } = this.#values();
    const row = (values: Float32Array): Tensor2D => tf.tensor2d(values, [1, this.stageDim]);
    return { half: row(half), offset: row(offset), shift: row(shift), unit: row(unit) };
  }

  #values(): Record<'half' | 'offset' | 'shift' | 'unit', Float32Array> {
    const levels = Float32Array.from(this.#levels);
    const half = levels.map((l) => ((l - 1) * (1 + EPSILON)) / 2);
    const offset = levels.map((l) => (l % 2 === 0 ? 0.5 : 0));
    const shift = offset.map((o, i) => Math.atanh(o / half[i]!));
    return { half, offset, shift, unit: levels.map((l) => Math.floor(l / 2)) };
  }
}
