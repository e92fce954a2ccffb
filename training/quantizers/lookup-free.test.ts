import { describe, expect, it } from 'vitest';
import { codebookUsage } from '../../src/metrics/index.ts';
import { quantizerGraphs } from '../../test/training/quantizer-graphs.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { BinarySphericalQuantizer } from './bsq.ts';
import { FiniteScalarQuantizer } from './fsq.ts';

const STAGES = 3;
const STAGE_DIM = 3;
const DIM = 6;

const fsq = () => new FiniteScalarQuantizer(STAGES, [8, 5, 4], DIM, 'q');
const bsq = () => new BinarySphericalQuantizer(STAGES, STAGE_DIM, 0.1, DIM, 'q');
type Subject = ReturnType<typeof fsq> | ReturnType<typeof bsq>;

/** A rotation (a reflection, to be exact) away from the axes. */
const TURN = tf.sub(tf.eye(DIM), tf.fill([DIM, DIM], 2 / DIM)) as Tensor2D;

/** Latents with most energy along a few directions, off the origin. */
function latents(seed: number, { scale = 1, frames = 600, offset = 0.5 } = {}): Tensor2D {
  const random = mulberry32(seed);
  const sizes = [2, 1.5, 1, 0.5, 0.3, 0.2];
  const values = Float32Array.from({ length: frames * DIM }, (_, i) => {
    return scale * (sizes[i % DIM]! * gaussian(random) + offset);
  });
  return tf.matMul(tf.tensor2d(values, [frames, DIM]), TURN);
}

function run(
  quantizer: Subject,
  store: ParameterStore,
  latent: Tensor2D,
  { training = true, active = STAGES } = {},
) {
  return quantizer.forward(latent, { store, training, active });
}

/** Fitted, in its store. */
function fitted(create: () => Subject, to = latents(1)) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = create();
  quantizer.fit(to, store);
  return { store, quantizer };
}

const meanSquare = (x: Tensor2D): number => tf.mean(tf.square(x)).dataSync()[0]!;
const gap = (a: Tensor2D, b: Tensor2D): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const isFinite = (x: { dataSync(): ArrayLike<number> }): boolean =>
  Array.from(x.dataSync()).every(Number.isFinite);

/** What a stage adds for its codes, from the table and the matrices. */
function contribution(
  { quantizer, store }: ReturnType<typeof fitted>,
  stage: number,
  all: Int32Array,
) {
  const table = quantizer.table();
  const codes = all.filter((_, i) => i % STAGES === stage);
  const rows = Array.from(codes, (k) => [...table.slice(k * STAGE_DIM, (k + 1) * STAGE_DIM)]);
  const [w, b] = ['w', 'b'].map((part) => store.variables.get(`q/${stage}/out/${part}`)!);
  return tf.add(tf.matMul(tf.tensor2d(rows), w as unknown as Tensor2D), b!) as Tensor2D;
}

const NAMES = [0, 1, 2].flatMap((i) => ['in/w', 'out/b', 'out/w'].map((part) => `q/${i}/${part}`));

