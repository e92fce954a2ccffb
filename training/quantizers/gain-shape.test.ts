import { describe, expect, it } from 'vitest';
import { quantizerGraphs } from '../../test/training/quantizer-graphs.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { bandWidths } from '../model/companding.ts';
import { tf, type Scalar, type Tensor2D } from '../tf.ts';
import { GainShapeQuantizer } from './gain-shape.ts';
import {
  createQuantizer,
  quantizerSchema,
  type Quantizer,
  type QuantizerContext,
} from './index.ts';

const DIM = 32;
const SIZE = 16;
const FRAME = { sampleRate: 16000, hopSamples: DIM } as const;
const BANDS = bandWidths(DIM, FRAME.sampleRate);

/** Four sounds of different spectra at different loudness, and some silence. */
function latents(seed: number, frames = 500): Tensor2D {
  const random = mulberry32(seed);
  const shapes = [
    (d: number) => 2 / (1 + d / 4),
    (d: number) => 0.2 + d / 16,
    (d: number) => (d > 8 && d < 20 ? 1.5 : 0.05),
    () => 0,
  ];
  const values = new Float32Array(frames * DIM);
  for (let frame = 0; frame < frames; frame++) {
    const shape = shapes[Math.floor(random() * shapes.length)]!;
    const loudness = 0.2 + 1.5 * random();
    for (let d = 0; d < DIM; d++) values[frame * DIM + d] = loudness * shape(d) * gaussian(random);
  }
  return tf.tensor2d(values, [frames, DIM]);
}

/** Passes what it is given, and remembers it. */
class Recorder implements Quantizer {
  readonly family = 'recorder';
  readonly codebooks = 1;
  readonly codebookSize = SIZE;
  readonly macsPerFrame = 0;
  readonly started = true;
  seen: number[][] = [];
  fittedTo: number[][] = [];
  forward(latent: Tensor2D, { active }: QuantizerContext) {
    this.seen = latent.arraySync();
    const codes = Int32Array.from({ length: latent.shape[0] * active }, (_, i) => i % SIZE);
    return { quantized: tf.clone(latent), loss: null, codes };
  }
  fit(latent: Tensor2D): void {
    this.fittedTo = latent.arraySync();
  }
  afterStep(): void {
    // Learns nothing.
  }
  state(): Map<string, Float32Array> {
    return new Map();
  }
  restore(): void {
    // Has no state.
  }
  exportEncoder(): never {
    throw new Error('not for export');
  }
  exportDecoder(): never {
    throw new Error('not for export');
  }
}

function recorded(to = latents(1)) {
  const store = new ParameterStore(mulberry32(1));
  const shape = new Recorder();
  const quantizer = new GainShapeQuantizer(shape, SIZE, FRAME, 1, 'q');
  quantizer.fit(to, store);
  return { store, shape, quantizer };
}

const codebook = { size: SIZE, emaDecay: 0.9, deadBelow: 0.1 };
const families: Record<string, unknown>[] = [
  { family: 'rvq', codebooks: 4, codebook, codeDim: 8 },
  { family: 'simvq', codebooks: 3, codebook, codeDim: 8 },
  { family: 'pq', codebooks: 4, codebook, groupDims: [4, 8, 20] },
  { family: 'gumbel', codebooks: 4, size: SIZE, groupDims: [4, 8, 20] },
  { family: 'fsq', codebooks: 4, levels: [4, 4] },
  { family: 'bsq', codebooks: 4, bits: 4, entropy: 0 },
];

function create(config: Record<string, unknown>, seed = 1): Quantizer {
  const parsed = quantizerSchema.parse({ ...config, gain: { size: SIZE } });
  return createQuantizer(parsed, { ...FRAME, latentDim: DIM }, seed, 'q');
}

function fitted(config: Record<string, unknown> = families[0]!, frames = 500) {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = create(config);
  quantizer.fit(latents(1, frames), store);
  const run = (latent: Tensor2D, active = quantizer.codebooks, training = false) =>
    quantizer.forward(latent, { store, training, active });
  return { store, quantizer, run };
}

const gap = (a: Tensor2D, b: Tensor2D): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const meanSquare = (x: Tensor2D): number => tf.mean(tf.square(x)).dataSync()[0]!;

/** Row-major [SIZE, DIM]: s of every code. */
const levelTable = (quantizer: Quantizer): Float32Array =>
  quantizer.state().get('q/gain/levels')!.slice();
