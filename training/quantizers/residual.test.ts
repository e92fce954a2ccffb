import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { ResidualQuantizer, residualOptions, type ResidualOptions } from './residual.ts';

const DIM = 4;
const STAGES = 3;
const SIZE = 16;
const LEARN = ['ema', 'gradient', 'simvq'] as const;

type Overrides = Record<string, unknown>;

function options({ codebook, ...others }: Overrides = {}): ResidualOptions {
  const base = { size: SIZE, emaDecay: 0.9, deadBelow: 0.1, ...(codebook as object) };
  return z.strictObject(residualOptions).parse({ codebook: base, ...others });
}

function latents(seed: number, frames = 300): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: frames * DIM }, () => gaussian(random));
  return tf.tensor2d(values, [frames, DIM]);
}

/** A quantizer after `steps` training steps (without an optimizer), in its store. */
function trained(overrides: Overrides = {}, { steps = 5, stages = STAGES } = {}) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = new ResidualQuantizer('rvq', stages, options(overrides), DIM, 1, 'q');
  const run = (latent: Tensor2D, active = stages, training = false) =>
    quantizer.forward(latent, { store, training, active });
  for (let step = 1; step <= steps; step++) {
    tf.tidy(() => void run(latents(step), stages, true));
    quantizer.afterStep(step);
  }
  return { store, quantizer, run };
}

function copy(state: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map([...state].map(([name, values]) => [name, values.slice()]));
}

function meanSquare(x: Tensor2D): number {
  return tf.mean(tf.square(x)).dataSync()[0]!;
}

/** Largest difference of any two entries. */
function gap(a: Tensor2D, b: Tensor2D): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

describe.each(LEARN)('residual stages (%s)', (learn) => {
  const { store, quantizer, run } = trained({ codebook: { learn } });
  const z = latents(50, 40);
  const { codes, quantized } = run(z);
  const tables = quantizer.stages.map((stage) => stage.codes(store).arraySync());

  it('each take the code nearest to what the earlier ones left, row-major in codes', () => {
    expect(codes!.length).toBe(40 * STAGES);
    z.arraySync().forEach((row, frame) => {
      let rest = row;
      tables.forEach((table, stage) => {
        const distances = table.map((code) => Math.hypot(...rest.map((x, d) => x - code[d]!)));
        const k = codes![frame * STAGES + stage]!;
        expect(distances[k]).toBeLessThanOrEqual(Math.min(...distances) + 1e-4);
        rest = rest.map((x, d) => x - table[k]![d]!);
      });
    });
  });

  it('add up to the quantized latent', () => {
    quantized.arraySync().forEach((row, frame) => {
      row.forEach((x, d) => {
        const sum = tables.reduce((s, t, stage) => s + t[codes![frame * STAGES + stage]!]![d]!, 0);
        expect(x).toBeCloseTo(sum, 5);
      });
    });
  });

  it('that are left out change nothing before them', () => {
    for (let active = 1; active < STAGES; active++) {
      const first = run(z, active);
      expect(first.codes!.length).toBe(40 * active);
      first.codes!.forEach((code, i) => {
        expect(code).toBe(codes![Math.floor(i / active) * STAGES + (i % active)]);
      });
    }
  });
});

it('leaves less error with each stage', () => {
  const { run } = trained({}, { stages: 4 });
  const z = latents(50);
  const errors = [1, 2, 3, 4].map((active) => meanSquare(tf.sub(z, run(z, active).quantized)));
  errors.reduce((before, error) => {
    expect(error).toBeLessThan(0.8 * before);
    return error;
  }, meanSquare(z));
});

