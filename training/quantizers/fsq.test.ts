import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ParameterStore } from '../graph/tf-ops.ts';
import { mulberry32 } from '../graph/random.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { FiniteScalarQuantizer, fsqOptions } from './fsq.ts';

const store = new ParameterStore(mulberry32(1));

/** Started, with stages that each look at the next dimensions as they are. */
function make(levels: number[], stages = 1): FiniteScalarQuantizer {
  const width = levels.length;
  const dim = stages * width;
  const scope = `q${stages}x${width}`;
  const quantizer = new FiniteScalarQuantizer(stages, levels, dim, scope);
  quantizer.forward(tf.ones([1, dim]), { store, training: false, active: stages });
  for (let i = 0; i < stages; i++) {
    const into = tf.slice(tf.eye(dim), [0, i * width], [dim, width]) as Tensor2D;
    store.variables.get(`${scope}/${i}/in/w`)!.assign(into);
    store.variables.get(`${scope}/${i}/out/w`)!.assign(tf.transpose(into));
  }
  quantizer.restore(new Map([['started', Float32Array.of(1)]]));
  return quantizer;
}

function run(quantizer: FiniteScalarQuantizer, latent: Tensor2D, active = quantizer.codebooks) {
  const { quantized, codes, loss } = quantizer.forward(latent, { store, training: true, active });
  expect(loss).toBeNull();
  return { quantized, codes: codes! };
}

/** The latent that the squashing takes exactly to a grid value: its inverse, by the paper's formula. */
function latentOf(value: number, levels: number): number {
  const half = ((levels - 1) * 1.001) / 2;
  const offset = levels % 2 === 0 ? 0.5 : 0;
  return Math.atanh((value * Math.floor(levels / 2) + offset) / half) - Math.atanh(offset / half);
}

describe.each([2, 3, 4, 5, 8, 9, 256])('%i levels', (levels) => {
  const quantizer = make([levels]);
  const unit = Math.floor(levels / 2);
  const grid = Array.from({ length: levels }, (_, digit) => (digit - unit) / unit);

  it('are reached one after the other, each exactly, by rising latents', () => {
    const { quantized, codes } = run(
      quantizer,
      tf.linspace(-12, 6, 20000).reshape([-1, 1]) as Tensor2D,
    );
    expect([...new Set(codes)]).toEqual(grid.map((_, digit) => digit));
    const values = quantized.dataSync();
    codes.forEach((code, i) => {
      if (Math.abs(values[i]! - grid[code]!) > 1e-6)
        throw new Error(`${values[i]} for code ${code}`);
    });
  });

  it('end at the outermost ones for extreme latents, near 0 for 0', () => {
    const { quantized, codes } = run(quantizer, tf.tensor2d([-1e6, 1e6, 0], [3, 1]));
    expect([...codes]).toEqual([0, levels - 1, unit]);
    const [low, high, middle] = quantized.dataSync();
    expect(low).toBe(-1);
    expect(high).toBeCloseTo(grid.at(-1)!, 6);
    expect(middle).toBeCloseTo(0, 6);
  });
});

describe('codes', () => {
  it.each([[[8, 5, 2, 3]], [[4, 4]], [[3, 2]], [[7]]])(
    'all lead to their row of the table and back (%j)',
    (levels) => {
      const quantizer = make(levels);
      const table = quantizer.table();
      const latents = table.map((value, i) => latentOf(value, levels[i % levels.length]!));
      const { quantized, codes } = run(
        quantizer,
        tf.tensor2d(latents, [quantizer.codebookSize, levels.length]),
      );
      expect([...codes]).toEqual(Array.from(codes, (_, i) => i));
      quantized.dataSync().forEach((x, i) => expect(x).toBeCloseTo(table[i]!, 6));
    },
  );

  it('count the first dimension fastest', () => {
    const { codes } = run(make([8, 5, 3]), tf.tensor2d([[9, -99, -99], [-99, 9, -99], [-99, -99, 9]])); // prettier-ignore
    expect([...codes]).toEqual([7, 4 * 8, 2 * 8 * 5]);
  });

  it('stay exact up to the largest codebook', () => {
    const quantizer = make([256, 256]);
    const { codes } = run(quantizer, tf.tensor2d([[99, 99], [-99, 99], [99, -99]])); // prettier-ignore
    expect([...codes]).toEqual([65535, 65280, 255]);
  });

  it('have as many bits as the levels give', () => {
    expect(make([8, 8, 4, 4]).codebookSize).toBe(1024);
    expect(make([8, 5, 5]).codebookSize).toBe(200);
    const schema = z.object(fsqOptions);
    expect(schema.safeParse({ levels: [256, 256] }).success).toBe(true);
    // Float sums could no longer tell such codes apart.
    expect(schema.safeParse({ levels: [256, 256, 256, 256] }).success).toBe(false);
    for (const levels of [[], [1], [2.5], [257]])
      expect(schema.safeParse({ levels }).success).toBe(false);
  });
});

describe('stages of different directions', () => {
  const quantizer = make([4, 3], 3);
  const latent = tf.randomNormal([50, 6], 0, 2, 'float32', 3) as Tensor2D;
  const { quantized, codes } = run(quantizer, latent);

  it('are coded one by one, row-major', () => {
    expect(codes.length).toBe(150);
    const single = make([4, 3]);
    for (let g = 0; g < 3; g++) {
      const own = run(single, tf.slice(latent, [0, 2 * g], [-1, 2]));
      expect(own.codes).toEqual(codes.filter((_, i) => i % 3 === g));
    }
  });

  it('that are left out are zero, and change nothing before them', () => {
    const first = run(quantizer, latent, 2);
    expect(first.codes).toEqual(codes.filter((_, i) => i % 3 < 2));
    const all = quantized.arraySync();
    first.quantized.arraySync().forEach((row, i) => {
      expect(row).toEqual([...all[i]!.slice(0, 4), 0, 0]);
    });
  });

  it('are refused where the latent has fewer directions than one of them', () => {
    expect(() => new FiniteScalarQuantizer(3, [4, 3], 1, 'q')).toThrow(RangeError);
    expect(() => new FiniteScalarQuantizer(3, [4, 3], 2, 'q')).not.toThrow();
  });
});

it('hands back the gradient of the squashing, as if nothing were rounded', () => {
  const at = [-1.3, 0, 0.4];
  for (const levels of [4, 5]) {
    const half = ((levels - 1) * 1.001) / 2;
    const shift = levels % 2 === 0 ? Math.atanh(0.5 / half) : 0;
    const quantizer = make([levels]);
    const f = tf.grad((x) => tf.sum(run(quantizer, x as Tensor2D).quantized));
    f(tf.tensor2d(at, [3, 1]))
      .dataSync()
      .forEach((g, i) => {
        const slope = (1 - Math.tanh(at[i]! + shift) ** 2) * half;
        expect(g).toBeCloseTo(slope / Math.floor(levels / 2), 4);
      });
  }
});
