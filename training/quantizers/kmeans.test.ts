import { expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { sphericalKMeans } from './kmeans.ts';

it('finds well separated directions', () => {
  const random = mulberry32(4);
  const points = new Float32Array(300 * 3);
  for (let i = 0; i < 300; i++) {
    const row = [0, 1, 2].map((d) => (d === i % 3 ? 1 : 0) + 0.05 * gaussian(random));
    const length = Math.hypot(...row);
    row.forEach((x, d) => (points[i * 3 + d] = x / length));
  }
  const { centres, counts } = sphericalKMeans(points, 3, 3, 10, mulberry32(2));
  expect(counts.reduce((a, b) => a + b, 0)).toBe(300);
  for (let axis = 0; axis < 3; axis++) {
    const best = Math.max(...[0, 1, 2].map((k) => centres[k * 3 + axis]!));
    expect(best).toBeGreaterThan(0.6);
  }
  for (let k = 0; k < 3; k++) {
    expect(Math.hypot(...centres.subarray(k * 3, k * 3 + 3))).toBeCloseTo(1, 5);
  }
});

it('copes with fewer points than clusters and refuses none at all', () => {
  const { centres } = sphericalKMeans(Float32Array.of(1, 0, 0, 1), 2, 5, 3, mulberry32(1));
  expect([...centres].every(Number.isFinite)).toBe(true);
  expect(() => sphericalKMeans(new Float32Array(0), 2, 5, 3, mulberry32(1))).toThrow(RangeError);
  expect(() => sphericalKMeans(new Float32Array(3), 2, 5, 3, mulberry32(1))).toThrow(RangeError);
});
