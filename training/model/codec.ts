/**
 * Encoder and decoder around the quantizer.
 *
 * encoder: noisy hop → STFT → {@link denoise} → MDCT → square-root compression → refinement → latent
 * decoder: latent → refinement → expansion → inverse MDCT → overlap-add → clean hop
 *
 * The lowest `directCoefficients` go straight into the latent and out of it, and the refinements add to them.
 * Where those are all there is both refinements start at zero, so the chain starts as the identity. Nothing but the
 * latent crosses from encoder to decoder.
 */
import type { Initializer, Ops } from '../graph/ops.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { linear, trunk } from './blocks.ts';
import { bandCount, bandLevels, compandBands, expandBands } from './companding.ts';
import { hiddenWidth, directCoefficients, type ModelConfig, type NetworkConfig } from './config.ts';
import { denoise } from './denoiser.ts';
import type { Transforms } from './transforms.ts';

/** Below sqrt(KNEE) the square-root compression of MDCT coefficients turns linear. */
const KNEE = 1e-6;

const NOISE_SEED = 7;
/** Radians per unit of latent: neighbouring frames get unrelated noise, rounding errors the same. */
const NOISE_TURNS = 5;

/** c → c / (c² + ε)^¼: a square root that keeps the sign and is smooth at 0. */
export function compress<V>(ops: Ops<V>, c: V): V {
  return ops.mul(c, ops.pow(ops.addScalar(ops.square(c), KNEE), -0.25));
}

/** The exact inverse of {@link compress}: x → x · sqrt((x² + sqrt(x⁴ + 4ε)) / 2). */
export function expand<V>(ops: Ops<V>, x: V): V {
  const x2 = ops.square(x);
  const root = ops.sqrt(ops.addScalar(ops.square(x2), 4 * KNEE));
  return ops.mul(x, ops.sqrt(ops.mulScalar(ops.add(x2, root), 0.5)));
}

/** What the encoder's refinement works on. */
export interface Analysis<V> {
  /** [frames, hop] compressed MDCT coefficients. */
  coefficients: V;
  /** The same before compression, where known. */
  linear?: V;
  /** [frames, hiddenWidth] of the denoiser; null where the encoder does not see them. */
  hidden: V | null;
}

/** Noisy hops → compressed MDCT coefficients of the denoised frame, and the denoiser's hidden features. */
export function analyse<V>(
  ops: Ops<V>,
  hops: V,
  config: ModelConfig,
  transforms: Transforms,
): Analysis<V> {
  const { hopSamples, windowSamples, bins } = transforms;
  const input = ops.past('input', hops, hopSamples, 1);
  const frames = ops.concat([ops.delayed(input, 1), ops.delayed(input, 0)]);
  const analysis = ops.constant('analysis', transforms.analysis, [windowSamples, 2 * bins]);
  const noisy = ops.matmul(frames, analysis);
  const toMdct = ops.constant('toMdct', transforms.spectrumToMdct, [2 * bins, hopSamples]);
  const analysisOf = (spectrum: V, hidden: V | null): Analysis<V> => {
    const linear = ops.matmul(spectrum, toMdct);
    return { coefficients: compress(ops, linear), linear, hidden };
  };
  if (config.encoderSees === 'noisy') return analysisOf(noisy, null);
  const { spectrum, hidden } = denoise(ops, noisy, config, transforms);
  return analysisOf(spectrum, config.encoderSees === 'denoised' ? null : hidden);
}

/** {@link Analysis} → [frames, latentDim]. */
export function encodeLatent<V>(
  ops: Ops<V>,
  scope: string,
  { coefficients, linear, hidden }: Analysis<V>,
  config: ModelConfig,
  transforms: Transforms,
): V {
  const { hopSamples } = transforms;
  const { latentDim, encoder, sampleRate, bandCompanding: power } = config;
  if (power !== undefined) {
    const linearly = linear ?? expand(ops, coefficients);
    const companded = compandBands(ops, linearly, hopSamples, sampleRate, power);
    if (encoder === null) return companded;
    const bands = bandCount(hopSamples, sampleRate);
    const { level, log } = bandLevels(ops, companded, hopSamples, sampleRate);
    const seen = ops.concat(hidden === null ? [companded, log] : [companded, log, hidden]);
    const inputs = hopSamples + bands + (hidden === null ? 0 : hiddenWidth(config));
    const refined = refine(ops, `${scope}/encoder`, seen, inputs, latentDim, encoder, true);
    return ops.add(companded, ops.mul(level, refined));
  }
  if (encoder === null) throw new RangeError('an encoder without a network wants bandCompanding');
  const inputs = hopSamples + (hidden === null ? 0 : hiddenWidth(config));
  const x = hidden === null ? coefficients : ops.concat([coefficients, hidden]);
  const direct = directCoefficients(config);
  const identity = direct === latentDim;
  const refined = refine(ops, `${scope}/encoder`, x, inputs, latentDim, encoder, identity);
  if (direct === 0) return refined;
  if (direct === hopSamples && identity) return ops.add(coefficients, refined);
  const kept = ops.constant(`direct/${direct}/in`, selection(hopSamples, latentDim, direct), [
    hopSamples,
    latentDim,
  ]);
  return ops.add(ops.matmul(coefficients, kept), refined);
}

/** [from, to] ones on the first `count` places of the diagonal. */
function selection(from: number, to: number, count: number): Float32Array {
  const matrix = new Float32Array(from * to);
  for (let i = 0; i < count; i++) matrix[i * to + i] = 1;
  return matrix;
}

