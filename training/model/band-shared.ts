/**
 * Denoiser that slides one set of weights over frequency: what noise and speech look like in one band is
 * learned from all bands at once (the idea behind GTCRN, FastEnhancer and the DPRNN family). Band blocks see
 * past frames, a leaky average of the whole past and both neighbour bands; in the middle a full-band network with
 * long dilations gives the context of the whole frame and of the past.
 *
 * Values alternate between two shapes of the same numbers: [frames · bands, channels] for everything that is shared
 * over bands, [frames, bands · channels] for everything that crosses time.
 */
import type { Ops } from '../graph/ops.ts';
import { gate, gatedBlock, linear } from './blocks.ts';
import type { BandSharedConfig } from './config.ts';
import { boundTaps, deepFilter, IDENTITY } from './deep-filter.ts';
import type { DenoiserOutput } from './denoiser.ts';
import { compressedParts, logPower } from './features.ts';

/** The last bin (half the sample rate) belongs to no band and passes unfiltered. */
export function bandShared<V>(
  ops: Ops<V>,
  spectrum: V,
  config: BandSharedConfig,
  bins: number,
): DenoiserOutput<V> {
  const { binsPerBand, channels, squeeze, context, filterTaps } = config;
  const bands = (bins - 1) / binsPerBand;
  const covered = bands * binsPerBand;
  const rows = (value: V, size: number): V => ops.reshape(value, size, bands);

  const { real, imaginary, power } = compressedParts(ops, spectrum, bins, covered);
  const parts = [logPower(ops, power), real, imaginary].map((part) => rows(part, binsPerBand));
  const patch = 3 * binsPerBand;
  const x0 = ops.concat(parts);
  const around = ops.neighbours(x0, patch, bands);
  const wide = ops.concat([around.below, x0, around.above]);
  let x = ops.addPerRow(
    linear(ops, 'denoise/in', wide, 3 * patch, channels),
    ops.param('denoise/band', [bands * channels], { kind: 'normal', std: 0.1 }),
    channels,
    bands,
  );
  const decayOf = (block: number): number | undefined =>
    config.decays[block % Math.max(1, config.decays.length)];
  config.before.forEach((dilation, i) => {
    x = bandBlock(ops, `denoise/lo${i}`, x, config, bands, dilation, decayOf(i));
  });

  const squeezed = linear(ops, 'denoise/squeeze', x, channels, squeeze);
  const wideband = bands * squeeze;
  let hidden = linear(
    ops,
    'denoise/global',
    ops.reshape(squeezed, wideband, 1),
    wideband,
    context.width,
  );
  context.dilations.forEach((_, i) => {
    hidden = gatedBlock(ops, `denoise/block${i}`, hidden, context, i);
  });
  const back = rows(linear(ops, 'denoise/unglobal', hidden, context.width, wideband), squeeze);
  x = ops.add(x, linear(ops, 'denoise/unsqueeze', back, squeeze, channels));

  config.after.forEach((dilation, i) => {
    const decay = decayOf(config.before.length + i);
    x = bandBlock(ops, `denoise/hi${i}`, x, config, bands, dilation, decay);
  });
  const outputs = 2 * binsPerBand * filterTaps;
  const identity = new Float32Array(outputs).fill(IDENTITY, 0, binsPerBand);
  const weights = { kind: 'normal', std: 0.1 / Math.sqrt(channels) } as const;
  const bias = { kind: 'matrix', values: identity } as const;
  const raw = linear(ops, 'denoise/filter', x, channels, outputs, weights, bias);
  const bounded = boundTaps(ops, raw, filterTaps, binsPerBand);
  const part = ops.unzip(bounded, 2 * filterTaps, binsPerBand, bands);
  const taps = Array.from({ length: filterTaps }, (_, tap) => ({
    real: part[tap]!,
    imaginary: part[filterTaps + tap]!,
  }));
  const inBands = ops.concat([
    ops.columns(spectrum, 0, covered),
    ops.columns(spectrum, bins, covered),
  ]);
  const filtered = deepFilter(ops, inBands, covered, taps);
  const last = (start: number): V => ops.columns(spectrum, start + covered, 1);
  return {
    spectrum: ops.concat([filtered.real, last(0), filtered.imaginary, last(bins)]),
    hidden,
  };
}

/**
 * Residual gated unit over a band's present and past and its two neighbours, plus a bias of each band's own.
 * x [frames · bands, channels].
 */
function bandBlock<V>(
  ops: Ops<V>,
  name: string,
  x: V,
  config: BandSharedConfig,
  bands: number,
  dilation: number,
  decay: number | undefined,
): V {
  const { channels, hidden } = config;
  const width = bands * channels;
  const whole = ops.reshape(x, width, 1);
  const reach = decay === undefined ? 2 * dilation : dilation;
  const history = ops.past(`${name}/past`, whole, width, reach);
  const past = [
    ops.delayed(history, dilation),
    decay === undefined
      ? ops.delayed(history, 2 * dilation)
      : ops.leaky(`${name}/leaky`, whole, width, decay),
  ].map((value) => ops.reshape(value, channels, bands));
  const { below, above } = ops.neighbours(x, channels, bands);
  const seen = ops.concat([x, ...past, below, above]);
  const unit = gate(ops, linear(ops, `${name}/in`, seen, 5 * channels, 2 * hidden), hidden);
  const std = 0.5 / Math.sqrt(hidden);
  const out = linear(ops, `${name}/out`, unit, hidden, channels, { kind: 'normal', std });
  const bias = ops.param(`${name}/band`, [bands * channels], { kind: 'zeros' });
  return ops.add(x, ops.addPerRow(out, bias, channels, bands));
}
