/**
 * The denoiser: a causal network that looks at the noisy spectrum and predicts, for every bin, a bounded
 * complex filter over the last few frames (deep-filter.ts). It starts as the identity.
 */
import type { Ops } from '../graph/ops.ts';
import { bandShared } from './band-shared.ts';
import type { ModelConfig } from './config.ts';
import { fullBand } from './full-band.ts';
import type { Transforms } from './transforms.ts';

export interface DenoiserOutput<V> {
  /** [frames, 2·bins] filtered half spectrum, real parts then imaginary parts. */
  spectrum: V;
  /** [frames, hiddenWidth] what the network knows about the frame; the encoder may condition on it. */
  hidden: V;
}

/** [frames, 2·bins] unitary half spectrum of the noisy frame → filtered spectrum. */
export function denoise<V>(
  ops: Ops<V>,
  spectrum: V,
  config: ModelConfig,
  transforms: Transforms,
): DenoiserOutput<V> {
  const { denoiser } = config;
  return denoiser.kind === 'full-band'
    ? fullBand(ops, spectrum, denoiser, transforms.bins)
    : bandShared(ops, spectrum, denoiser, transforms.bins);
}
