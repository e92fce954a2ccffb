import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { GumbelQuantizer, gumbelOptions, type GumbelOptions } from './gumbel.ts';

const DIM = 4;
const GROUPS = 2;
const SIZE = 8;

function options(overrides: Record<string, unknown> = {}): GumbelOptions {
  return z.strictObject(gumbelOptions).parse({ size: SIZE, ...overrides });
}

function latents(seed: number, frames = 200): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: frames * DIM }, () => gaussian(random));
  return tf.tensor2d(values, [frames, DIM]);
}

/** A quantizer whose codebooks have started, in its store; `steps` quantised training steps follow. */
function started(overrides: Record<string, unknown> = {}, steps = 0) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = new GumbelQuantizer(GROUPS, options(overrides), DIM, 1, 'q');
  const run = (latent: Tensor2D, training = false, active = GROUPS) =>
    quantizer.forward(latent, { store, training, active });
  for (let step = 0; step <= steps; step++) {
    tf.tidy(() => void run(latents(1), true));
    quantizer.afterStep(step);
  }
  const setScale = (value: number): void => {
    for (let g = 0; g < GROUPS; g++)
      store.variables.get(`q/${g}/scale`)!.assign(tf.tensor1d([Math.log(value)]));
  };
  return { store, quantizer, run, setScale };
}

/** Squared distance of a frame's group to every code. */
function distances(made: ReturnType<typeof started>, latent: Tensor2D, group: number): number[][] {
  const table = made.quantizer.groups[group]!.codes(made.store).arraySync();
  const part = tf.slice(latent, [0, 2 * group], [-1, 2]).arraySync();
  return part.map((row) =>
    table.map((code) => row.reduce((sum, x, d) => sum + (x - code[d]!) ** 2, 0)),
  );
}

/** How often the nearest code was drawn. */
function nearestShare(made: ReturnType<typeof started>, latent: Tensor2D): number {
  const drawn = made.run(latent, true).codes!;
  const nearest = made.run(latent).codes!;
  return drawn.filter((code, i) => code === nearest[i]).length / drawn.length;
}

describe('temperature', () => {
  it('falls geometrically from the first quantised step to annealSteps later, then stays', () => {
    const anneal = { startTemperature: 4, endTemperature: 0.25, annealSteps: 4 };
    const { quantizer, run } = started(anneal);
    expect(quantizer.temperature).toBe(4);
    const seen = Array.from({ length: 7 }, () => {
      run(latents(2, 3), true);
      return quantizer.temperature;
    });
    [4, 2, 1, 0.5, 0.25, 0.25, 0.25].forEach((t, i) => expect(seen[i]).toBeCloseTo(t, 6));
  });

  it('stands still while evaluating, and is restored with the rest', () => {
    const { quantizer, run, store } = started({ annealSteps: 10 }, 5);
    const before = quantizer.temperature;
    run(latents(2, 3));
    expect(quantizer.temperature).toBe(before);
    const other = new GumbelQuantizer(GROUPS, options({ annealSteps: 10 }), DIM, 5, 'q');
    other.restore(quantizer.state());
    expect(other.temperature).toBe(before);
    const z = latents(3);
    const { codes } = other.forward(z, { store, training: false, active: GROUPS });
    expect(codes).toEqual(run(z).codes);
  });
});

describe('inference', () => {
  it('takes the nearest code, the same every time', () => {
    const made = started();
    const z = latents(5, 50);
    const { codes, quantized, loss } = made.run(z);
    expect(loss).toBeNull();
    expect(made.run(z).codes).toEqual(codes);
    for (let g = 0; g < GROUPS; g++) {
      const table = made.quantizer.groups[g]!.codes(made.store).arraySync();
      const out = tf.slice(quantized, [0, 2 * g], [-1, 2]).arraySync();
      distances(made, z, g).forEach((row, frame) => {
        const k = codes![frame * GROUPS + g]!;
        expect(row[k]).toBeLessThanOrEqual(Math.min(...row) + 1e-4);
        out[frame]!.forEach((x, d) => expect(x).toBeCloseTo(table[k]![d]!, 5));
      });
    }
  });

  it('leaves inactive groups at zero', () => {
    const { run } = started();
    const z = latents(5, 50);
    for (const training of [false, true]) {
      const { quantized, codes } = run(z, training, 1);
      expect(codes!.length).toBe(50);
      expect(tf.max(tf.abs(tf.slice(quantized, [0, 2], [-1, 2]))).dataSync()[0]).toBe(0);
    }
  });
});