describe('start', () => {
  it.each(LEARN)(
    'waits for startStep, with all parameters there from the first pass (%s)',
    (learn) => {
      const { run, quantizer, store } = trained(
        { codebook: { learn }, startStep: 3 },
        { steps: 2 },
      );
      const names = [...store.variables.keys()];
      expect(names.length).toBe(learn === 'ema' ? 0 : STAGES);
      const z = latents(9, 5);
      const before = run(z, 1, true);
      expect(before).toMatchObject({ codes: null, loss: null });
      expect(gap(before.quantized, z)).toBe(0);
      run(latents(10), STAGES, true);
      quantizer.afterStep(3);
      expect(run(z).codes).not.toBeNull();
      expect([...store.variables.keys()]).toEqual(names);
    },
  );

  it('is not brought about by evaluation', () => {
    const { run, quantizer } = trained({}, { steps: 0 });
    run(latents(1));
    quantizer.afterStep(1);
    expect(run(latents(1)).codes).toBeNull();
  });
});

describe('gradient', () => {
  const direction = latents(80, 20);

  it('is handed straight through to the latent, whatever the number of stages', () => {
    const { run } = trained();
    for (const active of [1, STAGES]) {
      const f = tf.grad((z) => tf.sum(tf.mul(run(z as Tensor2D, active).quantized, direction)));
      expect(gap(f(latents(81, 20)) as Tensor2D, direction)).toBeLessThan(1e-5);
    }
  });

  it('crosses the normalisation of the latent', () => {
    const { run } = trained({ codebook: { normalised: true } }, { stages: 1 });
    const f = tf.grad((z) =>
      tf.sum(tf.mul(run(z as Tensor2D).quantized, tf.tensor2d([[5, 1, 0, 0]]))),
    );
    // d(z/‖z‖)/dz at z = (2, 0, 0, 0) is (I − ẑẑᵀ)/2: nothing along z, half of the rest.
    const expected = [0, 0.5, 0, 0];
    f(tf.tensor2d([[2, 0, 0, 0]]))
      .dataSync()
      .forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 5));
  });

  it('takes the rotation where asked to', () => {
    const { run } = trained({ gradient: 'rotation' }, { stages: 1 });
    const z = latents(81, 20);
    const f = tf.grad((x) => tf.sum(tf.mul(run(x as Tensor2D).quantized, direction)));
    const length = (x: Tensor2D) => tf.norm(x, 2, 1) as unknown as Tensor2D;
    const ratio = tf.div(length(run(z).quantized), length(z));
    // A rotation keeps lengths, so only the scaling shows in them.
    const expected = tf.mul(length(direction), ratio) as Tensor2D;
    expect(gap(length(f(z) as Tensor2D), expected)).toBeLessThan(1e-3);
    expect(gap(f(z) as Tensor2D, direction)).toBeGreaterThan(0.1);
  });
});

describe('loss', () => {
  it('pulls latents towards their codes', () => {
    const { run } = trained();
    const z = latents(80, 20);
    const gradient = tf.grad((x) => run(x as Tensor2D).loss!)(z);
    const error = (x: Tensor2D) => meanSquare(tf.sub(x, run(z).quantized));
    expect(error(tf.sub(z, tf.mul(gradient, 2)))).toBeLessThan(0.999 * error(z));
    expect(trained({ commitment: 0 }).run(z).loss!.dataSync()[0]).toBe(0);
  });

  it.each(['gradient', 'simvq'] as const)('moves the codes to the latents (%s)', (learn) => {
    const { store, run } = trained({ codebook: { learn, deadBelow: 0 }, commitment: 0 });
    const z = latents(80);
    const variables = [...store.variables.values()];
    expect(variables.length).toBe(STAGES);
    const before = meanSquare(tf.sub(z, run(z).quantized));
    for (let i = 0; i < 5; i++) {
      const { grads } = tf.variableGrads(() => run(z).loss as Scalar, variables);
      expect(Object.keys(grads).length).toBe(STAGES);
      for (const v of variables)
        v.assign(tf.sub(v, tf.mul(grads[v.name]!, learn === 'simvq' ? 0.1 : 5)));
    }
    expect(meanSquare(tf.sub(z, run(z).quantized))).toBeLessThan(0.98 * before);
  });

  it('grows by the weighted balance penalty', () => {
    const { run, quantizer, store } = trained({});
    const weighted = new ResidualQuantizer('rvq', STAGES, options({ balance: 2 }), DIM, 1, 'q');
    weighted.restore(quantizer.state());
    const z = latents(5, 30);
    const context = { store, training: false, active: STAGES };
    const [with_, without] = [weighted.forward(z, context).loss!, run(z).loss!];
    expect(with_.dataSync()[0]).toBeGreaterThan(without.dataSync()[0]! + 0.01);
  });
});

