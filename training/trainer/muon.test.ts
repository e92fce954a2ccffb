import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { orthogonalise, UPDATE_RMS } from './muon.ts';

function random(rows: number, columns: number, seed: number): Tensor2D {
  const next = mulberry32(seed);
  const values = Float32Array.from({ length: rows * columns }, () => gaussian(next));
  return tf.tensor2d(values, [rows, columns]);
}

/** Singular values by one-sided Jacobi rotations: columns are turned until all are at right angles. */
function singularValues(matrix: Tensor2D): number[] {
  const [rows, columns] = matrix.shape;
  const a = (rows < columns ? tf.transpose(matrix) : matrix).transpose().arraySync() as number[][];
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < a.length; p++) {
      for (let q = p + 1; q < a.length; q++) {
        const [x, y] = [a[p]!, a[q]!];
        const between = dot(x, y);
        if (Math.abs(between) < 1e-12) continue;
        const angle = 0.5 * Math.atan2(2 * between, dot(x, x) - dot(y, y));
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        a[p] = x.map((value, i) => cos * value + sin * y[i]!);
        a[q] = y.map((value, i) => cos * value - sin * x[i]!);
      }
    }
  }
  return a.map((column) => Math.sqrt(dot(column, column)));
}

/** Of the update at unit scale. */
function relativeSingularValues(update: Tensor2D): number[] {
  const scale = UPDATE_RMS * Math.sqrt(Math.max(...update.shape));
  return singularValues(update).map((value) => value / scale);
}

/** Largest difference of any two entries. */
function gap(a: Tensor2D, b: Tensor2D): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

it('measures singular values (of the test itself)', () => {
  const values = singularValues(tf.tensor2d([[3, 0], [4, 5]])).sort(); // prettier-ignore
  expect(values[0]).toBeCloseTo(Math.sqrt(5), 5);
  expect(values[1]).toBeCloseTo(3 * Math.sqrt(5), 5);
});

describe('orthogonalise', () => {
  it.each([
    [24, 8],
    [8, 24],
    [12, 12],
    [64, 3],
    [1, 9],
    [9, 1],
  ])(
    // prettier-ignore
    'brings the singular values of a %i × %i matrix together',
    (rows, columns) => {
      for (const seed of [1, 2, 3]) {
        const matrix = random(rows, columns, seed);
        const [update] = orthogonalise([matrix]);
        expect(update!.shape).toEqual([rows, columns]);
        for (const value of relativeSingularValues(update!)) {
          expect(value).toBeGreaterThan(0.6);
          expect(value).toBeLessThan(1.3);
        }
      }
    },
  );

  it('makes the root-mean-square of the entries what it says', () => {
    for (const [rows, columns] of [
      [40, 10],
      [10, 40],
      [16, 16],
    ] as const) {
      // prettier-ignore
      const [update] = orthogonalise([random(rows, columns, 4)]);
      const rms = Math.sqrt(tf.mean(tf.square(update!)).dataSync()[0]!);
      expect(rms / UPDATE_RMS).toBeGreaterThan(0.7);
      expect(rms / UPDATE_RMS).toBeLessThan(1.2);
    }
  });

  it('keeps the singular vectors: a diagonal stays one, sign by sign', () => {
    const [update] = orthogonalise([tf.tensor2d([[3, 0, 0], [0, -2, 0], [0, 0, 1]])]); // prettier-ignore
    const rows = update!.arraySync();
    rows.forEach((row, i) => {
      row.forEach((x, j) => i !== j && expect(x).toBeCloseTo(0, 5));
    });
    expect(rows.map((row, i) => Math.sign(row[i]!))).toEqual([1, -1, 1]);
  });

  it('does not depend on the size of the gradient', () => {
    const matrix = random(6, 4, 5);
    const [update] = orthogonalise([matrix]);
    for (const scale of [1e-6, 1e6]) {
      const [scaled] = orthogonalise([tf.mul(matrix, scale) as Tensor2D]);
      expect(gap(scaled!, update!)).toBeLessThan(1e-3);
    }
  });

  it('leaves zeros as they are', () => {
    const [update] = orthogonalise([tf.zeros([5, 7])]);
    expect(update!.dataSync().every((x) => x === 0)).toBe(true);
  });

  it('treats each of several matrices as if it were alone', () => {
    for (const [rows, columns] of [
      [6, 4],
      [4, 6],
    ] as const) {
      // prettier-ignore
      const matrices = [random(rows, columns, 1), tf.zeros([rows, columns]) as Tensor2D, random(rows, columns, 2)];
      const together = orthogonalise(matrices);
      expect(together.length).toBe(3);
      together.forEach((update, i) => {
        expect(gap(update, orthogonalise([matrices[i]!])[0]!)).toBeLessThan(1e-5);
      });
    }
  });

  it('keeps no tensors but its results', () => {
    const matrix = random(6, 4, 5);
    const before = tf.memory().numTensors;
    tf.dispose(orthogonalise([matrix, matrix]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
