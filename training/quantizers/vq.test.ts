import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { codebookUsage } from '../../src/metrics/index.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { VectorQuantizer, type VqConfig } from './vq.ts';

const DIM = 4;
const config: VqConfig = {
  family: 'vq',
  codebookSize: 16,
  emaDecay: 0.9,
  commitment: 0.25,
  deadBelow: 0.2,
  startStep: 2,
};

/** Latents around a few directions; `spread` 0 puts them all in one place. */
function latents(seed: number, frames = 400, spread = 1): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from(
    { length: frames * DIM },
    (_, i) => (i % DIM === 0 ? 1 : 0) + spread * gaussian(random),
  );
  return tf.tensor2d(values, [frames, DIM]);
}

function trained(steps: number, spread = 1): VectorQuantizer {
  const vq = new VectorQuantizer(config, DIM, 1);
  for (let step = 1; step <= steps; step++) {
    const z = latents(step, 400, spread);
    const { quantized, loss } = vq.forward(z, true);
    tf.dispose([z, quantized]);
    loss?.dispose();
    vq.afterStep(step);
  }
  return vq;
}

describe('VectorQuantizer', () => {
  it('passes unit latents unquantised until its start step', () => {
    const vq = trained(1);
    const z = latents(50, 3);
    const { quantized, codes, loss } = vq.forward(z, false);
    expect(codes).toBeNull();
    expect(loss).toBeNull();
    for (const norm of tf.norm(quantized, 2, 1).dataSync()) expect(norm).toBeCloseTo(1, 5);
  });

  it('chooses the nearest unit code for every latent', () => {
    const vq = trained(10);
    const table = vq.state().get('codes')!;
    const z = latents(60, 50);
    const { quantized, codes } = vq.forward(z, false);
    const values = z.arraySync();
    const out = quantized.arraySync();
    values.forEach((row, i) => {
      const length = Math.hypot(...row);
      const distance = (k: number): number =>
        row.reduce((sum, x, d) => sum + (x / length - table[k * DIM + d]!) ** 2, 0);
      const chosen = distance(codes![i]!);
      for (let k = 0; k < config.codebookSize; k++) {
        expect(chosen).toBeLessThanOrEqual(distance(k) + 1e-5);
      }
      out[i]!.forEach((x, d) => expect(x).toBeCloseTo(table[codes![i]! * DIM + d]!, 6));
    });
  });

  it('uses the whole codebook on spread-out latents', () => {
    const vq = trained(30);
    const { codes } = vq.forward(latents(70, 2000), false);
    expect(codebookUsage(codes!, config.codebookSize).usage).toBe(1);
  });

  it('moves dead codes when the latents move away from them', () => {
    const vq = trained(5);
    // From now on everything lies close to one direction.
    for (let step = 6; step <= 60; step++) {
      const { loss } = vq.forward(latents(step, 400, 0.05), true);
      loss?.dispose();
      vq.afterStep(step);
    }
    expect(vq.replaced).toBeGreaterThan(0);
    const { codes } = vq.forward(latents(99, 2000, 0.05), false);
    expect(codebookUsage(codes!, config.codebookSize).usage).toBeGreaterThan(0.8);
  });

  it('hands the gradient straight through, across the normalisation', () => {
    const vq = trained(5);
    const direction = tf.tensor2d([[0, 1, 0, 0]]);
    const gradient = tf.grad((z) =>
      tf.sum(tf.mul(vq.forward(z as Tensor2D, false).quantized, direction)),
    )(tf.tensor2d([[2, 0, 0, 0]]));
    // d(z/‖z‖)/dz at z = (2,0,0,0) is (I − ẑẑᵀ)/2: the second axis passes at half size.
    const expected = [0, 0.5, 0, 0];
    gradient.dataSync().forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 5));
  });

  it('pulls latents towards their codes by the commitment loss', () => {
    const vq = trained(5);
    const z = latents(80, 20);
    const before = (vq.forward(z, false).loss as Scalar).dataSync()[0]!;
    const gradient = tf.grad((x) => vq.forward(x as Tensor2D, false).loss!)(z);
    const moved = tf.sub(z, tf.mul(gradient, 2)) as Tensor2D;
    expect((vq.forward(moved, false).loss as Scalar).dataSync()[0]!).toBeLessThan(before);
  });

  it('refuses the state of another codebook size', () => {
    const state = trained(5).state();
    const other = new VectorQuantizer({ ...config, codebookSize: 8 }, DIM, 1);
    expect(() => other.restore(state)).toThrow(RangeError);
  });
});
