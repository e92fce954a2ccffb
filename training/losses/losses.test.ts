import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { spectralDistance } from './spectral.ts';
import { logErrorDb } from './waveform.ts';

function noise(seed: number, std = 1, samples = 2048): Tensor2D {
  const random = mulberry32(seed);
  return tf.tensor2d(
    Float32Array.from({ length: 2 * samples }, () => std * gaussian(random)),
    [2, samples],
  );
}
const value = (s: Scalar): number => s.dataSync()[0]!;

describe('logErrorDb', () => {
  it('is the error-to-mixture ratio in dB', () => {
    const target = noise(1);
    const estimate = tf.add(target, noise(2, 0.1)) as Tensor2D;
    expect(value(logErrorDb(estimate, target, target, 0))).toBeCloseTo(-20, 0);
  });

  it('is bounded below by the soft threshold and finite for silence', () => {
    const target = noise(1);
    expect(value(logErrorDb(target, target, target))).toBeCloseTo(-30, 3);
    const silence = tf.zerosLike(target);
    expect(value(logErrorDb(silence, silence, noise(3)))).toBeCloseTo(-30, 3);
    expect(Number.isFinite(value(logErrorDb(silence, silence, silence)))).toBe(true);
  });
});

describe('spectralDistance', () => {
  it('is zero for equal signals and grows with the error', () => {
    const target = noise(4);
    const near = tf.add(target, noise(5, 0.1)) as Tensor2D;
    const far = tf.add(target, noise(5, 0.5)) as Tensor2D;
    const at = (x: Tensor2D) => spectralDistance(x, target, 64);
    expect(value(at(target).magnitude)).toBe(0);
    expect(value(at(target).complex)).toBe(0);
    expect(value(at(near).magnitude)).toBeGreaterThan(0);
    expect(value(at(far).magnitude)).toBeGreaterThan(2 * value(at(near).magnitude));
    expect(value(at(far).complex)).toBeGreaterThan(2 * value(at(near).complex));
  });

  it('hears phase in the complex part only', () => {
    const target = noise(6);
    const flipped = tf.neg(target) as Tensor2D;
    const { magnitude, complex } = spectralDistance(flipped, target, 64);
    expect(value(magnitude)).toBeCloseTo(0, 6);
    expect(value(complex)).toBeGreaterThan(1);
  });

  it('has finite gradients at digital silence', () => {
    const gradient = tf.grad((x) => {
      const { magnitude, complex } = spectralDistance(x as Tensor2D, noise(7), 64);
      return tf.add(magnitude, complex);
    })(tf.zeros([2, 2048]));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });
});
