/** Makes the quantizer that a training config asks for. */
import { z } from 'zod';
import type { ModelConfig } from '../model/config.ts';
import { BinarySphericalQuantizer, bsqOptions } from './bsq.ts';
import { FiniteScalarQuantizer, fsqOptions } from './fsq.ts';
import { gainSchema, GainShapeQuantizer } from './gain-shape.ts';
import { GumbelQuantizer, gumbelOptions } from './gumbel.ts';
import { channelOptions, NoQuantizer } from './none.ts';
import { ProductQuantizer, productOptions } from './product.ts';
import type { Quantizer } from './quantizer.ts';
import { ResidualQuantizer, residualOptions } from './residual.ts';

export type { Quantizer, QuantizerContext, QuantizerForward } from './quantizer.ts';

/** How many codebooks a model has, and how they are dropped while training. */
const rates = {
  codebooks: z.number().int().min(1).max(64),
  /**
   * Share of the training steps in which only the first n codebooks are used, ln n uniform between 0 and
   * ln codebooks (quantizer dropout, arXiv:2107.03312 §III-C); 0: every step uses all, the model has one rate.
   */
  dropout: z.number().min(0).max(1).default(0),
  /** The first of the codebooks codes the envelope, the others the shape (gain-shape.ts). */
  gain: gainSchema.optional(),
};

export const quantizerSchema = z.discriminatedUnion('family', [
  z.strictObject({ family: z.literal('none'), ...channelOptions }),
  z.strictObject({ family: z.literal('vq'), ...residualOptions }),
  z.strictObject({ family: z.literal('rvq'), ...rates, ...residualOptions }),
  z.strictObject({ family: z.literal('simvq'), ...rates, ...residualOptions }),
  z.strictObject({ family: z.literal('pq'), ...rates, ...productOptions }),
  z.strictObject({ family: z.literal('gumbel'), ...rates, ...gumbelOptions }),
  z.strictObject({ family: z.literal('fsq'), ...rates, ...fsqOptions }),
  z.strictObject({ family: z.literal('bsq'), ...rates, ...bsqOptions }),
]);

export type QuantizerConfig = z.infer<typeof quantizerSchema>;

/**
 * @param model whose latent it is for
 * @param scope prefix of the names of its parameters
 * @throws RangeError when the latent cannot be cut into the groups asked for
 */
export function createQuantizer(
  config: QuantizerConfig,
  model: Pick<ModelConfig, 'latentDim' | 'hopSamples' | 'sampleRate'>,
  seed: number,
  scope: string,
): Quantizer {
  const { latentDim: dim } = model;
  if (!('gain' in config) || config.gain === undefined) return plain(config, dim, seed, scope);
  const { gain, ...rest } = config;
  if (dim !== model.hopSamples) throw new RangeError('a gain codebook wants the whole frame');
  if (config.codebooks < 2) throw new RangeError('a gain codebook wants others after it');
  const shape = plain({ ...rest, codebooks: config.codebooks - 1 }, dim, seed, scope);
  return new GainShapeQuantizer(shape, gain.size, model, seed, scope);
}

function plain(config: QuantizerConfig, dim: number, seed: number, scope: string): Quantizer {
  switch (config.family) {
    case 'none':
      return new NoQuantizer(config, seed);
    case 'vq':
      return new ResidualQuantizer('vq', 1, config, dim, seed, scope);
    case 'rvq':
      return new ResidualQuantizer('rvq', config.codebooks, config, dim, seed, scope);
    case 'simvq': {
      const codebook = { ...config.codebook, learn: 'simvq' } as const;
      const options = { ...config, codebook };
      return new ResidualQuantizer('simvq', config.codebooks, options, dim, seed, scope);
    }
    case 'pq':
      return new ProductQuantizer(config.codebooks, config, dim, seed, scope);
    case 'gumbel':
      return new GumbelQuantizer(config.codebooks, config, dim, seed, scope);
    case 'fsq':
      return new FiniteScalarQuantizer(config.codebooks, config.levels, dim, scope);
    case 'bsq':
      return new BinarySphericalQuantizer(
        config.codebooks,
        config.bits,
        config.entropy,
        dim,
        scope,
      );
  }
}
