import { describe, expect, it } from 'vitest';
import { tf, type Tensor2D } from '../tf.ts';
import { gaussian, mulberry32 } from './random.ts';
import { ParameterStore, TfOps } from './tf-ops.ts';

const store = new ParameterStore(mulberry32(1));
const FEATURES = 2;

function signal(batch: number, time: number, seed: number): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: batch * time * FEATURES }, () => gaussian(random));
  return tf.tensor2d(values, [batch * time, FEATURES]);
}

function leaky(x: Tensor2D, batch: number, decay: number): Tensor2D {
  return new TfOps(store, batch, x.shape[0] / batch).leaky('a', x, FEATURES, decay);
}

/** y[t] = d · y[t − 1] + (1 − d) · x[t], one batch element after the other. */
function expected(x: Tensor2D, batch: number, decay: number): number[][] {
  const time = x.shape[0] / batch;
  let y: number[] = [];
  return x.arraySync().map((row, i) => {
    if (i % time === 0) y = row.map(() => 0);
    y = row.map((value, f) => decay * y[f]! + (1 - decay) * value);
    return y;
  });
}

function close(actual: Tensor2D, wanted: number[][]): void {
  const rows = actual.arraySync();
  expect(rows.length).toBe(wanted.length);
  rows.forEach((row, i) => row.forEach((x, f) => expect(x).toBeCloseTo(wanted[i]![f]!, 5)));
}

describe('leaky', () => {
  it('averages sequences of any length, in whatever order they come', () => {
    for (const time of [7, 3, 1, 12, 12, 5]) {
      const x = signal(1, time, time);
      close(leaky(x, 1, 0.8), expected(x, 1, 0.8));
    }
  });

  it.each([0, 0.3, 0.5, 0.99])('decays by %d, whatever others are in use', (decay) => {
    const x = signal(1, 9, 2);
    close(leaky(x, 1, decay), expected(x, 1, decay));
  });

  it('keeps the elements of a batch apart', () => {
    const x = signal(3, 6, 4);
    close(leaky(x, 3, 0.8), expected(x, 3, 0.8));
    // Another second element changes no other.
    const other = tf.concat([
      tf.slice(x, [0, 0], [6, -1]),
      signal(1, 6, 9),
      tf.slice(x, [12, 0], [6, -1]),
    ]);
    const [a, b] = [leaky(x, 3, 0.8).arraySync(), leaky(other as Tensor2D, 3, 0.8).arraySync()];
    expect(b.slice(0, 6)).toEqual(a.slice(0, 6));
    expect(b.slice(6, 12)).not.toEqual(a.slice(6, 12));
    expect(b.slice(12)).toEqual(a.slice(12));
  });

  it('never looks ahead', () => {
    const x = signal(1, 8, 5);
    const later = tf.concat([tf.slice(x, [0, 0], [5, -1]), signal(1, 3, 6)]) as Tensor2D;
    expect(leaky(later, 1, 0.8).arraySync().slice(0, 5)).toEqual(
      leaky(x, 1, 0.8).arraySync().slice(0, 5),
    );
  });

  it('has the gradient of the recursion, also where a longer sequence follows within one pass', () => {
    const decay = 0.613;
    const short = signal(1, 4, 1);
    const gradient = tf.grad((x) => {
      const first = leaky(x as Tensor2D, 1, decay);
      leaky(tf.concat([x as Tensor2D, x as Tensor2D, x as Tensor2D]), 1, decay);
      return tf.sum(tf.slice(first, [3, 0], [1, -1]));
    })(short) as Tensor2D;
    // ∂y[3]/∂x[t] = (1 − d) · d^(3 − t)
    const slopes = [0, 1, 2, 3].map((t) => (1 - decay) * decay ** (3 - t));
    close(
      gradient,
      slopes.map((slope) => [slope, slope]),
    );
  });
});