describe('codeDim', () => {
  const made = trained({ codeDim: 2, codebook: { normalised: true } });
  const { store, quantizer, run } = made;

  it('puts a projection before and after each codebook, all of which get gradients', () => {
    const names = [...store.variables.keys()].sort();
    expect(names).toEqual(
      [0, 1, 2].flatMap((i) => ['in/b', 'in/w', 'out/b', 'out/w'].map((part) => `q/${i}/${part}`)),
    );
    const z = latents(4, 20);
    const variables = [...store.variables.values()];
    const { grads } = tf.variableGrads(() => {
      const { quantized, loss } = run(z);
      return tf.add(tf.mean(tf.squaredDifference(quantized, z)), loss!) as Scalar;
    }, variables);
    for (const { name } of variables) {
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0]).toBeGreaterThan(0);
    }
  });

  it('exists in full before the start, even with one stage active', () => {
    const fresh = trained({ codeDim: 2, startStep: 9 }, { steps: 0 });
    fresh.run(latents(1, 3), 1);
    expect([...fresh.store.variables.keys()].sort()).toEqual([...store.variables.keys()].sort());
  });

  it('makes the quantized latent a sum of projected codes', () => {
    const z = latents(4, 20);
    const { quantized, codes } = run(z);
    const sum = quantizer.stages.map((stage, i) => {
      const rows = stage.rows(
        codes!.filter((_, at) => at % STAGES === i),
        store,
      );
      const [w, b] = ['w', 'b'].map((part) => store.variables.get(`q/${i}/out/${part}`)!);
      return tf.add(tf.matMul(rows, w as unknown as Tensor2D), b!);
    });
    expect(gap(quantized, tf.addN(sum) as Tensor2D)).toBeLessThan(1e-5);
  });
});

describe('learning', () => {
  it('leaves alone the stages that a step did not use, and everything while evaluating', () => {
    const { quantizer, run } = trained();
    const before = copy(quantizer.state());
    run(latents(7));
    quantizer.afterStep(6);
    expect(quantizer.state()).toEqual(before);
    run(latents(7), 1, true);
    quantizer.afterStep(7);
    const changed = [...quantizer.state()].filter(
      ([name, values]) => values.join() !== before.get(name)!.join(),
    );
    expect(changed.map(([name]) => name)).toEqual(['q/0/table', 'q/0/counts', 'q/0/sums']);
  });

  it('keeps no tensors from one step to the next', () => {
    const { quantizer, run } = trained({ codeDim: 2, codebook: { learn: 'gradient' } });
    const before = tf.memory().numTensors;
    for (let step = 6; step < 10; step++) {
      tf.tidy(() => void run(latents(step), STAGES, true));
      quantizer.afterStep(step);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('state', () => {
  it('brings back the same codes', () => {
    const { quantizer, run, store } = trained();
    const other = new ResidualQuantizer('rvq', STAGES, options(), DIM, 99, 'q');
    other.restore(copy(quantizer.state()));
    const z = latents(3);
    const { codes } = other.forward(z, { store, training: false, active: STAGES });
    expect(codes).toEqual(run(z).codes);
  });

  it('of fewer stages or smaller codebooks is refused', () => {
    const { quantizer } = trained();
    const more = new ResidualQuantizer('rvq', STAGES + 1, options(), DIM, 1, 'q');
    expect(() => more.restore(quantizer.state())).toThrow(RangeError);
    const smaller = new ResidualQuantizer(
      'rvq',
      STAGES,
      options({ codebook: { size: 8 } }),
      DIM,
      1,
      'q',
    );
    expect(() => smaller.restore(quantizer.state())).toThrow(RangeError);
  });
});
