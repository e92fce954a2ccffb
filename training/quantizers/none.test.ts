import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { NoQuantizer } from './none.ts';

function latents(std: number, frames = 500, dim = 4): Tensor2D {
  const random = mulberry32(3);
  const values = Float32Array.from({ length: frames * dim }, () => std * gaussian(random));
  return tf.tensor2d(values, [frames, dim]);
}
const value = (x: { dataSync(): ArrayLike<number> } | null): number => x!.dataSync()[0]!;

describe('NoQuantizer', () => {
  it('passes latents untouched, and always when not training', () => {
    const z = latents(1);
    const plain = new NoQuantizer({}, 1);
    const noisy = new NoQuantizer({ noise: 0.5, ratePenalty: 1 }, 1);
    for (const result of [
      plain.forward(z, { training: true }),
      noisy.forward(z, { training: false }),
    ]) {
      expect(result.quantized).toBe(z);
      expect(result.loss).toBeNull();
      expect(result.codes).toBeNull();
    }
  });

  it('as a noisy channel adds noise of the given size, new in every step, the same in every run', () => {
    const z = latents(1);
    const draw = (channel: NoQuantizer): Float32Array =>
      tf.sub(channel.forward(z, { training: true }).quantized, z).dataSync() as Float32Array;
    const channel = new NoQuantizer({ noise: 0.5, ratePenalty: 0 }, 1);
    const [first, second] = [draw(channel), draw(channel)];
    const rms = Math.sqrt(first.reduce((sum, x) => sum + x * x, 0) / first.length);
    expect(rms).toBeGreaterThan(0.46);
    expect(rms).toBeLessThan(0.54);
    expect(second).not.toEqual(first);
    expect(draw(new NoQuantizer({ noise: 0.5, ratePenalty: 0 }, 1))).toEqual(first);
  });

  it('charges for the bits that the channel carries', () => {
    const channel = new NoQuantizer({ noise: 0.5, ratePenalty: 0.1 }, 1);
    const at = (x: number): number =>
      value(channel.forward(tf.fill([3, 4], x) as Tensor2D, { training: true }).loss);
    expect(at(0)).toBe(0);
    // Four dimensions at z² = 3σ²: one bit each.
    expect(at(0.5 * Math.sqrt(3))).toBeCloseTo(0.1 * 4, 5);
  });
});
