import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { ProductQuantizer, productOptions, type ProductOptions } from './product.ts';

const DIM = 6;
const GROUPS = 3;
const PART = DIM / GROUPS;

type Overrides = Record<string, unknown>;

function options({ codebook, ...others }: Overrides = {}): ProductOptions {
  const base = { size: 16, emaDecay: 0.9, deadBelow: 0.1, ...(codebook as object) };
  return z.strictObject(productOptions).parse({ codebook: base, ...others });
}

function latents(seed: number, frames = 300): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: frames * DIM }, () => gaussian(random));
  return tf.tensor2d(values, [frames, DIM]);
}

/** A quantizer after `steps` training steps (without an optimizer), in its store. */
function trained(overrides: Overrides = {}, steps = 5) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = new ProductQuantizer(GROUPS, options(overrides), DIM, 1, 'q');
  const run = (latent: Tensor2D, active = GROUPS, training = false) =>
    quantizer.forward(latent, { store, training, active });
  for (let step = 1; step <= steps; step++) {
    tf.tidy(() => void run(latents(step), GROUPS, true));
    quantizer.afterStep(step);
  }
  return { store, quantizer, run };
}

/** Largest difference of any two entries. */
function gap(a: Tensor2D, b: Tensor2D): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

function columns(x: Tensor2D, group: number): Tensor2D {
  return tf.slice(x, [0, group * PART], [-1, PART]);
}

describe.each(['ema', 'gradient', 'simvq'] as const)('groups (%s)', (learn) => {
  const { quantizer, run, store } = trained({ codebook: { learn } });
  const at = latents(40, 50);
  const { codes, quantized } = run(at);

  it('each take the code nearest to their own dimensions', () => {
    expect(codes!.length).toBe(50 * GROUPS);
    quantizer.groups.forEach((group, g) => {
      const table = group.codes(store).arraySync();
      const out = columns(quantized, g).arraySync();
      columns(at, g)
        .arraySync()
        .forEach((point, frame) => {
          const distances = table.map((code) => Math.hypot(...point.map((x, d) => x - code[d]!)));
          const k = codes![frame * GROUPS + g]!;
          expect(distances[k]).toBeLessThanOrEqual(Math.min(...distances) + 1e-4);
          out[frame]!.forEach((x, d) => expect(x).toBeCloseTo(table[k]![d]!, 5));
        });
    });
  });

  it('do not see one another', () => {
    // Other values in group 1 only.
    const other = tf.concat(
      [columns(at, 0), columns(latents(41, 50), 1), columns(at, 2)],
      1,
    ) as Tensor2D;
    const changed = run(other).codes!;
    const differs = [0, 1, 2].map((g) =>
      changed.some((code, i) => i % GROUPS === g && code !== codes![i]),
    );
    expect(differs).toEqual([false, true, false]);
  });

  it('that are left out are zero, and change nothing before them', () => {
    const first = run(at, 2);
    expect(first.codes).toEqual(codes!.filter((_, i) => i % GROUPS < 2));
    expect(
      gap(tf.slice(first.quantized, [0, 0], [-1, 4]), tf.slice(quantized, [0, 0], [-1, 4])),
    ).toBe(0);
    expect(tf.max(tf.abs(columns(first.quantized, 2))).dataSync()[0]).toBe(0);
  });
});

describe('start', () => {
  it('passes the latent through, inactive groups as zeros, until startStep', () => {
    const { quantizer, run } = trained({ startStep: 3 }, 2);
    const at = latents(9, 5);
    expect(run(at)).toMatchObject({ codes: null, loss: null });
    expect(gap(run(at).quantized, at)).toBe(0);
    const one = run(at, 1).quantized;
    expect(gap(columns(one, 0), columns(at, 0))).toBe(0);
    expect(tf.max(tf.abs(tf.slice(one, [0, PART], [-1, -1]))).dataSync()[0]).toBe(0);
    run(latents(10), GROUPS, true);
    quantizer.afterStep(3);
    expect(run(at).codes).not.toBeNull();
  });

  it('has every parameter from the first pass on', () => {
    const { store, run } = trained({ rotation: true, codebook: { learn: 'gradient' } }, 0);
    run(latents(1, 3), 1);
    const names = ['q/0/codes', 'q/1/codes', 'q/2/codes', 'q/after/w', 'q/before/w'];
    expect([...store.variables.keys()].sort()).toEqual(names);
  });
});

