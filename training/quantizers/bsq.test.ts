import { describe, expect, it } from 'vitest';
import { ParameterStore } from '../graph/tf-ops.ts';
import { mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { BinarySphericalQuantizer } from './bsq.ts';

const store = new ParameterStore(mulberry32(1));
const BITS = 4;

/** Started, with stages that each look at the next `bits` dimensions as they are. */
function make(stages = 1, { bits = BITS, entropy = 0 } = {}): BinarySphericalQuantizer {
  const dim = stages * bits;
  const scope = `q${stages}x${bits}`;
  const quantizer = new BinarySphericalQuantizer(stages, bits, entropy, dim, scope);
  quantizer.forward(tf.ones([1, dim]), { store, training: false, active: stages });
  for (let i = 0; i < stages; i++) {
    const into = tf.slice(tf.eye(dim), [0, i * bits], [dim, bits]) as Tensor2D;
    store.variables.get(`${scope}/${i}/in/w`)!.assign(into);
    store.variables.get(`${scope}/${i}/out/w`)!.assign(tf.transpose(into));
  }
  quantizer.restore(new Map([['started', Float32Array.of(1)]]));
  return quantizer;
}

function run(quantizer: BinarySphericalQuantizer, latent: Tensor2D, active = quantizer.codebooks) {
  const { quantized, codes, loss } = quantizer.forward(latent, { store, training: true, active });
  return { quantized, codes: codes!, loss };
}

function random(frames: number, dim: number, seed = 3): Tensor2D {
  return tf.randomNormal([frames, dim], 0, 1, 'float32', seed);
}

describe('codes', () => {
  it.each([1, 3, 8])('of %i bits all lead to their row of the table and back', (bits) => {
    const quantizer = make(1, { bits });
    expect(quantizer.codebookSize).toBe(2 ** bits);
    const table = quantizer.table();
    const { quantized, codes } = run(quantizer, tf.tensor2d(table, [2 ** bits, bits]));
    expect([...codes]).toEqual(Array.from(codes, (_, i) => i));
    quantized.dataSync().forEach((x, i) => expect(x).toBeCloseTo(table[i]!, 6));
  });

  it('have one bit per dimension, set where it is not negative, the first the lowest', () => {
    const { codes } = run(make(), tf.tensor2d([[5, -1, -1, -1], [-1, -0.1, 2, 7], [0, -0, -9, 0]])); // prettier-ignore
    expect([...codes]).toEqual([0b0001, 0b1100, 0b1011]);
  });

  it('do not depend on the length of the latent', () => {
    const latent = random(100, BITS);
    const { codes } = run(make(), latent);
    for (const scale of [1e-4, 1e6])
      expect(run(make(), tf.mul(latent, scale)).codes).toEqual(codes);
  });

  it('stay exact at 16 bits', () => {
    const quantizer = make(1, { bits: 16 });
    const { codes } = run(
      quantizer,
      tf.tensor2d([Array(16).fill(1), [-1, ...Array(15).fill(1)]] as number[][]),
    );
    expect([...codes]).toEqual([65535, 65534]);
  });
});

describe('quantized latents', () => {
  it('have unit length in the directions of every stage', () => {
    const { quantized } = run(make(3), random(50, 3 * BITS));
    const groups = tf.reshape(quantized, [-1, BITS]);
    for (const length of tf.norm(groups, 2, 1).dataSync()) expect(length).toBeCloseTo(1, 5);
  });

  it('are zero in the directions of stages that are left out', () => {
    const latent = random(50, 3 * BITS);
    const all = run(make(3), latent);
    const first = run(make(3), latent, 2);
    expect(first.codes).toEqual(all.codes.filter((_, i) => i % 3 < 2));
    const expected = all.quantized
      .arraySync()
      .map((row) => row.map((x, d) => (d < 2 * BITS ? x : 0)));
    expect(first.quantized.arraySync()).toEqual(expected);
  });

  it('stand in every stage for its directions alone', () => {
    const latent = random(50, 2 * BITS);
    const { codes } = run(make(2), latent);
    const second = run(make(), tf.slice(latent, [0, BITS], [-1, BITS]));
    expect(second.codes).toEqual(codes.filter((_, i) => i % 2 === 1));
  });
});

describe('silence', () => {
  it('is all bits set, with finite loss and gradient', () => {
    const quantizer = make(1, { entropy: 1 });
    const zeros = tf.zeros([3, BITS]) as Tensor2D;
    const { quantized, codes, loss } = run(quantizer, zeros);
    expect([...codes]).toEqual([15, 15, 15]);
    for (const x of quantized.dataSync()) expect(x).toBeCloseTo(0.5, 6);
    expect(loss!.dataSync()[0]).toBeCloseTo(0, 5);
    const f = tf.grad((x) => {
      const result = run(quantizer, x as Tensor2D);
      return tf.add(tf.sum(result.quantized), result.loss!);
    });
    expect(f(zeros).dataSync().every(Number.isFinite)).toBe(true);
  });
});

it('hands the gradient straight through the signs, across the normalisation', () => {
  const direction = tf.tensor2d([[5, 1, 0, 2]]);
  const quantizer = make();
  const f = tf.grad((x) => tf.sum(tf.mul(run(quantizer, x as Tensor2D).quantized, direction)));
  // d(z/‖z‖)/dz at z = (2, 0, 0, 0) is (I − ẑẑᵀ)/2: nothing along z, half of the rest.
  const expected = [0, 0.5, 0, 1];
  f(tf.tensor2d([[2, 0, 0, 0]]))
    .dataSync()
    .forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 5));
});