const levelsOf = (quantizer: Quantizer, code: number): number[] => [
  ...levelTable(quantizer).slice(code * DIM, (code + 1) * DIM),
];

describe('sorting', () => {
  const { store, shape, quantizer } = recorded();
  const z = latents(2, 60);
  const result = quantizer.forward(z, { store, training: true, active: 2 });
  const seen = shape.seen;

  it('permutes the coordinates of a frame, divided by its gain', () => {
    z.arraySync().forEach((row, frame) => {
      const levels = levelsOf(quantizer, result.codes![2 * frame]!);
      const gain = Math.sqrt(levels.reduce((sum, x) => sum + x * x, 0) / DIM);
      const [wanted, found] = [row.map((x) => x / gain), [...seen[frame]!]].map((values) =>
        values.sort((a, b) => a - b),
      );
      found!.forEach((x, i) => expect(x).toBeCloseTo(wanted![i]!, 4));
    });
  });

  it('puts the loudest coordinates of the code first', () => {
    let unsorted = 0;
    z.arraySync().forEach((row, frame) => {
      const levels = levelsOf(quantizer, result.codes![2 * frame]!);
      const gain = Math.sqrt(levels.reduce((sum, x) => sum + x * x, 0) / DIM);
      if (row.every((x) => x === 0)) return;
      // Gaussian values are all different, so that each one tells which coordinate it was.
      const order = seen[frame]!.map((x) => {
        const distances = row.map((y) => Math.abs(y - x * gain));
        return distances.indexOf(Math.min(...distances));
      });
      expect(new Set(order).size).toBe(DIM);
      order.slice(1).forEach((d, i) => {
        expect(levels[d]).toBeLessThanOrEqual(levels[order[i]!]!);
        if (d < order[i]!) unsorted++;
      });
    });
    // The sounds are not loudest at low frequencies only.
    expect(unsorted).toBeGreaterThan(100);
  });

  it('is undone: what the shape lets through comes back in place', () => {
    expect(gap(result.quantized, z)).toBeLessThan(1e-5);
  });

  it('hands the gradient back to the coordinates that it came from', () => {
    const direction = latents(3, 60);
    const f = tf.grad((x) => {
      const { quantized } = quantizer.forward(x as Tensor2D, { store, training: true, active: 2 });
      return tf.sum(tf.mul(quantized, direction));
    });
    expect(gap(f(z) as Tensor2D, direction)).toBeLessThan(1e-4);
  });

  it('is the same for every frame of one code, and not for all codes', () => {
    const tables = new Set(
      Array.from({ length: SIZE }, (_, k) => {
        const levels = levelsOf(quantizer, k);
        return [...levels.keys()].sort((a, b) => levels[b]! - levels[a]!).join();
      }),
    );
    expect(tables.size).toBeGreaterThan(2);
  });
});

