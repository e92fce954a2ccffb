import { describe, expect, it } from 'vitest';
import { tf, type Tensor, type Tensor2D, type Variable } from '../tf.ts';
import { AdamW, learningRateAt } from './adamw.ts';
import { orthogonalise } from './muon.ts';

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

describe("AdamW with matrices: 'muon'", () => {
  const shapes: [string, number[]][] = [
    ['layer/w', [4, 3]],
    ['other/w', [4, 3]],
    ['wide/w', [2, 5]],
    ['layer/b', [3]],
    ['book/codes', [4, 3]],
    ['filter/w', [2, 3, 2]],
    ['gain/w', [3]],
    ['layer/raw', [4, 3]],
  ];
  const muon = ['layer/w', 'other/w', 'wide/w'];

  /** The same start and gradients for every optimizer. */
  function setUp() {
    const variables = shapes.map(([name, shape], i): [string, Variable] => {
      return [name, tf.variable(tf.randomNormal(shape, 0, 1, 'float32', 10 + i))];
    });
    const gradients: Record<string, Tensor> = {};
    variables.forEach(([, variable], i) => {
      gradients[variable.name] = tf.randomNormal(variable.shape, 0, 1, 'float32', 50 + i);
    });
    const values = () => new Map(variables.map(([name, v]) => [name, [...v.dataSync()]]));
    return { variables, gradients, values };
  }

  it('leaves everything but the weights of linear layers to AdamW', () => {
    const [plain, mixed] = [setUp(), setUp()];
    const [adamw, muonToo] = [new AdamW(), new AdamW({ matrices: 'muon' })];
    for (let i = 0; i < 3; i++) {
      adamw.apply(plain.variables, plain.gradients, 0.01);
      muonToo.apply(mixed.variables, mixed.gradients, 0.01);
    }
    const [expected, found] = [plain.values(), mixed.values()];
    const differ = [...found.keys()].filter(
      (name) => found.get(name)!.join() !== expected.get(name)!.join(),
    );
    expect(differ).toEqual(muon);
  });

  it('moves those by an orthogonalised gradient after decoupled decay', () => {
    const { variables, gradients, values } = setUp();
    const expected = new Map(
      variables.map(([name, variable]) => {
        if (!muon.includes(name)) return [name, []];
        const [direction] = orthogonalise([gradients[variable.name] as Tensor2D]);
        const moved = tf.sub(tf.mul(variable, 1 - 0.01 * 0.1), tf.mul(direction!, 0.01));
        return [name, [...moved.dataSync()]];
      }),
    );
    new AdamW({ matrices: 'muon', weightDecay: 0.1 }).apply(variables, gradients, 0.01);
    for (const name of muon) {
      values()
        .get(name)!
        .forEach((x, i) => expect(x).toBeCloseTo(expected.get(name)![i]!, 5));
    }
  });

  it('steps along the momentum of the gradients so far, one step ahead', () => {
    const at = tf.variable(tf.zeros([3, 3]));
    const optimizer = new AdamW({ matrices: 'muon', weightDecay: 0, clipNorm: 1e9 });
    const [first, second] = [1, 2].map(
      (seed) => tf.randomNormal([3, 3], 0, 1, 'float32', seed) as Tensor2D,
    );
    const step = (gradient: Tensor2D) => optimizer.apply([['a/w', at]], { [at.name]: gradient }, 1);
    step(first!);
    const before = at.clone();
    step(second!);
    // m₂ = 0.95 · 0.05 g₁ + 0.05 g₂, looked ahead to 0.95 m₂ + 0.05 g₂; the common factor 0.05 does not matter.
    const ahead = tf.add(tf.mul(first!, 0.95 * 0.95), tf.mul(second!, 1.95)) as Tensor2D;
    const expected = tf.neg(orthogonalise([ahead])[0]!);
    const found = tf.sub(at, before);
    expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(1e-3);
  });

  it('keeps the average, and minimises a quadratic', () => {
    const x = tf.variable(tf.tensor2d([[5, -3], [1, 4]])); // prettier-ignore
    const optimizer = new AdamW({ weightDecay: 0, emaDecay: 0.9, matrices: 'muon' });
    for (let i = 0; i < 400; i++) {
      const { grads, value } = tf.variableGrads(() => tf.sum(tf.square(x)), [x as never]);
      optimizer.apply([['x/w', x as never]], grads, i < 300 ? 0.05 : 0.002);
      tf.dispose([value, ...Object.values(grads)]);
    }
    for (const v of x.dataSync()) expect(Math.abs(v)).toBeLessThan(0.1);
    for (const v of optimizer.slots.get('x/w')!.ema.dataSync())
      expect(Math.abs(v)).toBeLessThan(0.2);
  });

  it('changes nothing when a gradient is not finite', () => {
    const { variables, gradients, values } = setUp();
    const before = values();
    gradients[variables[0]![1].name] = tf.fill([4, 3], Number.NaN);
    expect(new AdamW({ matrices: 'muon' }).apply(variables, gradients, 0.1)).toBeNaN();
    expect(values()).toEqual(before);
  });

  it('keeps no tensors from one step to the next', () => {
    const { variables, gradients } = setUp();
    const optimizer = new AdamW({ matrices: 'muon' });
    optimizer.apply(variables, gradients, 0.01);
    const before = tf.memory().numTensors;
    optimizer.apply(variables, gradients, 0.01);
    expect(tf.memory().numTensors).toBe(before);
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
