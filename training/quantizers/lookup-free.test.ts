import { describe, expect, it } from 'vitest';
import { codebookUsage } from '../../src/metrics/index.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { BinarySphericalQuantizer } from './bsq.ts';
import { FiniteScalarQuantizer } from './fsq.ts';

const GROUPS = 2;
const GROUP_DIM = 3;
const DIM = GROUPS * GROUP_DIM;
const SIDES = ['in', 'out'] as const;

const fsq = () => new FiniteScalarQuantizer(GROUPS, [8, 5, 4], DIM, 'q');
const bsq = () => new BinarySphericalQuantizer(GROUPS, GROUP_DIM, 0.1, DIM, 'q');
type Subject = ReturnType<typeof fsq> | ReturnType<typeof bsq>;

/** Gaussian latents, dimension d `scales[d % length]` times as large. */
function latents(seed: number, scales: readonly number[] = [1], frames = 1000): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from(
    { length: frames * DIM },
    (_, i) => gaussian(random) * scales[(i % DIM) % scales.length]!,
  );
  return tf.tensor2d(values, [frames, DIM]);
}

/** Root mean square of every dimension. */
function spread(x: Tensor2D): Float32Array {
  return tf.sqrt(tf.mean(tf.square(x), 0)).dataSync() as Float32Array;
}

function gains(store: ParameterStore): Record<'in' | 'out', Float32Array> {
  const read = (side: 'in' | 'out') =>
    store.variables.get(`q/${side}`)!.dataSync().slice() as Float32Array;
  return { in: read('in'), out: read('out') };
}

function run(
  quantizer: Subject,
  store: ParameterStore,
  latent: Tensor2D,
  { training = true, active = GROUPS } = {},
) {
  return quantizer.forward(latent, { store, training, active });
}

function start(create: () => Subject, first: Tensor2D, active = GROUPS) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = create();
  run(quantizer, store, first, { active });
  quantizer.afterStep();
  return { store, quantizer };
}

function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(wanted.length);
  Array.from(wanted).forEach((x, i) => {
    expect(Math.abs(actual[i]! - x)).toBeLessThanOrEqual(tolerance * Math.abs(x));
  });
}

const isFinite = (x: { dataSync(): ArrayLike<number> }): boolean =>
  Array.from(x.dataSync()).every(Number.isFinite);

/** Uneven on purpose: one gain for all dimensions would not do. */
const UNEVEN = [1e-3, 0.1, 1, 7, 50, 1e3];

