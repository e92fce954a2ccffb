import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { balancePenalty, entropyGap } from './balance.ts';

function value(x: ReturnType<typeof entropyGap>): number {
  return x.dataSync()[0]!;
}

/** The corners of a square. */
const codes = tf.tensor2d([[1, 1], [1, -1], [-1, 1], [-1, -1]]); // prettier-ignore

/** `perCode[k]` points around code k. */
function around(perCode: readonly number[], spread = 0.05): Tensor2D {
  const random = mulberry32(1);
  const corners = codes.arraySync();
  const rows = perCode.flatMap((count, k) =>
    Array.from({ length: count }, () => corners[k]!.map((x) => x + spread * gaussian(random))),
  );
  return tf.tensor2d(rows);
}

describe('entropyGap', () => {
  it('is 0 when all codes are equally likely on the whole, however certain each choice is', () => {
    expect(value(entropyGap(tf.tensor2d([[1, 0], [0, 1]])))).toBeCloseTo(0, 5); // prettier-ignore
    expect(value(entropyGap(tf.fill([5, 8], 1 / 8)))).toBeCloseTo(0, 5);
  });

  it('is ln(size) when only one code is ever used', () => {
    const one = tf.tensor2d([[0, 1, 0, 0], [0, 1, 0, 0]]); // prettier-ignore
    expect(value(entropyGap(one))).toBeCloseTo(Math.log(4), 5);
  });

  it('is ln(size) − H in between', () => {
    const entropy = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    const gap = value(entropyGap(tf.tensor2d([[1, 0], [0.5, 0.5]]))); // prettier-ignore
    expect(gap).toBeCloseTo(Math.log(2) - entropy, 5);
  });
});

describe('balancePenalty', () => {
  it('is about 0 for even use and grows as use gets less even', () => {
    const even = value(balancePenalty(around([50, 50, 50, 50]), codes));
    const uneven = value(balancePenalty(around([110, 50, 30, 10]), codes));
    const single = value(balancePenalty(around([200, 0, 0, 0]), codes));
    expect(even).toBeLessThan(0.01);
    expect(uneven).toBeGreaterThan(even + 0.05);
    expect(single).toBeGreaterThan(uneven + 0.5);
    expect(single).toBeLessThanOrEqual(Math.log(4) + 1e-5);
  });

  it('does not depend on the scale of latents and codes', () => {
    const at = around([110, 50, 30, 10], 0.4);
    const small = value(balancePenalty(tf.mul(at, 1e-2), tf.mul(codes, 1e-2)));
    const large = value(balancePenalty(tf.mul(at, 1e3), tf.mul(codes, 1e3)));
    expect(small).toBeCloseTo(large, 1);
  });

  it('moves an unused code towards the points', () => {
    const at = around([100, 60, 40, 0], 0.3);
    const gradient = tf.grad((c) => balancePenalty(at, c as Tensor2D))(codes) as Tensor2D;
    const moved = tf.sub(codes, tf.mul(gradient, 0.2)) as Tensor2D;
    expect(value(balancePenalty(at, moved))).toBeLessThan(value(balancePenalty(at, codes)));
    // Code 3 lies at (−1, −1), all points up or right of it.
    const [x, y] = gradient.arraySync()[3]!;
    expect(x! + y!).toBeLessThan(0);
  });

  it('is finite for silence', () => {
    const zeros = tf.zeros([10, 2]) as Tensor2D;
    expect(value(balancePenalty(zeros, codes))).toBeCloseTo(0, 5);
    const gradient = tf.grad((x) => balancePenalty(x as Tensor2D, codes))(zeros);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  });
});
