import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { createQuantizer, quantizerSchema, type Quantizer } from './index.ts';

const DIM = 32;
/** Latents of 32 dimensions whose energy lies along few directions. */
function latents(seed: number, frames: number): Tensor2D {
  const random = mulberry32(seed);
  const sources = Float32Array.from({ length: frames * DIM }, (_, i) => {
    return gaussian(random) * 2 * 0.75 ** (i % DIM) + 0.1;
  });
  const mixing = mulberry32(99);
  const mix = Float32Array.from({ length: DIM * DIM }, () => gaussian(mixing) / Math.sqrt(DIM));
  return tf.matMul(tf.tensor2d(sources, [frames, DIM]), tf.tensor2d(mix, [DIM, DIM]));
}

function create(config: Record<string, unknown>): Quantizer {
  const model = { latentDim: DIM, hopSamples: DIM, sampleRate: 16000 } as const;
  return createQuantizer(quantizerSchema.parse(config), model, 1, 'q');
}

const meanSquare = (x: Tensor2D): number => tf.mean(tf.square(x)).dataSync()[0]!;

const codebook = { size: 16 };
/** Config, and the share of the energy that may be lost on other latents than it was fitted to. */
const families: [Record<string, unknown>, number][] = [
  [{ family: 'vq', codebook }, 0.75],
  [{ family: 'vq', codebook, codeDim: 8 }, 0.75],
  [{ family: 'rvq', codebooks: 4, codebook }, 0.5],
  [{ family: 'rvq', codebooks: 4, codebook: { ...codebook, learn: 'gradient' }, codeDim: 4 }, 0.45],
  [{ family: 'simvq', codebooks: 4, codebook, codeDim: 4 }, 0.6],
  [{ family: 'pq', codebooks: 4, codebook, rotation: true, groupDims: [2, 3, 5, 8] }, 0.4],
  [{ family: 'pq', codebooks: 4, codebook }, 0.75],
  [{ family: 'gumbel', codebooks: 4, size: 16, rotation: true, groupDims: [2, 3, 5, 8] }, 0.4],
  [{ family: 'fsq', codebooks: 4, levels: [4, 4] }, 0.4],
  [{ family: 'bsq', codebooks: 4, bits: 4 }, 0.45],
  [{ family: 'rvq', codebooks: 4, codebook, codeDim: 4, gain: { size: 16 } }, 0.8],
];

describe.each(families)('%j', (config, lost) => {
  const store = new ParameterStore(mulberry32(1));
  const quantizer = create(config);
  const before = quantizer.started;
  const to = latents(1, 1000);
  quantizer.fit(to, store);
  const z = latents(2, 400);
  const run = (active = quantizer.codebooks) =>
    quantizer.forward(z, { store, training: false, active });

  it('has started after the fit, not before', () => {
    expect(before).toBe(false);
    expect(quantizer.started).toBe(true);
    expect(run().codes!.length).toBe(400 * quantizer.codebooks);
  });

  it('brings other latents back better than silence does', () => {
    expect(meanSquare(tf.sub(z, run().quantized)) / meanSquare(z)).toBeLessThan(lost);
  });

  it('is better the more codebooks are in use', () => {
    const errors = Array.from({ length: quantizer.codebooks }, (_, i) =>
      meanSquare(tf.sub(z, run(i + 1).quantized)),
    );
    errors.slice(1).forEach((error, i) => expect(error).toBeLessThan(errors[i]!));
  });

  it('uses its codebooks widely', () => {
    const { codes } = run();
    for (let i = 0; i < quantizer.codebooks; i++) {
      const used = new Set(codes!.filter((_, at) => at % quantizer.codebooks === i));
      expect(used.size).toBeGreaterThan(8);
    }
  });

  it('is the same every time, and keeps nothing but parameters', () => {
    const again = create(config);
    const other = new ParameterStore(mulberry32(1));
    const tensors = tf.memory().numTensors;
    again.fit(to, other);
    expect(tf.memory().numTensors - tensors).toBeLessThanOrEqual(2 * other.variables.size);
    const context = { store: other, training: false, active: again.codebooks };
    expect(again.forward(z, context).codes).toEqual(run().codes);
  });

  it('trains on from there: the next step does not start anew', () => {
    const parameters = () => [...store.variables].map(([name, v]) => [name, v.dataSync().slice()]);
    const kept = parameters();
    const wanted = run().codes!;
    const context = { store, training: true, active: quantizer.codebooks };
    tf.tidy(() => {
      expect(quantizer.forward(z, context).codes).not.toBeNull();
    });
    quantizer.afterStep(1);
    const found = run().codes!;
    const same = found.filter((code, i) => code === wanted[i]).length;
    expect(same / found.length).toBeGreaterThan(0.8);
    if (!JSON.stringify(config).includes('gradient')) expect(parameters()).toEqual(kept);
  });
});

it.each([
  { family: 'rvq', codebooks: 2, codebook: { size: 64, learn: 'gradient' }, codeDim: 4 },
  { family: 'gumbel', codebooks: 2, size: 64 },
  { family: 'fsq', codebooks: 2, levels: [8, 8] },
  { family: 'rvq', codebooks: 2, codebook: { size: 64 }, codeDim: 4, gain: { size: 64 } },
])('fits more frames than a codebook searches at once (%j)', (config) => {
  const loss = (frames: number): number => {
    const store = new ParameterStore(mulberry32(1));
    const quantizer = create(config);
    quantizer.fit(latents(1, frames), store);
    const z = latents(2, 1000);
    const { quantized } = quantizer.forward(z, { store, training: false, active: 2 });
    return meanSquare(tf.sub(z, quantized));
  };
  // A fit to 80 frames knows them by heart and nothing else.
  expect(loss(8192 + 300)).toBeLessThan(loss(80));
});

it('leaves a quantizer without codes as it is', () => {
  const quantizer = create({ family: 'none' });
  expect(quantizer.started).toBe(true);
  quantizer.fit(latents(1, 10), new ParameterStore(mulberry32(1)));
  expect(quantizer.state().size).toBe(0);
});
