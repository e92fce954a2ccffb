import { describe, expect, it } from 'vitest';
import { codebookUsage } from '../../src/metrics/index.ts';
import { OnnxGraph } from '../export/onnx-graph.ts';
import { OnnxOps } from '../graph/onnx-ops.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Tensor2D, type Variable } from '../tf.ts';
import { Codebook, codebookSchema, unitRows, type CodebookConfig } from './codebook.ts';

const DIM = 3;
const LEARN = ['ema', 'gradient', 'simvq'] as const;

function options(overrides: Record<string, unknown> = {}): CodebookConfig {
  return codebookSchema.parse({ size: 16, emaDecay: 0.9, deadBelow: 0.2, ...overrides });
}

/** Row-major [frames, dim] around `centre` in every dimension. */
function points(seed: number, { frames = 400, centre = 0, spread = 1, dim = DIM } = {}) {
  const random = mulberry32(seed);
  return Float32Array.from({ length: frames * dim }, () => centre + spread * gaussian(random));
}

function rows(values: Float32Array, dim = DIM): Tensor2D {
  return tf.tensor2d(values, [values.length / dim, dim]);
}

/** A store, and a codebook in it that has seen `steps` batches of gaussian points. */
function trained(overrides: Record<string, unknown>, steps = 10) {
  const store = new ParameterStore(mulberry32(1));
  const book = new Codebook(options(overrides), DIM, 'book', 7);
  observe(book, store, steps, (step) => points(step));
  return { store, book };
}

function observe(
  book: Codebook,
  store: ParameterStore,
  steps: number,
  batch: (step: number) => Float32Array,
): void {
  for (let step = 0; step < steps; step++) {
    const raw = rows(batch(step));
    const seen = book.config.normalised ? unitRows(raw) : raw;
    book.observe(seen.dataSync() as Float32Array, book.nearest(seen, store), store);
  }
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((x, d) => x - b[d]!));
}

/** The stored state by its last name. */
function part(book: Codebook, name: string): Float32Array {
  return new Map(book.state()).get(`book/${name}`)!.slice();
}

describe.each(LEARN.flatMap((learn) => [false, true].map((normalised) => ({ learn, normalised }))))(
  'Codebook ($learn, normalised: $normalised)',
  (overrides) => {
    const { store, book } = trained(overrides);
    if (overrides.learn === 'simvq') {
      // Away from the identity that it starts as.
      const matrix = store.get('book/w', [DIM, DIM], { kind: 'zeros' });
      matrix.assign(tf.add(matrix, rows(points(90, { frames: DIM, spread: 0.5 }))));
    }
    const codes = book.codes(store).arraySync();
    const raw = rows(points(50, { frames: 200 }));
    const at = overrides.normalised ? unitRows(raw) : raw;
    const indices = book.nearest(at, store);

    it('finds the code that is nearest of all', () => {
      at.arraySync().forEach((point, i) => {
        const best = Math.min(...codes.map((code) => distance(point, code)));
        expect(distance(point, codes[indices[i]!]!)).toBeLessThanOrEqual(best + 1e-4);
      });
    });

    it('looks up the rows of the codes', () => {
      book
        .rows(indices, store)
        .arraySync()
        .forEach((row, i) => expect(distance(row, codes[indices[i]!]!)).toBeLessThan(1e-5));
    });

    it('keeps unit codes where it is normalised', () => {
      const lengths = codes.map((code) => Math.hypot(...code));
      const isUnit = lengths.every((length) => Math.abs(length - 1) < 1e-4);
      expect(isUnit).toBe(overrides.normalised);
    });

    it('exports the codes that it trains with', () => {
      const weights = new Map(
        [...store.variables].map(([name, variable]) => [
          name,
          { shape: variable.shape, values: variable.dataSync() as Float32Array },
        ]),
      );
      const ops = new OnnxOps(new OnnxGraph('t'), weights, undefined);
      const exported = book.exported(ops);
      codes.flat().forEach((x, i) => expect(exported[i]).toBeCloseTo(x, 5));
    });
  },
);