describe.each([
  ['fsq', fsq],
  ['bsq', bsq],
] as const)('%s', (_name, create) => {
  describe('before the start', () => {
    it.each([true, false])('hands latents through, with all parameters there (%j)', (training) => {
      const store = new ParameterStore(mulberry32(1));
      const latent = latents(1);
      const { quantized, codes, loss } = run(create(), store, latent, { training, active: 1 });
      expect(quantized.dataSync()).toEqual(latent.dataSync());
      expect(codes).toBeNull();
      expect(loss).toBeNull();
      expect([...store.variables.keys()].sort()).toEqual(NAMES);
    });

    it('gives the latent its gradient, and the matrices none that an optimizer would follow', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      const latent = tf.variable(latents(1, { frames: 5 }));
      run(quantizer, store, latent);
      const { grads } = tf.variableGrads(
        () => tf.sum(run(quantizer, store, latent).quantized) as Scalar,
        [latent, ...store.variables.values()],
      );
      expect(Object.keys(grads)).toEqual([latent.name]);
      expect([...grads[latent.name]!.dataSync()]).toEqual(Array(5 * DIM).fill(1));
    });

    it('does not start on latents that are not of training', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      run(quantizer, store, latents(1), { training: false });
      quantizer.afterStep();
      expect(quantizer.started).toBe(false);
      expect(run(quantizer, store, latents(1)).codes).toBeNull();
    });

    it('does not start before the step is over, and keeps no more than one batch until then', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      run(quantizer, store, latents(1), { training: false });
      const before = tf.memory().numTensors;
      for (const seed of [1, 2, 3]) {
        tf.tidy(() => {
          expect(run(quantizer, store, latents(seed)).codes).toBeNull();
        });
      }
      expect(tf.memory().numTensors).toBe(before + 1);
      quantizer.afterStep();
      expect(tf.memory().numTensors).toBe(before);
      expect(quantizer.started).toBe(true);
      expect(run(quantizer, store, latents(1)).codes).not.toBeNull();
    });

    it('starts by itself as it would be fitted, even if the first step trains one stage only', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      run(quantizer, store, latents(1), { active: 1 });
      quantizer.afterStep();
      const wanted = fitted(create);
      for (const name of NAMES) {
        const [a, b] = [store, wanted.store].map((s) => s.variables.get(name)!.dataSync());
        expect(a).toEqual(b);
      }
    });
  });

  describe('fitting', () => {
    it('happens once: later steps move nothing', () => {
      const { store, quantizer } = fitted(create);
      const read = () => NAMES.map((name) => store.variables.get(name)!.dataSync().slice());
      const before = read();
      run(quantizer, store, latents(2, { scale: 100 }));
      quantizer.afterStep();
      expect(read()).toEqual(before);
    });

    it('takes the place of a start that was waiting, and keeps no tensors but parameters', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      const [first, second] = [latents(5, { scale: 50 }), latents(1)];
      const before = tf.memory().numTensors;
      tf.tidy(() => void run(quantizer, store, first));
      quantizer.fit(second, store);
      // A variable holds a tensor, and its initial value may stay.
      expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2 * NAMES.length);
      quantizer.afterStep();
      const wanted = fitted(create);
      const z = latents(2);
      expect(run(quantizer, store, z).codes).toEqual(run(wanted.quantizer, wanted.store, z).codes);
    });

    it.each([0.02, 1, 1e3])('brings latents of size %d back at their size', (scale) => {
      const unit = fitted(create);
      const scaled = fitted(create, latents(1, { scale }));
      const [small, large] = [latents(2), latents(2, { scale })];
      const ofUnit = run(unit.quantizer, unit.store, small);
      const ofScaled = run(scaled.quantizer, scaled.store, large);
      const same = ofScaled.codes!.filter((code, i) => code === ofUnit.codes![i]).length;
      expect(same).toBeGreaterThan(0.95 * ofUnit.codes!.length);
      const error = meanSquare(tf.sub(large, ofScaled.quantized)) / meanSquare(large);
      expect(error).toBeLessThan(0.35);
    });

    it('codes what never changes exactly', () => {
      const constant = tf.tile(tf.tensor2d([[3, -1, 0.5, 0, 2, 7]]), [50, 1]) as Tensor2D;
      const { store, quantizer } = fitted(create, constant);
      expect(gap(run(quantizer, store, constant).quantized, constant)).toBeLessThan(1e-2);
    });

    it('uses most codes of the first stage', () => {
      const { store, quantizer } = fitted(create);
      const { codes } = run(quantizer, store, latents(2, { frames: 2000 }));
      const first = codebookUsage(
        codes!.filter((_, i) => i % STAGES === 0),
        quantizer.codebookSize,
      );
      expect(first.perplexity).toBeGreaterThan(0.3 * quantizer.codebookSize);
    });
  });

  describe('stages', () => {
    const made = fitted(create);
    const z = latents(2, { frames: 100 });
    const all = run(made.quantizer, made.store, z);

    it('add up to the quantized latent', () => {
      const parts = [0, 1, 2].map((i) => contribution(made, i, all.codes!));
      expect(gap(all.quantized, tf.addN(parts) as Tensor2D)).toBeLessThan(1e-5);
    });

    it('leave less error one after the other', () => {
      const errors = [1, 2, 3].map((active) =>
        meanSquare(tf.sub(z, run(made.quantizer, made.store, z, { active }).quantized)),
      );
      errors.reduce((before, error) => {
        expect(error).toBeLessThan(0.9 * before);
        return error;
      }, meanSquare(z));
    });

    it('that are left out change nothing before them', () => {
      for (let active = 1; active < STAGES; active++) {
        const { codes } = run(made.quantizer, made.store, z, { active });
        expect(codes).toEqual(all.codes!.filter((_, i) => i % STAGES < active));
      }
    });
  });

  describe('gradients', () => {
    it.each([STAGES, 1])('reach the latent and the matrices of active stages (%i)', (active) => {
      const { store, quantizer } = fitted(create);
      const latent = tf.variable(latents(2, { frames: 50 }));
      const weights = latents(3, { frames: 50 });
      const { grads } = tf.variableGrads(
        () =>
          tf.sum(tf.mul(run(quantizer, store, latent, { active }).quantized, weights)) as Scalar,
        [latent, ...store.variables.values()],
      );
      expect(isFinite(grads[latent.name]!)).toBe(true);
      expect(meanSquare(grads[latent.name] as Tensor2D)).toBeGreaterThan(1e-4);
      for (const name of NAMES) {
        const gradient = grads[store.variables.get(name)!.name];
        if (Number(name.split('/')[1]) >= active) expect(gradient).toBeUndefined();
        else {
          expect(isFinite(gradient!)).toBe(true);
          expect(tf.max(tf.abs(gradient!)).dataSync()[0]).toBeGreaterThan(1e-3);
        }
      }
    });
  });

  it('stays finite when it is fitted to silence', () => {
    const { store, quantizer } = fitted(create, tf.zeros([10, DIM]));
    for (const variable of store.variables.values()) expect(isFinite(variable)).toBe(true);
    for (const latent of [tf.zeros([10, DIM]) as Tensor2D, latents(1, { frames: 10 })]) {
      const at = tf.variable(latent);
      const { quantized, codes } = run(quantizer, store, at);
      expect(isFinite(quantized)).toBe(true);
      for (const code of codes!) expect(code >= 0 && code < quantizer.codebookSize).toBe(true);
      const { value, grads } = tf.variableGrads(() => {
        const result = run(quantizer, store, at);
        const sum = tf.sum(result.quantized);
        return (result.loss === null ? sum : tf.add(sum, result.loss)) as Scalar;
      }, [at, ...store.variables.values()]);
      expect(isFinite(value)).toBe(true);
      expect(Object.values(grads).every(isFinite)).toBe(true);
    }
  });

  it('says in its state whether it has started, and restores it', () => {
    expect([...create().state()]).toEqual([['started', Float32Array.of(0)]]);
    const { store, quantizer } = fitted(create);
    expect([...quantizer.state()]).toEqual([['started', Float32Array.of(1)]]);
    const resumed = create();
    resumed.restore(quantizer.state());
    expect(resumed.started).toBe(true);
    const z = latents(2);
    const [wanted, found] = [quantizer, resumed].map((q) => run(q, store, z));
    expect(found!.codes).toEqual(wanted!.codes);
    expect(found!.quantized.dataSync()).toEqual(wanted!.quantized.dataSync());
    resumed.restore(create().state());
    expect(run(resumed, store, z).codes).toBeNull();
  });

  describe('exported', () => {
    const made = fitted(create);
    const z = latents(2, { frames: 100 });
    const { codes, quantized } = run(made.quantizer, made.store, z);

    it('chooses and decodes the codes that it trains with', async () => {
      const graphs = await quantizerGraphs(made.quantizer, made.store, DIM);
      const chosen = await graphs.encode(z);
      const equal = chosen.filter((code, i) => code === codes![i]).length;
      expect(chosen.length).toBe(codes!.length);
      expect(equal / chosen.length).toBeGreaterThan(0.99);
      const { latent, levels } = await graphs.decode(codes!);
      expect(gap(tf.tensor2d(latent, z.shape), quantized)).toBeLessThan(1e-4);
      expect(levels).toBeUndefined();
    });

    it.each([0, 1, 2])('adds nothing for an absent code (stage %i)', async (absent) => {
      const graphs = await quantizerGraphs(made.quantizer, made.store, DIM);
      const { latent } = await graphs.decode(
        codes!.map((k, i) => (i % STAGES === absent ? -1 : k)),
      );
      const others = [0, 1, 2].filter((stage) => stage !== absent);
      const wanted = tf.addN(others.map((stage) => contribution(made, stage, codes!))) as Tensor2D;
      expect(gap(tf.tensor2d(latent, z.shape), wanted)).toBeLessThan(1e-4);
    });

    it('decodes the first codes alone as the trainer does, and none as silence', async () => {
      const graphs = await quantizerGraphs(made.quantizer, made.store, DIM);
      const first = await graphs.decode(codes!.map((k, i) => (i % STAGES < 2 ? k : -1)));
      const wanted = run(made.quantizer, made.store, z, { active: 2 }).quantized;
      expect(gap(tf.tensor2d(first.latent, z.shape), wanted)).toBeLessThan(1e-4);
      const none = await graphs.decode(new Int32Array(codes!.length).fill(-1));
      expect(none.latent.every((x) => x === 0)).toBe(true);
    });
  });
});