describe('fitting', () => {
  it('gives every code the levels of its members, energy kept', () => {
    const z = latents(1);
    const { store, quantizer } = recorded(z);
    const { levels, codes } = quantizer.forward(z, { store, training: false, active: 1 });
    expect(meanSquare(levels!) / meanSquare(z)).toBeCloseTo(1, 2);
    // Between the power of the coordinate itself and that of its band, the nearer to its own the more members.
    const values = z.arraySync();
    for (const k of new Set(codes)) {
      const members = values.filter((_, i) => codes![i] === k);
      const power = Array.from({ length: DIM }, (_, d) =>
        members.reduce((sum, row) => sum + row[d]! ** 2 / members.length, 0),
      );
      const levels = levelsOf(quantizer, k);
      let at = 0;
      for (const width of BANDS) {
        const band = power.slice(at, at + width).reduce((sum, x) => sum + x / width, 0);
        for (let d = at; d < at + width; d++) {
          const [low, high] = [power[d]!, band].sort((a, b) => a - b);
          expect(levels[d]! ** 2).toBeGreaterThan(0.99 * low!);
          expect(levels[d]! ** 2).toBeLessThan(1.01 * high! + 1e-4);
          if (members.length > 40) {
            const [toOwn, toBand] = [power[d]!, band].map((x) => Math.abs(levels[d]! ** 2 - x));
            expect(toOwn).toBeLessThan(toBand! + 1e-4);
          }
        }
        at += width;
      }
    }
  });

  it('shows the shape as many frames as there are, sorted, of about unit level', () => {
    const { shape } = recorded();
    expect(shape.fittedTo.length).toBe(500);
    const rms = (d: number): number =>
      Math.sqrt(shape.fittedTo.reduce((sum, row) => sum + row[d]! ** 2, 0) / 500);
    const all = Math.sqrt(meanSquare(tf.tensor2d(shape.fittedTo)));
    expect(all).toBeGreaterThan(0.8);
    expect(all).toBeLessThan(1.25);
    expect(rms(0)).toBeGreaterThan(2 * rms(DIM - 1));
  });

  it('shows the shape loud frames more often', () => {
    const { quantizer, shape, store } = recorded();
    const silent = shape.fittedTo.filter((row) => row.every((x) => x === 0)).length;
    const { codes } = quantizer.forward(latents(1), { store, training: false, active: 1 });
    expect(new Set(codes).size).toBeGreaterThan(4);
    // A quarter of the frames are.
    expect(silent).toBeLessThan(25);
  });

  it('says that it has started, and never moves the gain codebook again', () => {
    const { quantizer, run } = fitted();
    expect(create(families[0]!).started).toBe(false);
    expect(quantizer.started).toBe(true);
    const gain = () =>
      [...quantizer.state()]
        .filter(([name]) => name.startsWith('q/gain'))
        .map(([name, values]) => [name, values.slice()]);
    const before = gain();
    for (let step = 1; step <= 3; step++) {
      tf.tidy(() => void run(latents(step + 5), quantizer.codebooks, true));
      quantizer.afterStep(step);
    }
    expect(gain()).toEqual(before);
  });

  it('copes with fewer frames than codes, and with nothing but silence', () => {
    for (const z of [latents(1, 5), tf.zeros([20, DIM]) as Tensor2D]) {
      const store = new ParameterStore(mulberry32(1));
      const quantizer = create(families[0]!);
      quantizer.fit(z, store);
      const { quantized, levels } = quantizer.forward(z, { store, training: false, active: 4 });
      expect(quantized.dataSync().every(Number.isFinite)).toBe(true);
      expect(levels!.dataSync().every((x) => x > 0 && Number.isFinite(x))).toBe(true);
      expect(gap(quantized, z)).toBeLessThan(Math.max(0.01, 3 * Math.sqrt(meanSquare(z))));
    }
  });

  it('takes a level for codes of few members from their band', () => {
    // One single frame is loud: its code's levels are those of the bands, not of the one frame.
    const rows = latents(1, 200).arraySync();
    const random = mulberry32(9);
    rows[0] = Array.from({ length: DIM }, () => 40 * gaussian(random));
    const { quantizer, store } = recorded(tf.tensor2d(rows));
    const loud = tf.tensor2d([rows[0]]);
    const { levels } = quantizer.forward(loud, { store, training: false, active: 1 });
    let at = 0;
    for (const width of BANDS) {
      const band = rows[0].slice(at, at + width);
      const rms = Math.sqrt(band.reduce((sum, x) => sum + x * x, 0) / width);
      for (const level of levels!.arraySync()[0]!.slice(at, at + width)) {
        expect(level / rms).toBeGreaterThan(0.9);
        expect(level / rms).toBeLessThan(1.1);
      }
      at += width;
    }
  });
});