describe('rotation', () => {
  /** Latents whose energy lies along a few directions that are no axes. */
  function slanted(seed: number): Tensor2D {
    const sizes = tf.tensor1d([3, 2, 1, 0.5, 0.2, 0.1]);
    const turn = tf.sub(tf.eye(DIM), tf.fill([DIM, DIM], 2 / DIM)) as Tensor2D;
    return tf.matMul(tf.mul(latents(seed), sizes) as Tensor2D, turn);
  }

  it('starts at the principal directions, the strongest first, and back', () => {
    const { store, quantizer, run } = trained({ rotation: true }, 0);
    run(slanted(1), GROUPS, true);
    quantizer.afterStep(0);
    const [before, after] = ['before', 'after'].map(
      (side) => store.variables.get(`q/${side}/w`)! as unknown as Tensor2D,
    );
    expect(gap(tf.matMul(before!, after!), tf.eye(DIM))).toBeLessThan(1e-4);
    const energies = tf.mean(tf.square(tf.matMul(slanted(1), before!)), 0).dataSync();
    for (let d = 1; d < DIM; d++) expect(energies[d]).toBeLessThan(energies[d - 1]!);
    expect(energies[0]).toBeGreaterThan(7);
    expect(energies[DIM - 1]).toBeLessThan(0.02);
  });

  it('brings what matters into the first groups', () => {
    const at = slanted(40);
    const first = (overrides: Overrides): number => {
      const { store, quantizer, run } = trained(overrides, 0);
      quantizer.fit(slanted(1), store);
      return tf.mean(tf.squaredDifference(at, run(at, 1).quantized)).dataSync()[0]!;
    };
    expect(first({ rotation: true })).toBeLessThan(0.7 * first({}));
  });

  it('gets a gradient on both sides', () => {
    const { run, store } = trained({ rotation: true });
    const at = latents(40, 50);
    const variables = [...store.variables.values()];
    expect(variables.length).toBe(2);
    const { grads } = tf.variableGrads(
      () => tf.mean(tf.squaredDifference(run(at).quantized, at)) as Scalar,
      variables,
    );
    for (const { name } of variables) {
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0]).toBeGreaterThan(0);
    }
  });

  it('turns before the split and after the codes', () => {
    const { run, store } = trained({ rotation: true });
    const at = latents(40, 50);
    const before = run(at);
    // Swaps neighbouring dimensions on the way in, and undoes it in the latent.
    const swap = Float32Array.from({ length: DIM * DIM }, (_, i) =>
      Math.floor(i / DIM) === ((i % DIM) ^ 1) ? 1 : 0,
    );
    const turn = store.variables.get('q/before/w')!;
    turn.assign(tf.matMul(tf.tensor2d(swap, [DIM, DIM]), turn as unknown as Tensor2D));
    const swapped = tf.matMul(at, tf.tensor2d(swap, [DIM, DIM])) as Tensor2D;
    expect(run(swapped).codes).toEqual(before.codes);
    const back = store.variables.get('q/after/w')!;
    back.assign(tf.mul(back, 3));
    expect(gap(run(swapped).quantized, tf.mul(before.quantized, 3))).toBeLessThan(1e-4);
  });
});

describe('gradient and loss', () => {
  it('hands the gradient straight through to active groups, none to the others', () => {
    const { run } = trained();
    const direction = latents(80, 20);
    const f = tf.grad((x) => tf.sum(tf.mul(run(x as Tensor2D, 2).quantized, direction)));
    const found = f(latents(81, 20)) as Tensor2D;
    expect(
      gap(tf.slice(found, [0, 0], [-1, 4]), tf.slice(direction, [0, 0], [-1, 4])),
    ).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(columns(found, 2))).dataSync()[0]).toBe(0);
  });

  it('pulls latents towards their codes', () => {
    const { run } = trained();
    const at = latents(82, 20);
    const error = (x: Tensor2D) =>
      tf.mean(tf.squaredDifference(x, run(at).quantized)).dataSync()[0]!;
    const pull = tf.grad((x) => run(x as Tensor2D).loss!)(at);
    expect(error(tf.sub(at, tf.mul(pull, 2)))).toBeLessThan(0.999 * error(at));
  });
});

it('keeps unit codes, and unit groups before the start, where it is normalised', () => {
  const normalised = { codebook: { normalised: true, deadBelow: 15 } };
  const { quantizer, run, store } = trained(normalised, 20);
  expect(Math.max(...quantizer.groups.map(({ replaced }) => replaced))).toBeGreaterThan(0);
  const at = latents(3, 20);
  for (const { quantized } of [run(at), trained(normalised, 0).run(at)]) {
    for (let g = 0; g < GROUPS; g++) {
      for (const x of tf.norm(columns(quantized, g), 2, 1).dataSync()) expect(x).toBeCloseTo(1, 4);
    }
  }
  for (const group of quantizer.groups) {
    for (const x of tf.norm(group.codes(store), 2, 1).dataSync()) expect(x).toBeCloseTo(1, 4);
  }
});

it('learns only in the groups that a step used, and keeps no tensors', () => {
  const { quantizer, run } = trained();
  const before = new Map([...quantizer.state()].map(([name, values]) => [name, values.join()]));
  const tensors = tf.memory().numTensors;
  tf.tidy(() => void run(latents(7), 1, true));
  quantizer.afterStep(7);
  expect(tf.memory().numTensors).toBe(tensors);
  const changed = [...quantizer.state()].filter(
    ([name, values]) => values.join() !== before.get(name),
  );
  expect(changed.map(([name]) => name)).toEqual(['q/0/table', 'q/0/counts', 'q/0/sums']);
});

it('restores its state exactly and refuses another shape', () => {
  const { quantizer, run, store } = trained();
  const other = new ProductQuantizer(GROUPS, options(), DIM, 9, 'q');
  other.restore(quantizer.state());
  const at = latents(3);
  const { codes } = other.forward(at, { store, training: false, active: GROUPS });
  expect(codes).toEqual(run(at).codes);
  const fewer = new ProductQuantizer(2, options(), DIM, 9, 'q');
  expect(() => fewer.restore(quantizer.state())).toThrow(RangeError);
});

it('refuses dimensions that cannot be cut evenly', () => {
  expect(() => new ProductQuantizer(4, options(), DIM, 1, 'q')).toThrow(RangeError);
  expect(() => new ProductQuantizer(7, options(), DIM, 1, 'q')).toThrow(RangeError);
});