/** What the decoder gets. */
export interface DecodedLatent<V> {
  /** [frames, latentDim] */
  latent: V;
  /** [frames, latentDim]: how large each coordinate is likely to be, where codes tell (gain-shape.ts). */
  levels?: V;
}

/** {@link DecodedLatent} → [frames, hop] samples; hop k of the output belongs to hop k − 1 of the input. */
export function decodeLatent<V>(
  ops: Ops<V>,
  scope: string,
  { latent, levels }: DecodedLatent<V>,
  config: ModelConfig,
  transforms: Transforms,
): V {
  const { hopSamples } = transforms;
  const { latentDim, decoder } = config;
  const direct = directCoefficients(config);
  const identity = direct === hopSamples;
  const { bandCompanding: power, noiseFill, sampleRate } = config;
  if (power !== undefined) {
    const bands = bandCount(hopSamples, sampleRate);
    const { level, log } = bandLevels(ops, levels ?? latent, hopSamples, sampleRate);
    const seen = ops.concat([latent, log]);
    const name = `${scope}/decoder`;
    const outputs = noiseFill ? 3 : 2;
    const all = refine(
      ops,
      name,
      seen,
      latentDim + bands,
      outputs * hopSamples,
      decoder,
      true,
      config.denoiseSwitch,
    );
    const output = (i: number): V => ops.columns(all, i * hopSamples, hopSamples);
    // A gain for what was coded, and something of the band's own size for what was not.
    let added = output(1);
    if (noiseFill) added = ops.add(added, ops.mul(output(2), noiseOf(ops, latent, latentDim)));
    added = ops.mul(levels ?? level, added);
    const refined = ops.add(ops.mul(latent, ops.addScalar(output(0), 1)), added);
    const linearly = expandBands(ops, refined, hopSamples, sampleRate, power);
    return overlapAdd(ops, scope, linearly, transforms);
  }
  const refined = refine(
    ops,
    `${scope}/decoder`,
    latent,
    latentDim,
    hopSamples,
    decoder,
    identity,
    config.denoiseSwitch,
  );
  let coefficients = refined;
  if (direct === hopSamples && direct === latentDim) coefficients = ops.add(latent, refined);
  else if (direct > 0) {
    const kept = ops.constant(`direct/${direct}/out`, selection(latentDim, hopSamples, direct), [
      latentDim,
      hopSamples,
    ]);
    coefficients = ops.add(ops.matmul(latent, kept), refined);
  }
  return overlapAdd(ops, scope, expand(ops, coefficients), transforms);
}

/**
 * Noise of unit variance [frames, dim] that is the same for the same latent, so that decoding stays repeatable without
 * a generator's state: sines of random mixtures of the latent, many turns wide.
 */
function noiseOf<V>(ops: Ops<V>, latent: V, dim: number): V {
  const phase = ops.matmul(latent, ops.constant(`noise/${dim}`, noiseMix(dim), [dim, dim]));
  return ops.mulScalar(ops.sin(ops.addScalar(phase, 1)), Math.SQRT2);
}

const noiseMixes = new Map<number, Float32Array>();

/** [dim, dim], drawn once: a training step asks for it every time. */
function noiseMix(dim: number): Float32Array {
  let mix = noiseMixes.get(dim);
  if (mix === undefined) {
    const random = mulberry32(NOISE_SEED);
    mix = Float32Array.from({ length: dim * dim }, () => NOISE_TURNS * gaussian(random));
    noiseMixes.set(dim, mix);
  }
  return mix;
}

/** [frames, hop] MDCT coefficients → [frames, hop] samples. */
function overlapAdd<V>(ops: Ops<V>, scope: string, coefficients: V, transforms: Transforms): V {
  const { hopSamples, windowSamples } = transforms;
  const synthesis = ops.constant('synthesis', transforms.synthesis, [hopSamples, windowSamples]);
  const frames = ops.matmul(coefficients, synthesis);
  const second = ops.columns(frames, hopSamples, hopSamples);
  const tail = ops.past(`${scope}/overlap`, second, hopSamples, 1);
  return ops.add(ops.columns(frames, 0, hopSamples), ops.delayed(tail, 1));
}

/** x · (1 + s · γ) + s · β with s the switch, [frames, 1]. */
function film<V>(ops: Ops<V>, name: string, x: V, width: number): V {
  const on = ops.denoising();
  const vector = (part: string): V => ops.param(`${name}/${part}`, [1, width], { kind: 'zeros' });
  const scale = ops.addScalar(ops.mul(on, vector('scale')), 1);
  return ops.add(ops.mul(x, scale), ops.mul(on, vector('bias')));
}

function refine<V>(
  ops: Ops<V>,
  scope: string,
  x: V,
  inputs: number,
  outputs: number,
  config: NetworkConfig,
  identityStart: boolean,
  denoiseSwitch = false,
): V {
  let features = linear(ops, `${scope}/in`, x, inputs, config.width);
  if (denoiseSwitch) features = film(ops, `${scope}/film`, features, config.width);
  const h = trunk(ops, scope, features, config);
  // A projection starts quiet: the expansion squares what comes out of it.
  const std = 0.1 / Math.sqrt(config.width);
  const start: Initializer = identityStart ? { kind: 'zeros' } : { kind: 'normal', std };
  return linear(ops, `${scope}/out`, h, config.width, outputs, start);
}
