import { describe, expect, it } from 'vitest';
import { tf } from '../tf.ts';
import { AdamW, learningRateAt } from './adamw.ts';

describe('AdamW', () => {
  it('takes the textbook first step: −lr · sign(g), plus decoupled decay on matrices', () => {
    const matrix = tf.variable(tf.tensor2d([[1, -2]]));
    const vector = tf.variable(tf.tensor1d([1]));
    const optimizer = new AdamW({ clipNorm: 1e9, weightDecay: 0.1, epsilon: 0 });
    const gradients = { [matrix.name]: tf.tensor2d([[0.5, -3]]), [vector.name]: tf.tensor1d([2]) };
    const variables: [string, typeof matrix | typeof vector][] = [
      ['m', matrix],
      ['v', vector],
    ];
    const norm = optimizer.apply(variables as never, gradients, 0.01);
    expect(norm).toBeCloseTo(Math.hypot(0.5, 3, 2), 5);
    const [a, b] = matrix.dataSync();
    expect(a).toBeCloseTo(1 * (1 - 0.001) - 0.01, 6);
    expect(b).toBeCloseTo(-2 * (1 - 0.001) + 0.01, 6);
    expect(vector.dataSync()[0]).toBeCloseTo(1 - 0.01, 6);
  });

  it('minimises a quadratic and keeps an average that follows', () => {
    const x = tf.variable(tf.tensor2d([[5, -3]]));
    const optimizer = new AdamW({ weightDecay: 0, emaDecay: 0.9 });
    for (let i = 0; i < 400; i++) {
      const { grads, value } = tf.variableGrads(() => tf.sum(tf.square(x)), [x as never]);
      optimizer.apply([['x', x as never]], grads, 0.05);
      tf.dispose([value, ...Object.values(grads)]);
    }
    for (const v of x.dataSync()) expect(Math.abs(v)).toBeLessThan(0.05);
    for (const v of optimizer.slots.get('x')!.ema.dataSync()) expect(Math.abs(v)).toBeLessThan(0.2);
  });

  it('changes nothing when a gradient is not finite', () => {
    const x = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = new AdamW();
    const norm = optimizer.apply([['x', x]], { [x.name]: tf.tensor1d([Number.NaN, 1]) }, 0.1);
    expect(norm).toBeNaN();
    expect([...x.dataSync()]).toEqual([1, 2]);
    expect(optimizer.step).toBe(0);
  });
});

describe('learningRateAt', () => {
  const schedule = { peak: 1, floor: 0.1, warmupSteps: 10, totalSteps: 110 };
  it('warms up linearly, then falls along half a cosine to the floor and stays there', () => {
    expect(learningRateAt(0, schedule)).toBeCloseTo(0.1);
    expect(learningRateAt(9, schedule)).toBeCloseTo(1);
    expect(learningRateAt(10, schedule)).toBeCloseTo(1);
    expect(learningRateAt(60, schedule)).toBeCloseTo(0.55);
    expect(learningRateAt(110, schedule)).toBeCloseTo(0.1);
    expect(learningRateAt(5000, schedule)).toBeCloseTo(0.1);
  });
});