describe.each(['ema', 'gradient'] as const)('a codebook learned by %s', (learn) => {
  it('uses every code on spread-out points', () => {
    const { store, book } = trained({ learn }, 30);
    const { usage } = codebookUsage(book.nearest(rows(points(70, { frames: 2000 })), store), 16);
    expect(usage).toBe(1);
  });

  it('moves dead codes when the points move away from them', () => {
    const { store, book } = trained({ learn }, 5);
    const far = (seed: number, frames = 400) => points(seed, { frames, centre: 30 });
    observe(book, store, 60, (step) => far(step));
    expect(book.replaced).toBeGreaterThan(0);
    const { usage } = codebookUsage(book.nearest(rows(far(99, 2000)), store), 16);
    expect(usage).toBeGreaterThan(0.8);
  });

  it('starts with a code in every separated cluster', () => {
    const centres = [[-9, -9, 0], [9, -9, 0], [-9, 9, 0], [9, 9, 9]]; // prettier-ignore
    const random = mulberry32(3);
    const clusters = Float32Array.from(
      { length: 400 * DIM },
      (_, i) => centres[Math.floor(i / DIM) % 4]![i % DIM]! + 0.1 * gaussian(random),
    );
    const store = new ParameterStore(mulberry32(1));
    const book = new Codebook(options({ learn }), DIM, 'book', 7);
    expect(book.started).toBe(false);
    observe(book, store, 1, () => clusters);
    expect(book.started).toBe(true);
    const found = book.rows(book.nearest(rows(clusters), store), store).arraySync();
    found.forEach((code, i) => expect(distance(code, centres[i % 4]!)).toBeLessThan(0.5));
  });
});

describe('k-means start', () => {
  it.each([1, 2, 3, 4, 5])('puts two codes on two clusters, whatever the seed (%i)', (seed) => {
    const random = mulberry32(seed);
    const values = Float32Array.from(
      { length: 200 },
      (_, i) => 5 * (i % 2) + 0.1 * gaussian(random),
    );
    const store = new ParameterStore(mulberry32(1));
    const book = new Codebook(options({ size: 2 }), 1, 'book', seed);
    book.observe(values, new Int32Array(0), store);
    const [low, high] = part(book, 'table').sort();
    expect(low).toBeCloseTo(0, 1);
    expect(high).toBeCloseTo(5, 1);
  });

  it('can be left out: the first batch then moves nothing', () => {
    const before = part(new Codebook(options(), DIM, 'book', 7), 'table');
    const { book } = trained({ kmeansStart: false }, 1);
    expect(part(book, 'table')).toEqual(before);
    expect(book.started).toBe(true);
  });

  it.each([false, true])(
    'copes with fewer points than codes, and all in one place (normalised: %s)',
    (normalised) => {
      for (const batch of [
        points(1, { frames: 5 }),
        new Float32Array(50 * DIM).fill(2),
        new Float32Array(50 * DIM),
      ]) {
        const store = new ParameterStore(mulberry32(1));
        const book = new Codebook(options({ normalised }), DIM, 'book', 7);
        observe(book, store, 5, () => batch);
        expect(part(book, 'table').every(Number.isFinite)).toBe(true);
      }
    },
  );
});

describe('running averages', () => {
  const batch = Float32Array.of(1, 0, 0, 3, 0, 0, 0, 4, 0);
  const members = Int32Array.of(5, 5, 9);

  it('move codes to the mean of their members', () => {
    const { store, book } = trained({ kmeansStart: false, deadBelow: 0, emaDecay: 0.5 }, 1);
    const distances = [0, 5, 25].map((steps) => {
      for (let i = 0; i < steps; i++) book.observe(batch, members, store);
      const [a, b] = book.rows(Int32Array.of(5, 9), store).arraySync();
      return distance(a!, [2, 0, 0]) + distance(b!, [0, 4, 0]);
    });
    expect(distances[1]).toBeLessThan(0.2 * distances[0]!);
    expect(distances[2]).toBeLessThan(1e-3);
  });

  it('leave codes without members where they are, however long that lasts', () => {
    const { store, book } = trained({ kmeansStart: false, deadBelow: 0, emaDecay: 0.5 }, 1);
    const before = book.rows(Int32Array.of(3), store).arraySync()[0]!;
    for (let i = 0; i < 200; i++) book.observe(batch, members, store);
    expect(distance(book.rows(Int32Array.of(3), store).arraySync()[0]!, before)).toBeLessThan(1e-4);
  });

  it('hold no trainable parameter, and no loss', () => {
    const { store, book } = trained({ learn: 'ema' });
    const at = rows(points(1, { frames: 4 }));
    expect(book.codeLoss(at, at)).toBeNull();
    expect(store.variables.size).toBe(0);
  });
});

