/** The unquantised ceiling: the same network with the bottleneck bypassed. */
import type { Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { Quantizer, QuantizerForward } from './quantizer.ts';

export class NoQuantizer implements Quantizer {
  readonly family = 'none';
  readonly codebooks = 0;
  readonly codebookSize = 0;
  readonly macsPerFrame = 0;

  forward(latent: Tensor2D): QuantizerForward {
    return { quantized: latent, loss: null, codes: null };
  }
  afterStep(): void {
    // Nothing is learned here.
  }
  state(): Map<string, Float32Array> {
    return new Map();
  }
  restore(): void {
    // Nothing to restore.
  }
  exportEncoder(_ops: OnnxOps, latent: GraphValue): GraphValue {
    return latent;
  }
  exportDecoder(_ops: OnnxOps, latent: GraphValue): GraphValue {
    return latent;
  }
}
