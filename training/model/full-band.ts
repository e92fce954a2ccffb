/** Denoiser that takes all bins of a frame as one vector: few large matrix products, every bin learned by itself. */
import type { Ops } from '../graph/ops.ts';
import { linear, trunk } from './blocks.ts';
import type { FullBandConfig } from './config.ts';
import { boundTaps, deepFilter, IDENTITY } from './deep-filter.ts';
import type { DenoiserOutput } from './denoiser.ts';
import { COMPRESSION, compressedParts } from './features.ts';

export function fullBand<V>(
  ops: Ops<V>,
  spectrum: V,
  config: FullBandConfig,
  bins: number,
): DenoiserOutput<V> {
  const { width, filterTaps } = config;
  const { real, imaginary, power } = compressedParts(ops, spectrum, bins, bins);
  const features = ops.concat([real, imaginary, ops.pow(power, COMPRESSION / 2)]);
  const x = linear(ops, 'denoise/in', features, 3 * bins, width);
  const hidden = trunk(ops, 'denoise', x, config);

  const outputs = 2 * bins * filterTaps;
  const identity = new Float32Array(outputs).fill(IDENTITY, 0, bins);
  const weights = { kind: 'normal', std: 0.1 / Math.sqrt(width) } as const;
  const bias = { kind: 'matrix', values: identity } as const;
  const raw = linear(ops, 'denoise/filter', hidden, width, outputs, weights, bias);
  const part = ops.split(
    boundTaps(ops, raw, filterTaps, bins),
    new Array<number>(2 * filterTaps).fill(bins),
  );
  const taps = Array.from({ length: filterTaps }, (_, tap) => ({
    real: part[tap]!,
    imaginary: part[filterTaps + tap]!,
  }));
  const filtered = deepFilter(ops, spectrum, bins, taps);
  return { spectrum: ops.concat([filtered.real, filtered.imaginary]), hidden };
}
