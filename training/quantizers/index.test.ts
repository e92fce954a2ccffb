import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../graph/random.ts';
import { ParameterStore } from '../graph/tf-ops.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { createQuantizer, quantizerSchema, type Quantizer } from './index.ts';

const DIM = 8;
const codebook = { size: 16 };

function create(config: Record<string, unknown>, dim = DIM): Quantizer {
  return createQuantizer(
    quantizerSchema.parse(config),
    { latentDim: dim, hopSamples: dim, sampleRate: 16000 },
    1,
    'scope',
  );
}

/** Config, codebooks, entries per codebook. */
const families: [Record<string, unknown>, number, number][] = [
  [{ family: 'none' }, 0, 0],
  [{ family: 'vq', codebook }, 1, 16],
  [{ family: 'vq', codebook, codeDim: 2 }, 1, 16],
  [{ family: 'rvq', codebooks: 3, codebook }, 3, 16],
  [{ family: 'simvq', codebooks: 2, codebook }, 2, 16],
  [{ family: 'pq', codebooks: 4, codebook, rotation: true }, 4, 16],
  [{ family: 'gumbel', codebooks: 4, size: 32 }, 4, 32],
  [{ family: 'fsq', codebooks: 4, levels: [4, 3] }, 4, 12],
  [{ family: 'bsq', codebooks: 2, bits: 4 }, 2, 16],
  [{ family: 'rvq', codebooks: 3, codebook, codeDim: 2, gain: { size: 16 } }, 3, 16],
  [{ family: 'pq', codebooks: 3, codebook, groupDims: [3, 5], gain: { size: 16 } }, 3, 16],
  [{ family: 'gumbel', codebooks: 3, size: 16, groupDims: [2, 6], gain: { size: 16 } }, 3, 16],
  [{ family: 'fsq', codebooks: 3, levels: [4, 4], gain: { size: 16 } }, 3, 16],
];

describe('createQuantizer', () => {
  it.each(families)('makes %j', (config, codebooks, codebookSize) => {
    const quantizer = create(config);
    expect(quantizer).toMatchObject({ family: config['family'], codebooks, codebookSize });
    expect(quantizer.macsPerFrame > 0).toBe(config['family'] !== 'none');
  });

  it.each(families)(
    'gives latents of the same shape and codes in range (%j)',
    (config, codebooks, size) => {
      const quantizer = create(config);
      const context = {
        store: new ParameterStore(mulberry32(1)),
        training: true,
        active: codebooks,
      };
      const latent = tf.randomNormal([40, DIM], 0, 1, 'float32', 5) as Tensor2D;
      if ('gain' in config) quantizer.fit(latent, context.store);
      for (let step = 1; step <= 2; step++) {
        quantizer.forward(latent, context);
        quantizer.afterStep(step);
      }
      const { quantized, codes } = quantizer.forward(latent, context);
      expect(quantized.shape).toEqual([40, DIM]);
      expect(quantized.dataSync().every(Number.isFinite)).toBe(true);
      if (codebooks === 0) expect(codes).toBeNull();
      else expect(codes!.length).toBe(40 * codebooks);
      for (const code of codes ?? []) expect(code >= 0 && code < size).toBe(true);
      for (const name of context.store.variables.keys())
        expect(name.startsWith('scope/')).toBe(true);
    },
  );

  it('learns simvq codebooks through a matrix, whatever the codebook asks for', () => {
    const quantizer = create({
      family: 'simvq',
      codebooks: 2,
      codebook: { ...codebook, learn: 'ema' },
    });
    const store = new ParameterStore(mulberry32(1));
    quantizer.forward(tf.zeros([1, DIM]), { store, training: false, active: 2 });
    expect([...store.variables.keys()]).toEqual(['scope/0/w', 'scope/1/w']);
  });

  it.each([
    [{ family: 'pq', codebooks: 3, codebook }],
    [{ family: 'pq', codebooks: 2, codebook, groupDims: [3, 4] }],
    [{ family: 'gumbel', codebooks: 3, size: 16 }],
    [{ family: 'gumbel', codebooks: 3, size: 16, groupDims: [4, 4] }],
    [{ family: 'fsq', codebooks: 3, levels: [2, 2, 2, 2, 2, 2, 2, 2, 2] }],
    [{ family: 'bsq', codebooks: 4, bits: 9 }],
  ])('refuses to cut 8 dimensions for %j', (config) => {
    expect(() => create(config)).toThrow(RangeError);
  });

  describe('with a gain codebook', () => {
    const config = { family: 'fsq', codebooks: 3, levels: [4, 4], gain: { size: 16 } };

    it('refuses a latent that is not the frame', () => {
      const model = { latentDim: 8, hopSamples: 16, sampleRate: 16000 } as const;
      const parsed = quantizerSchema.parse(config);
      expect(() => createQuantizer(parsed, model, 1, 'scope')).toThrow(RangeError);
    });

    it('refuses to have no other codebooks, or some of another size', () => {
      expect(() => create({ ...config, codebooks: 1 })).toThrow(RangeError);
      expect(() => create({ ...config, levels: [4, 3] })).toThrow(RangeError);
      expect(() => create({ ...config, codebooks: 2 })).not.toThrow();
    });
  });
});

describe('quantizerSchema', () => {
  const accepts = (config: unknown): boolean => quantizerSchema.safeParse(config).success;

  it.each(families)('takes %j, but no key that it does not know', (config) => {
    expect(accepts(config)).toBe(true);
    expect(accepts({ ...config, surprise: 1 })).toBe(false);
    if ('codebook' in config) {
      expect(accepts({ ...config, codebook: { ...codebook, surprise: 1 } })).toBe(false);
    }
  });

  it('refuses keys of other families, and unknown families', () => {
    expect(accepts({ family: 'vq', codebook, codebooks: 2 })).toBe(false);
    expect(accepts({ family: 'fsq', codebooks: 2, levels: [4], bits: 4 })).toBe(false);
    expect(accepts({ family: 'bsq', codebooks: 2, bits: 4, codebook })).toBe(false);
    expect(accepts({ family: 'lattice' })).toBe(false);
    expect(accepts({})).toBe(false);
  });

  it.each([0, 65, 1.5, '2'])('refuses %j codebooks', (codebooks) => {
    expect(accepts({ family: 'bsq', codebooks, bits: 4 })).toBe(false);
  });

  it('has no dropout unless asked for', () => {
    expect(quantizerSchema.parse({ family: 'bsq', codebooks: 2, bits: 4 })).toMatchObject({
      dropout: 0,
    });
    expect(accepts({ family: 'bsq', codebooks: 2, bits: 4, dropout: 1.1 })).toBe(false);
  });
});
