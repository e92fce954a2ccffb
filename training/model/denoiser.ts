/**
 * The denoiser: a causal network that looks at the noisy spectrum and predicts, for every bin, a bounded
 * complex filter over the last few frames of that bin ("deep filtering": Mack & Habets, arXiv:1904.08369;
 * with one tap it is a complex ratio mask, Williamson et al. 2016). It starts as the identity.
 */
import type { Ops } from '../graph/ops.ts';
import { linear, trunk } from './blocks.ts';
import type { ModelConfig } from './config.ts';
import type { Transforms } from './transforms.ts';

/** Magnitude exponent of the input features. */
const COMPRESSION = 0.3;
/** Largest magnitude of each part (real, imaginary) of the first tap and of the later taps. */
const FIRST_TAP_LIMIT = 1.25;
const LATER_TAP_LIMIT = 0.75;
const POWER_FLOOR = 1e-9;

export interface DenoiserOutput<V> {
  /** [frames, 2·bins] filtered half spectrum, real parts then imaginary parts. */
  spectrum: V;
  /** [frames, width] what the network knows about the frame; later stages may condition on it. */
  hidden: V;
}

/** [frames, 2·bins] unitary half spectrum of the noisy frame → filtered spectrum. */
export function denoise<V>(
  ops: Ops<V>,
  spectrum: V,
  config: ModelConfig,
  transforms: Transforms,
): DenoiserOutput<V> {
  const { bins } = transforms;
  const { width, filterTaps } = config.denoiser;
  const features = compressedFeatures(ops, spectrum, bins);
  const x = linear(ops, 'denoise/in', features, 3 * bins, width);
  const hidden = trunk(ops, 'denoise', x, config.denoiser);

  const identity = new Float32Array(2 * bins * filterTaps);
  identity.fill(Math.atanh(1 / FIRST_TAP_LIMIT), 0, bins);
  const raw = ops.tanh(
    linear(
      ops,
      'denoise/filter',
      hidden,
      width,
      2 * bins * filterTaps,
      { kind: 'normal', std: 0.1 / Math.sqrt(width) },
      { kind: 'matrix', values: identity },
    ),
  );

  const history = ops.past('denoise/spectrum', spectrum, 2 * bins, filterTaps - 1);
  let real: V | undefined;
  let imaginary: V | undefined;
  for (let tap = 0; tap < filterTaps; tap++) {
    const limit = tap === 0 ? FIRST_TAP_LIMIT : LATER_TAP_LIMIT;
    const frame = ops.delayed(history, tap);
    const sRe = ops.columns(frame, 0, bins);
    const sIm = ops.columns(frame, bins, bins);
    const fRe = ops.mulScalar(ops.columns(raw, tap * bins, bins), limit);
    const fIm = ops.mulScalar(ops.columns(raw, (filterTaps + tap) * bins, bins), limit);
    const re = ops.sub(ops.mul(fRe, sRe), ops.mul(fIm, sIm));
    const im = ops.add(ops.mul(fRe, sIm), ops.mul(fIm, sRe));
    real = real === undefined ? re : ops.add(real, re);
    imaginary = imaginary === undefined ? im : ops.add(imaginary, im);
  }
  return { spectrum: ops.concat([real!, imaginary!]), hidden };
}

/** [frames, 2·bins] → [frames, 3·bins]: real and imaginary parts and magnitude, all compressed. */
function compressedFeatures<V>(ops: Ops<V>, spectrum: V, bins: number): V {
  const re = ops.columns(spectrum, 0, bins);
  const im = ops.columns(spectrum, bins, bins);
  const power = ops.addScalar(ops.add(ops.square(re), ops.square(im)), POWER_FLOOR);
  const magnitude = ops.pow(power, COMPRESSION / 2);
  const gain = ops.pow(power, (COMPRESSION - 1) / 2);
  return ops.concat([ops.mul(re, gain), ops.mul(im, gain), magnitude]);
}