describe('training draws', () => {
  it('vary, and are exactly codes', () => {
    const { quantizer, run, store } = started();
    const z = latents(5);
    const [a, b] = [run(z, true), run(z, true)];
    expect(a.codes).not.toEqual(b.codes);
    const rows = quantizer.groups.map((group, g) =>
      group.rows(
        a.codes!.filter((_, i) => i % GROUPS === g),
        store,
      ),
    );
    const off = tf.max(tf.abs(tf.sub(a.quantized, tf.concat(rows, 1))));
    expect(off.dataSync()[0]).toBeLessThan(1e-5);
  });

  it('follow softmax(−s ‖x − c‖²/(d τ)), so that they settle on the nearest code as τ falls', () => {
    for (const temperature of [5, 0.2]) {
      const made = started({ startTemperature: temperature, endTemperature: temperature });
      made.setScale(2);
      const point = latents(6, 1);
      const frames = 4000;
      const drawn = made.run(tf.tile(point, [frames, 1]), true).codes!;
      const weights = distances(made, point, 0)[0]!.map((x) =>
        Math.exp((-2 * x) / 2 / temperature),
      );
      const total = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, k) => {
        const share = drawn.filter((code, i) => i % GROUPS === 0 && code === k).length / frames;
        expect(Math.abs(share - weight / total)).toBeLessThan(0.04);
      });
    }
  });

  it('get likelier the nearest as the scale grows', () => {
    const made = started();
    const z = latents(7, 500);
    const shares = [0.1, 3, 1000].map((scale) => {
      made.setScale(scale);
      return nearestShare(made, z);
    });
    expect(shares[0]).toBeLessThan(shares[1]! - 0.1);
    expect(shares[1]).toBeLessThan(shares[2]! - 0.1);
    expect(shares[2]).toBeGreaterThan(0.97);
  });

  it('survive the rarest noise: a uniform draw that rounds to 1', () => {
    // The first 64 × 1024 numbers from this seed hold one above 1 − 2⁻²⁵.
    const store = new ParameterStore(mulberry32(1));
    const quantizer = new GumbelQuantizer(1, options({ size: 1024 }), 1, 255, 'q');
    const z = tf.linspace(-1, 1, 64).reshape([64, 1]) as Tensor2D;
    const context = { store, training: true, active: 1 };
    quantizer.forward(z, context);
    quantizer.afterStep(1);
    const gradient = tf.grad((x) => tf.sum(quantizer.forward(x as Tensor2D, context).quantized))(z);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  });
});

describe('gradient', () => {
  it('reaches latents, codes and scales through the draw alone', () => {
    const { run, store } = started({ commitment: 0, diversity: 0 });
    const target = latents(9, 50);
    const input = tf.variable(latents(8, 50));
    const variables = [...store.variables.values(), input];
    expect(variables.length).toBe(2 * GROUPS + 1);
    const { grads } = tf.variableGrads(
      () =>
        tf.mean(
          tf.squaredDifference(run(input as unknown as Tensor2D, true).quantized, target),
        ) as Scalar,
      variables as never,
    );
    for (const { name } of variables) {
      expect(grads[name]!.dataSync().every(Number.isFinite)).toBe(true);
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0]).toBeGreaterThan(1e-7);
    }
  });

  it('of the commitment pulls latents to the codes drawn', () => {
    const { run } = started({ commitment: 1, diversity: 0 });
    const z = latents(8, 50);
    let quantized = z;
    const pull = tf.grad((x) => {
      const result = run(x as Tensor2D, true);
      quantized = tf.keep(result.quantized);
      return result.loss!;
    })(z) as Tensor2D;
    // Mean over frames · dim of each group, so 2(x − c)/(frames · 2).
    const expected = tf.div(tf.sub(z, quantized), 50);
    expect(tf.max(tf.abs(tf.sub(pull, expected))).dataSync()[0]).toBeLessThan(1e-5);
  });
});

it('adds a diversity term that is 0 for even use and ln(size) for a single code', () => {
  const made = started({ commitment: 0, diversity: 1 });
  const z = tf.tile(latents(6, 1), [50, 1]);
  const loss = (scale: number): number => {
    made.setScale(scale);
    return made.run(z, true).loss!.dataSync()[0]!;
  };
  expect(loss(1e-6)).toBeCloseTo(0, 4);
  expect(loss(1e6)).toBeCloseTo(GROUPS * Math.log(SIZE), 3);
});

it('starts at startStep, with all parameters there before', () => {
  const { quantizer, run, store } = started({ startStep: 2 }, 0);
  const z = latents(4, 5);
  expect([...store.variables.keys()].sort()).toEqual([
    'q/0/codes',
    'q/0/scale',
    'q/1/codes',
    'q/1/scale',
  ]);
  const before = run(z, true, 1);
  expect(before).toMatchObject({ codes: null, loss: null });
  const passed = before.quantized.arraySync();
  z.arraySync().forEach((row, i) => expect(passed[i]).toEqual([row[0], row[1], 0, 0]));
  quantizer.afterStep(2);
  expect(run(z).codes).not.toBeNull();
});

it('refuses dimensions that cannot be cut evenly, and the state of another size', () => {
  expect(() => new GumbelQuantizer(3, options(), DIM, 1, 'q')).toThrow(RangeError);
  const other = new GumbelQuantizer(GROUPS, options({ size: 4 }), DIM, 1, 'q');
  expect(() => other.restore(started().quantizer.state())).toThrow(RangeError);
});
