/** Makes the quantizer that a training config asks for. */
import type { QuantizerConfig } from '../trainer/config.ts';
import { NoQuantizer } from './none.ts';
import type { Quantizer } from './quantizer.ts';
import { VectorQuantizer } from './vq.ts';

/** @param dim features of the latent. */
export function createQuantizer(config: QuantizerConfig, dim: number, seed: number): Quantizer {
  switch (config.family) {
    case 'none':
      return new NoQuantizer();
    case 'vq':
      return new VectorQuantizer(config, dim, seed);
  }
}
