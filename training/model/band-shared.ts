/**
 * Denoiser that slides one set of weights over frequency: what noise and speech look like in one band is
 * learned from all bands at once (the idea behind GTCRN, FastEnhancer and the DPRNN family). Band blocks see
 * past frames, a leaky average of the whole past and both neighbour bands; in the middle a full-band network with long dilations gives the
 * context of the whole frame and of the past.
 *
 * Values alternate between two shapes of the same numbers: [frames, bands · channels] for everything that
 * crosses time or bands, [frames · bands, channels] for everything that is shared over bands.
 */
import type { Ops } from '../graph/ops.ts';
import { gatedBlock, linear } from './blocks.ts';
import type { BandSharedConfig } from './config.ts';
import { deepFilter, IDENTITY } from './deep-filter.ts';
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
  const rows = (x: V, size: number): V => ops.reshape(x, size, bands);
  const frames = (x: V, size: number): V => ops.reshape(x, bands * size, 1);

  const { real, imaginary, power } = compressedParts(ops, spectrum, bins, covered);
  const parts = [logPower(ops, power), real, imaginary].map((part) => rows(part, binsPerBand));
  const patch = 3 * binsPerBand;
  const x0 = frames(ops.concat(parts), patch);
  const wide = [-1, 0, 1].map((by) => rows(neighbour(ops, x0, bands, patch, by), patch));
  let x = ops.add(
    frames(linear(ops, 'denoise/in', ops.concat(wide), 3 * patch, channels), channels),
    ops.param('denoise/band', [bands * channels], { kind: 'normal', std: 0.1 }),
  );
  const decayOf = (block: number): number | undefined =>
    config.decays[block % Math.max(1, config.decays.length)];
  config.before.forEach((dilation, i) => {
    x = bandBlock(ops, `denoise/lo${i}`, x, config, bands, dilation, decayOf(i));
  });

  const squeezed = linear(ops, 'denoise/squeeze', rows(x, channels), channels, squeeze);
  const wideband = bands * squeeze;
  let hidden = linear(ops, 'denoise/global', frames(squeezed, squeeze), wideband, context.width);
  context.dilations.forEach((_, i) => {
    hidden = gatedBlock(ops, `denoise/block${i}`, hidden, context, i);
  });
  const back = rows(linear(ops, 'denoise/unglobal', hidden, context.width, wideband), squeeze);
  x = ops.add(x, frames(linear(ops, 'denoise/unsqueeze', back, squeeze, channels), channels));

  config.after.forEach((dilation, i) => {
    const decay = decayOf(config.before.length + i);
    x = bandBlock(ops, `denoise/hi${i}`, x, config, bands, dilation, decay);
  });
  const outputs = 2 * binsPerBand * filterTaps;
  const identity = new Float32Array(outputs).fill(IDENTITY, 0, binsPerBand);
  const weights = { kind: 'normal', std: 0.1 / Math.sqrt(channels) } as const;
  const bias = { kind: 'matrix', values: identity } as const;
  const raw = linear(ops, 'denoise/filter', rows(x, channels), channels, outputs, weights, bias);
  const part = (i: number): V =>
    frames(ops.columns(raw, i * binsPerBand, binsPerBand), binsPerBand);
  const taps = Array.from({ length: filterTaps }, (_, tap) => ({
    real: part(tap),
    imaginary: part(filterTaps + tap),
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

/** x [frames, bands · size] with every band replaced by its neighbour; zeros beyond the edges. */
function neighbour<V>(ops: Ops<V>, x: V, bands: number, size: number, by: number): V {
  if (by === 0) return x;
  const kept = (bands - 1) * size;
  const zeros = ops.mulScalar(ops.columns(x, 0, size), 0);
  return by < 0
    ? ops.concat([zeros, ops.columns(x, 0, kept)])
    : ops.concat([ops.columns(x, size, kept), zeros]);
}

/** Residual gated unit over a band's present and past and its two neighbours, plus a bias of each band's own. */
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
  const reach = decay === undefined ? 2 * dilation : dilation;
  const history = ops.past(`${name}/past`, x, width, reach);
  const seen = [
    x,
    ops.delayed(history, dilation),
    decay === undefined
      ? ops.delayed(history, 2 * dilation)
      : ops.leaky(`${name}/leaky`, x, width, decay),
    neighbour(ops, x, bands, channels, -1),
    neighbour(ops, x, bands, channels, 1),
  ].map((value) => ops.reshape(value, channels, bands));
  const gated = linear(ops, `${name}/in`, ops.concat(seen), 5 * channels, 2 * hidden);
  const unit = ops.mul(
    ops.columns(gated, 0, hidden),
    ops.sigmoid(ops.columns(gated, hidden, hidden)),
  );
  const std = 0.5 / Math.sqrt(hidden);
  const out = linear(ops, `${name}/out`, unit, hidden, channels, { kind: 'normal', std });
  const bias = ops.param(`${name}/band`, [bands * channels], { kind: 'zeros' });
  return ops.add(x, ops.add(ops.reshape(out, bands * channels, 1), bias));
}