describe('entropy penalty', () => {
  const penalty = (latent: Tensor2D, entropy = 1): number => {
    return run(make(1, { entropy }), latent).loss!.dataSync()[0]!;
  };
  const corners = tf.tensor2d(make().table(), [16, BITS]);

  it('is least for bits that are certain one by one and even on the whole', () => {
    const even = penalty(corners);
    // p = σ(2 · 10 / b) for every bit: nearly certain, so almost −ln 2.
    const p = 1 / (1 + Math.exp(-20 / BITS));
    const single = -(p * Math.log(p) + (1 - p) * Math.log(1 - p));
    expect(even).toBeCloseTo(single - Math.log(2), 4);
    const same = tf.tile(tf.slice(corners, [5, 0], [1, BITS]), [16, 1]) as Tensor2D;
    expect(penalty(same)).toBeCloseTo(0, 4);
    expect(penalty(same)).toBeGreaterThan(even + 0.5);
    // Even, but with one large dimension at a time the others are uncertain.
    const axes = tf.concat([tf.eye(BITS), tf.neg(tf.eye(BITS))], 0) as Tensor2D;
    expect(penalty(axes)).toBeGreaterThan(even + 0.2);
  });

  it('is weighted, and absent at weight 0', () => {
    expect(penalty(corners, 0.25)).toBeCloseTo(0.25 * penalty(corners), 6);
    expect(run(make(), corners).loss).toBeNull();
  });

  it('looks at active stages only', () => {
    const quantizer = make(2, { entropy: 1 });
    const both = tf.concat([corners, corners], 1) as Tensor2D;
    expect(run(quantizer, both, 1).loss!.dataSync()[0]).toBeCloseTo(penalty(corners), 5);
    expect(run(quantizer, both, 2).loss!.dataSync()[0]).toBeCloseTo(2 * penalty(corners), 4);
  });
});

it('refuses more bits per stage than the latent has dimensions', () => {
  expect(() => new BinarySphericalQuantizer(2, BITS, 0, BITS - 1, 'q')).toThrow(RangeError);
  expect(() => new BinarySphericalQuantizer(2, BITS, 0, BITS, 'q')).not.toThrow();
});
