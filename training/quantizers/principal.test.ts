import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { principalDirections } from './principal.ts';

const DIM = 6;

/** Column c of a row-major [DIM, count]. */
function column(directions: Float32Array, count: number, c: number): number[] {
  return Array.from({ length: DIM }, (_, d) => directions[d * count + c]!);
}
/** Row-major values as [n, DIM]. */
const rows = (values: Float32Array): Tensor2D => tf.tensor2d(values, [values.length / DIM, DIM]);
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('principalDirections', () => {
  it('finds the axes with the most energy, the strongest first', () => {
    const random = mulberry32(2);
    const sizes = [0.1, 3, 0.2, 1, 0.1, 0.05];
    const points = Float32Array.from(
      { length: 4000 * DIM },
      (_, i) => sizes[i % DIM]! * gaussian(random),
    );
    const found = principalDirections(rows(points), 2, mulberry32(1));
    expect(Math.abs(column(found, 2, 0)[1]!)).toBeGreaterThan(0.99);
    expect(Math.abs(column(found, 2, 1)[3]!)).toBeGreaterThan(0.99);
  });

  it('counts a common offset as energy', () => {
    const points = Float32Array.from({ length: 100 * DIM }, (_, i) => (i % DIM === 2 ? 5 : 0));
    const found = principalDirections(rows(points), 1, mulberry32(1));
    expect(Math.abs(column(found, 1, 0)[2]!)).toBeCloseTo(1, 5);
  });

  it.each([
    ['silence', new Float32Array(10 * DIM)],
    ['no points', new Float32Array(0)],
    ['one point', Float32Array.from({ length: DIM }, (_, d) => d)],
  ])('gives orthonormal directions for %s too', (_what, points) => {
    const found = principalDirections(rows(points), DIM, mulberry32(1));
    for (let a = 0; a < DIM; a++) {
      for (let b = 0; b < DIM; b++) {
        const product = dot(column(found, DIM, a), column(found, DIM, b));
        expect(product).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
  });
});
