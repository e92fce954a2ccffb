/** The whole chain on tensors: noisy samples → encoder → quantizer → decoder → clean samples. */
import { tf, type Tensor2D } from '../tf.ts';
import type { Ops } from '../graph/ops.ts';
import { TfOps } from '../graph/tf-ops.ts';
import { analyse, decodeLatent, encodeLatent, type DecodedLatent } from '../model/codec.ts';
import type { ModelConfig } from '../model/config.ts';
import { createTransforms, type Transforms } from '../model/transforms.ts';
import {
  createQuantizer,
  type Quantizer,
  type QuantizerConfig,
  type QuantizerContext,
  type QuantizerForward,
} from '../quantizers/index.ts';

export interface NetworkOutput extends Omit<QuantizerForward, 'quantized'> {
  /** [batch, (hops − 1) · hop]: the enhanced input, aligned with its first (hops − 1) hops. */
  enhanced: Tensor2D;
  /** [batch · hops, latentDim], what the quantizer saw. */
  latent: Tensor2D;
}

export class Network {
  readonly config: ModelConfig;
  readonly transforms: Transforms;
  readonly quantizer: Quantizer;
  /** Scope of the codec's parameters: each quantizer has its own encoder head and decoder. */
  readonly scope: string;

  /** @param seed of the quantizer's random numbers */
  constructor(config: ModelConfig, quantizer: QuantizerConfig, quantizerId: string, seed: number) {
    this.config = config;
    this.transforms = createTransforms(config.hopSamples);
    this.scope = `codec/${quantizerId}`;
    const scope = `${this.scope}/quantizer`;
    this.quantizer = createQuantizer(quantizer, config, seed, scope);
  }

  /**
   * @param noisy [batch, samples], samples a multiple of hopSamples
   * @param denoised [batch · hops, hop] coefficients that the denoiser made of it earlier; without them it
   * runs now. Only for networks whose encoder sees nothing else.
   * @param denoising [batch, 1], for a network with a switch
   */
  forward(
    noisy: Tensor2D,
    context: QuantizerContext,
    denoised?: Tensor2D,
    denoising?: Tensor2D,
  ): NetworkOutput {
    const { store } = context;
    const { hopSamples } = this.config;
    const [batch, samples] = noisy.shape;
    const time = samples / hopSamples;
    if (!Number.isInteger(time)) throw new RangeError(`${samples} samples are not whole hops`);
    const ops = new TfOps(store, batch, time, denoising);
    const latent =
      denoised === undefined
        ? this.encode(ops, tf.reshape(noisy, [batch * time, hopSamples]))
        : this.encodeDenoised(ops, denoised);
    const { quantized, levels, loss, codes } = this.quantizer.forward(latent, context);
    const decoded = levels === undefined ? { latent: quantized } : { latent: quantized, levels };
    const hops = this.decode(ops, decoded);
    const shifted = tf.slice(
      tf.reshape(hops, [batch, time, hopSamples]),
      [0, 1, 0],
      [batch, time - 1, hopSamples],
    );
    const enhanced = tf.reshape(shifted, [batch, (time - 1) * hopSamples]) as Tensor2D;
    return { enhanced, latent, loss, codes };
  }

  encode<V>(ops: Ops<V>, hops: V): V {
    const analysis = analyse(ops, hops, this.config, this.transforms);
    return encodeLatent(ops, this.scope, analysis, this.config, this.transforms);
  }

  /** As {@link encode}, from the denoiser's coefficients [frames, hop]. */
  encodeDenoised(ops: TfOps, coefficients: Tensor2D): Tensor2D {
    const analysis = { coefficients, hidden: null };
    return encodeLatent(ops, this.scope, analysis, this.config, this.transforms);
  }

  decode<V>(ops: Ops<V>, decoded: DecodedLatent<V>): V {
    return decodeLatent(ops, this.scope, decoded, this.config, this.transforms);
  }
}