describe.each(families)('with a shape of $family', (config) => {
  const made = fitted(config);
  const z = latents(2, 150);
  const { run, quantizer } = made;
  const width = quantizer.codebooks;
  const all = run(z);

  it('codes the envelope alone as zeros with levels', () => {
    const { quantized, levels, codes, loss } = run(z, 1);
    expect(loss).toBeNull();
    expect(codes!.length).toBe(150);
    expect(tf.max(tf.abs(quantized)).dataSync()[0]).toBe(0);
    const table = levelTable(quantizer);
    levels!.dataSync().forEach((level, i) => {
      expect(level).toBe(table[codes![Math.floor(i / DIM)]! * DIM + (i % DIM)]);
    });
  });

  it('gives codes row-major, the envelope first, whatever number is in use', () => {
    expect(width).toBe(Number(config['codebooks']));
    expect(all.codes!.length).toBe(150 * width);
    for (const code of all.codes!) expect(code >= 0 && code < SIZE).toBe(true);
    for (let active = 1; active < width; active++) {
      expect(run(z, active).codes).toEqual(all.codes!.filter((_, i) => i % width < active));
    }
    expect(run(z, 2).levels!.dataSync()).toEqual(all.levels!.dataSync());
  });

  it('leaves less error with each codebook', () => {
    let before = meanSquare(z);
    for (let active = 2; active <= width; active++) {
      const error = meanSquare(tf.sub(z, run(z, active).quantized));
      expect(error).toBeLessThan(before);
      before = error;
    }
    expect(before).toBeLessThan(0.8 * meanSquare(z));
  });

  it('keeps silence silent', () => {
    const { quantized, levels } = run(tf.zeros([2, DIM]));
    expect(tf.max(tf.abs(quantized)).dataSync()[0]).toBeLessThan(0.02);
    expect(tf.max(levels!).dataSync()[0]).toBeLessThan(0.02);
  });

  it('lets the gradient through to the latent', () => {
    const f = tf.grad((x) => {
      const { quantized } = run(x as Tensor2D, width, true);
      return tf.sum(tf.mul(quantized, latents(4, 150)));
    });
    const gradient = f(z) as Tensor2D;
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    expect(meanSquare(gradient)).toBeGreaterThan(1e-3);
  });

  it('brings its state back, and refuses that of another shape', () => {
    const state = new Map([...quantizer.state()].map(([name, values]) => [name, values.slice()]));
    const other = create(config, 77);
    expect(other.started).toBe(false);
    other.restore(state);
    expect(other.started).toBe(true);
    const context = { store: made.store, training: false, active: width };
    const found = other.forward(z, context);
    expect(found.codes).toEqual(all.codes);
    expect(gap(found.quantized, all.quantized)).toBe(0);
    expect(gap(found.levels!, all.levels!)).toBe(0);
    state.delete('q/gain/levels');
    expect(() => create(config).restore(state)).toThrow(RangeError);
    const short = new Map(quantizer.state()).set('q/gain/levels', new Float32Array(SIZE));
    expect(() => create(config).restore(short)).toThrow(RangeError);
  });

  describe('exported', () => {
    const graphs = quantizerGraphs(quantizer, made.store, DIM);
    const rows = (values: Float32Array): Tensor2D => tf.tensor2d(values, [150, DIM]);

    it('chooses and decodes the codes that it trains with', async () => {
      const { encode, decode } = await graphs;
      const chosen = await encode(z);
      expect(chosen.length).toBe(all.codes!.length);
      const equal = chosen.filter((code, i) => code === all.codes![i]).length;
      expect(equal / chosen.length).toBeGreaterThan(0.99);
      const { latent, levels } = await decode(all.codes!);
      expect(gap(rows(latent), all.quantized)).toBeLessThan(1e-4);
      expect(gap(rows(levels!), all.levels!)).toBeLessThan(1e-6);
    });

    it('decodes the first codes as the trainer does, the others absent', async () => {
      const { decode } = await graphs;
      for (let active = 1; active < width; active++) {
        const wanted = run(z, active);
        const codes = all.codes!.map((code, i) => (i % width < active ? code : -1));
        const { latent, levels } = await decode(codes);
        expect(gap(rows(latent), wanted.quantized)).toBeLessThan(1e-4);
        expect(gap(rows(levels!), wanted.levels!)).toBeLessThan(1e-6);
      }
    });

    it('is silent in frames whose envelope is absent, and only there', async () => {
      const { decode } = await graphs;
      const codes = all.codes!.map((code, i) => (i % (3 * width) === 0 ? -1 : code));
      const { latent, levels } = await decode(codes);
      const wanted = [all.quantized, all.levels!].map((x) => x.arraySync());
      [latent, levels!].forEach((values, which) => {
        wanted[which]!.forEach((row, frame) => {
          row.forEach((x, d) => {
            const found = values[frame * DIM + d]!;
            if (frame % 3 === 0) expect(Math.abs(found)).toBe(0);
            else expect(found).toBeCloseTo(x, 3);
          });
        });
      });
    });
  });
});

it('keeps no tensors from one step to the next', () => {
  const { quantizer, run } = fitted();
  const z = latents(2, 50);
  const step = (n: number): void => {
    tf.tidy(() => void run(z, quantizer.codebooks, true));
    quantizer.afterStep(n);
  };
  step(1);
  const before = tf.memory().numTensors;
  for (let n = 2; n < 5; n++) step(n);
  expect(tf.memory().numTensors).toBe(before);
});

it('adds the loss of its shape', () => {
  const { run } = fitted({ ...families[0]!, commitment: 1 });
  const loss = run(latents(2, 50)).loss as Scalar;
  expect(loss.dataSync()[0]).toBeGreaterThan(0);
});

it('refuses a shape whose codebooks are of another size', () => {
  expect(() => new GainShapeQuantizer(new Recorder(), SIZE * 2, FRAME, 1, 'q')).toThrow(RangeError);
});
