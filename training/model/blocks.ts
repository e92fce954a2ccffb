/** The layers that all networks here are built from. */
import type { Initializer, Ops } from '../graph/ops.ts';
import type { NetworkConfig } from './config.ts';

/** x · W + b with W [inputs, outputs]. */
export function linear<V>(
  ops: Ops<V>,
  name: string,
  x: V,
  inputs: number,
  outputs: number,
  weights: Initializer = { kind: 'normal', std: 1 / Math.sqrt(inputs) },
  bias: Initializer = { kind: 'zeros' },
): V {
  const w = ops.param(`${name}/w`, [inputs, outputs], weights);
  return ops.add(ops.matmul(x, w), ops.param(`${name}/b`, [outputs], bias));
}

/** Gated linear unit (Dauphin et al., arXiv:1612.08083): [frames, 2 · size] → [frames, size]. */
export function gate<V>(ops: Ops<V>, x: V, size: number): V {
  const [value, open] = ops.split(x, [size, size]);
  return ops.mul(value!, ops.sigmoid(open!));
}

/** Root-mean-square normalisation over features (Zhang & Sennrich, arXiv:1910.07467). */
export function rmsNorm<V>(ops: Ops<V>, name: string, x: V, features: number): V {
  const rms = ops.sqrt(ops.addScalar(ops.mean(ops.square(x)), 1e-6));
  return ops.mul(
    ops.div(x, rms),
    ops.param(`${name}/gain`, [features], { kind: 'constant', value: 1 }),
  );
}

/**
 * Residual block: RMS norm → causal dilated convolution over three frames, and the leaky average of the past
 * where the config asks for one → gated linear unit → linear. `index` is the block's place in the config.
 * [frames, width] → [frames, width].
 */
export function gatedBlock<V>(
  ops: Ops<V>,
  name: string,
  x: V,
  config: NetworkConfig,
  index: number,
): V {
  const { width, hidden, dilations, decays } = config;
  const dilation = dilations[index]!;
  const decay = decays[index % Math.max(1, decays.length)];
  const normed = rmsNorm(ops, `${name}/norm`, x, width);
  const history = ops.past(`${name}/past`, normed, width, 2 * dilation);
  const taps = [0, dilation, 2 * dilation].map((d) => ops.delayed(history, d));
  if (decay !== undefined) taps.push(ops.leaky(`${name}/leaky`, normed, width, decay));
  const gated = linear(ops, `${name}/in`, ops.concat(taps), taps.length * width, 2 * hidden);
  const unit = gate(ops, gated, hidden);
  // Small at the start, so that the residual stream does not grow with depth.
  const std = 1 / Math.sqrt(hidden * config.dilations.length);
  return ops.add(x, linear(ops, `${name}/out`, unit, hidden, width, { kind: 'normal', std }));
}

/** All blocks of a network in turn, then a final norm. */
export function trunk<V>(ops: Ops<V>, name: string, x: V, config: NetworkConfig): V {
  let h = x;
  config.dilations.forEach((_, i) => {
    h = gatedBlock(ops, `${name}/block${i}`, h, config, i);
  });
  return rmsNorm(ops, `${name}/norm`, h, config.width);
}