describe.each([
  ['fsq', fsq],
  ['bsq', bsq],
] as const)('%s', (_name, create) => {
  describe('before the start', () => {
    it.each([true, false])(
      'hands latents through, with its gains in the store (%j)',
      (training) => {
        const store = new ParameterStore(mulberry32(1));
        const latent = latents(1);
        const { quantized, codes, loss } = run(create(), store, latent, { training });
        expect(quantized.dataSync()).toEqual(latent.dataSync());
        expect(codes).toBeNull();
        expect(loss).toBeNull();
        expect([...store.variables.keys()].sort()).toEqual(['q/in', 'q/out']);
        for (const variable of store.variables.values()) expect(variable.shape).toEqual([DIM]);
        for (const side of SIDES) expect([...gains(store)[side]]).toEqual(Array(DIM).fill(1));
      },
    );

    it('leaves out the groups that are not in use', () => {
      const latent = latents(1, [1], 5);
      const { quantized } = run(create(), new ParameterStore(mulberry32(1)), latent, { active: 1 });
      const wanted = latent.arraySync().map((row) => row.map((x, d) => (d < GROUP_DIM ? x : 0)));
      expect(quantized.arraySync()).toEqual(wanted);
    });

    it('gives the latent its gradient, and the gains none that an optimizer would follow', () => {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create();
      const latent = tf.variable(latents(1, [1], 5));
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
      run(quantizer, store, latents(1, UNEVEN), { training: false });
      quantizer.afterStep();
      expect(run(quantizer, store, latents(1)).codes).toBeNull();
      expect([...gains(store).in]).toEqual(Array(DIM).fill(1));
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
      expect(run(quantizer, store, latents(1)).codes).not.toBeNull();
    });
  });

  describe('the gains', () => {
    it('start at the spread of every dimension and its inverse', () => {
      const first = tf.add(latents(1, UNEVEN), tf.tensor1d([0, 0.3, -2, 0, 0, 0])) as Tensor2D;
      const { store } = start(create, first);
      const rms = spread(first);
      // A little is added for silence, which shows at the smallest.
      expectClose(gains(store).out, rms, 0.01);
      expectClose(gains(store).out.slice(1), rms.slice(1));
      expectClose(
        gains(store).in,
        gains(store).out.map((x) => 1 / x),
      );
    });

    it('start for all groups, even if the first step trains only one', () => {
      const all = start(create, latents(1, UNEVEN));
      const one = start(create, latents(1, UNEVEN), 1);
      expect(gains(one.store)).toEqual(gains(all.store));
    });

    it('are set once only', () => {
      const { store, quantizer } = start(create, latents(1));
      const before = gains(store);
      run(quantizer, store, latents(2, [100]));
      quantizer.afterStep();
      expect(gains(store)).toEqual(before);
    });
  });

  describe.each([[[1e-3]], [[1e3]], [UNEVEN]])('latents of size %j', (scales) => {
    const unit = start(create, latents(1));
    const scaled = start(create, latents(1, scales));
    const size = Array.from({ length: DIM }, (_, d) => scales[d % scales.length]!);
    const ofUnit = run(unit.quantizer, unit.store, latents(2));
    const ofScaled = run(scaled.quantizer, scaled.store, latents(2, scales));

    it('use the codes as well as unit ones', () => {
      for (let group = 0; group < GROUPS; group++) {
        const use = (codes: Int32Array) =>
          codebookUsage(
            codes.filter((_, i) => i % GROUPS === group),
            unit.quantizer.codebookSize,
          );
        const [wanted, found] = [use(ofUnit.codes!), use(ofScaled.codes!)];
        expect(wanted.perplexity).toBeGreaterThan(0.4 * unit.quantizer.codebookSize);
        expect(found.usage).toBeGreaterThan(wanted.usage - 0.03);
        expect(found.perplexity).toBeGreaterThan(0.98 * wanted.perplexity);
      }
      const same = ofScaled.codes!.filter((code, i) => code === ofUnit.codes![i]).length;
      expect(same).toBeGreaterThan(0.98 * ofUnit.codes!.length);
    });

    it('come back at their size', () => {
      const back = spread(ofScaled.quantized);
      expectClose(
        back,
        spread(ofUnit.quantized).map((x, d) => x * size[d]!),
        0.02,
      );
      spread(latents(2, scales)).forEach((x, d) => {
        expect(back[d]! / x).toBeGreaterThan(0.4);
        expect(back[d]! / x).toBeLessThan(1.2);
      });
    });
  });

  describe('the state', () => {
    it('says whether it has started, and restores it', () => {
      expect([...create().state()]).toEqual([['started', Float32Array.of(0)]]);
      const { store, quantizer } = start(create, latents(1, UNEVEN));
      expect([...quantizer.state()]).toEqual([['started', Float32Array.of(1)]]);

      const resumed = create();
      resumed.restore(quantizer.state());
      const before = gains(store);
      const latent = latents(2, UNEVEN);
      const wanted = run(quantizer, store, latent);
      const found = run(resumed, store, latent);
      expect(found.codes).toEqual(wanted.codes);
      expect(found.quantized.dataSync()).toEqual(wanted.quantized.dataSync());
      resumed.afterStep();
      expect(gains(store)).toEqual(before);

      resumed.restore(create().state());
      expect(run(resumed, store, latent).codes).toBeNull();
    });
  });

  it('leaves out the groups that are not in use', () => {
    const { store, quantizer } = start(create, latents(1, UNEVEN));
    const latent = latents(2, UNEVEN, 20);
    const all = run(quantizer, store, latent);
    const first = run(quantizer, store, latent, { active: 1 });
    expect(first.codes).toEqual(all.codes!.filter((_, i) => i % GROUPS === 0));
    const wanted = all.quantized
      .arraySync()
      .map((row) => row.map((x, d) => (d < GROUP_DIM ? x : 0)));
    expect(first.quantized.arraySync()).toEqual(wanted);
  });

  describe('gradients', () => {
    /** Of a sum over the quantized latent that weighs every value differently. */
    function gradients(active = GROUPS) {
      const { store, quantizer } = start(create, latents(1, [0.5, 3]));
      const latent = tf.variable(latents(2, [0.5, 3], 50));
      const weights = latents(3, [1], 50);
      const { grads } = tf.variableGrads(
        () =>
          tf.sum(tf.mul(run(quantizer, store, latent, { active }).quantized, weights)) as Scalar,
        [latent, ...store.variables.values()],
      );
      const of = (name: string) => grads[name]!;
      return {
        latent,
        weights,
        store,
        quantized: run(quantizer, store, latent, { active }).quantized,
        ofLatent: of(latent.name) as Tensor2D,
        ofIn: of(store.variables.get('q/in')!.name),
        ofOut: of(store.variables.get('q/out')!.name),
      };
    }

    it('reach the latent and both gains', () => {
      const { latent, weights, store, quantized, ofLatent, ofIn, ofOut } = gradients();
      for (const gradient of [ofLatent, ofIn, ofOut]) {
        expect(isFinite(gradient)).toBe(true);
      }
      for (const x of spread(ofLatent)) expect(x).toBeGreaterThan(1e-3);
      for (const x of ofIn.dataSync()) expect(Math.abs(x)).toBeGreaterThan(1e-3);
      // The grid is what the gain multiplies.
      const onGrid = tf.sum(tf.mul(quantized, weights), 0).dataSync();
      const { in: into, out } = gains(store);
      ofOut.dataSync().forEach((x, d) => expect(x * out[d]!).toBeCloseTo(onGrid[d]!, 3));
      // Latent and gain matter as their product only.
      const alongLatent = tf.sum(tf.mul(latent, ofLatent), 0).dataSync();
      ofIn.dataSync().forEach((x, d) => expect(x * into[d]!).toBeCloseTo(alongLatent[d]!, 3));
    });

    it('are zero for groups that are not in use', () => {
      const { ofLatent, ofIn, ofOut } = gradients(1);
      const zeros = Array(DIM - GROUP_DIM).fill(0);
      for (const x of [spread(ofLatent), ofIn.dataSync(), ofOut.dataSync()]) {
        expect([...x.slice(GROUP_DIM)]).toEqual(zeros);
        for (const value of x.slice(0, GROUP_DIM)) expect(value).not.toBe(0);
      }
    });
  });

  it('stays finite when it starts on silence', () => {
    const { store, quantizer } = start(create, tf.zeros([10, DIM]));
    for (const side of SIDES) {
      for (const x of gains(store)[side]) expect(x > 0 && Number.isFinite(x)).toBe(true);
    }
    for (const latent of [tf.zeros([10, DIM]) as Tensor2D, latents(1, [1], 10)]) {
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
});