describe('codes as parameters', () => {
  /** The gradient of the code loss at some points, for the one parameter that there is. */
  function gradient(learn: 'gradient' | 'simvq') {
    const { store, book } = trained({ learn });
    book.codes(store);
    const [[name, variable]] = [...store.variables] as [[string, Variable]];
    const at = rows(points(8, { frames: 6 }));
    const indices = book.nearest(at, store);
    const { grads } = tf.variableGrads(
      () => book.codeLoss(at, book.rows(indices, store))!,
      [variable],
    );
    return {
      name,
      book,
      store,
      at,
      indices,
      gradient: grads[variable.name]!.arraySync() as number[][],
    };
  }

  it('are pulled to their members by 2(c − x)/n, and only those that have any', () => {
    const { name, book, store, at, indices, gradient: found } = gradient('gradient');
    expect(name).toBe('book/codes');
    const codes = book.codes(store).arraySync();
    const expected = codes.map((row) => row.map(() => 0));
    at.arraySync().forEach((point, i) => {
      const k = indices[i]!;
      point.forEach((x, d) => (expected[k]![d]! += (2 * (codes[k]![d]! - x)) / (6 * DIM)));
    });
    found.flat().forEach((x, i) => expect(x).toBeCloseTo(expected.flat()[i]!, 5));
  });

  it('move all together through one matrix (simvq)', () => {
    const { name, book, gradient: found } = gradient('simvq');
    expect(name).toBe('book/w');
    expect(found.flat().every((x) => x !== 0)).toBe(true);
    const { store } = trained({ learn: 'simvq' });
    const before = book.codes(store).arraySync();
    store.get('book/w', [DIM, DIM], { kind: 'zeros' }).assign(rows(points(4, { frames: DIM })));
    const after = book.codes(store).arraySync();
    before.forEach((code, k) => expect(distance(code, after[k]!)).toBeGreaterThan(0.01));
  });
});

it('brings simvq codes to the size of the first points, dimension by dimension', () => {
  const sizes = [0.05, 1, 40];
  const random = mulberry32(5);
  const batch = Float32Array.from(
    { length: 400 * DIM },
    (_, i) => sizes[i % DIM]! * gaussian(random),
  );
  const store = new ParameterStore(mulberry32(1));
  const book = new Codebook(options({ size: 256, learn: 'simvq' }), DIM, 'book', 7);
  book.observe(batch, new Int32Array(0), store);
  const rms = tf.sqrt(tf.mean(tf.square(book.codes(store)), 0)).dataSync();
  sizes.forEach((size, d) => {
    expect(rms[d]! / size).toBeGreaterThan(0.8);
    expect(rms[d]! / size).toBeLessThan(1.25);
  });
});

describe('state', () => {
  it.each(LEARN)('comes back exactly (%s)', (learn) => {
    const { store, book } = trained({ learn });
    const saved = new Map(book.state().map(([name, values]) => [name, values.slice()]));
    const other = new Codebook(options({ learn }), DIM, 'book', 1234);
    other.restore(saved);
    expect(other.started).toBe(true);
    expect(new Map(other.state())).toEqual(saved);
    const at = rows(points(60));
    expect(other.nearest(at, store)).toEqual(book.nearest(at, store));
  });

  it('of a codebook that has not started restores as such', () => {
    const { book } = trained({});
    book.restore(new Map(new Codebook(options(), DIM, 'book', 1).state()));
    expect(book.started).toBe(false);
  });

  it('of another shape, or of another codebook, is refused', () => {
    const saved = new Map(trained({}).book.state());
    expect(() => new Codebook(options({ size: 8 }), DIM, 'book', 1).restore(saved)).toThrow(
      RangeError,
    );
    expect(() => new Codebook(options(), 2, 'book', 1).restore(saved)).toThrow(RangeError);
    expect(() => new Codebook(options(), DIM, 'other', 1).restore(saved)).toThrow(RangeError);
  });
});
