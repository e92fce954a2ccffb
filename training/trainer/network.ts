/** The whole chain on tensors: noisy samples → encoder → quantizer → decoder → clean samples. */
import { tf, type Tensor2D } from '../tf.ts';
import type { Ops } from '../graph/ops.ts';
import { TfOps, type ParameterSource } from '../graph/tf-ops.ts';
import { analyse, decodeLatent, encodeLatent } from '../model/codec.ts';
import type { ModelConfig } from '../model/config.ts';
import { createTransforms, type Transforms } from '../model/transforms.ts';
import type { Quantizer, QuantizerForward } from '../quantizers/quantizer.ts';

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

  constructor(config: ModelConfig, quantizer: Quantizer, quantizerId: string) {
    this.config = config;
    this.transforms = createTransforms(config.hopSamples);
    this.quantizer = quantizer;
    this.scope = `codec/${quantizerId}`;
  }

  /** noisy [batch, samples], samples a multiple of hopSamples. */
  forward(store: ParameterSource, noisy: Tensor2D, training: boolean): NetworkOutput {
    const { hopSamples } = this.config;
    const [batch, samples] = noisy.shape;
    const time = samples / hopSamples;
    if (!Number.isInteger(time)) throw new RangeError(`${samples} samples are not whole hops`);
    const ops = new TfOps(store, batch, time);
    const latent = this.encode(ops, tf.reshape(noisy, [batch * time, hopSamples]));
    const { quantized, loss, codes } = this.quantizer.forward(latent, training);
    const hops = this.decode(ops, quantized);
    const shifted = tf.slice(
      tf.reshape(hops, [batch, time, hopSamples]),
      [0, 1, 0],
      [batch, time - 1, hopSamples],
    );
    const enhanced = tf.reshape(shifted, [batch, (time - 1) * hopSamples]) as Tensor2D;
    return { enhanced, latent, loss, codes };
  }

  encode<V>(ops: Ops<V>, hops: V): V {
    const { coefficients, hidden } = analyse(ops, hops, this.config, this.transforms);
    return encodeLatent(ops, this.scope, coefficients, hidden, this.config, this.transforms);
  }

  decode<V>(ops: Ops<V>, latent: V): V {
    return decodeLatent(ops, this.scope, latent, this.config, this.transforms);
  }
}
