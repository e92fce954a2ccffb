/** A quantizer's exported graphs in onnxruntime, for unit tests. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OnnxOps } from '../../training/graph/onnx-ops.ts';
import type { ParameterStore } from '../../training/graph/tf-ops.ts';
import type { Quantizer } from '../../training/quantizers/index.ts';
import type { Tensor2D } from '../../training/tf.ts';
import type { NamedTensor } from '../../training/trainer/checkpoint.ts';
import { OnnxGraph } from '../../training/export/onnx-graph.ts';

export interface QuantizerGraphs {
  /** [frames, dim] → row-major [frames, codebooks]. */
  encode(latent: Tensor2D): Promise<Int32Array>;
  /** Row-major [frames, codebooks], −1 = absent → row-major [frames, dim]. */
  decode(codes: Int32Array): Promise<{ latent: Float32Array; levels: Float32Array | undefined }>;
}

/** @param store with the quantizer's parameters; @param dim of the latent */
export async function quantizerGraphs(
  quantizer: Quantizer,
  store: ParameterStore,
  dim: number,
): Promise<QuantizerGraphs> {
  const weights = new Map<string, NamedTensor>();
  for (const [name, variable] of store.variables) {
    const { shape } = variable;
    weights.set(name, { shape, values: variable.dataSync().slice() as Float32Array });
  }
  const { codebooks } = quantizer;
  const encoder = new OnnxGraph('encoder');
  const x = encoder.input('x', 'float32', [1, dim]);
  const chosen = quantizer.exportEncoder(new OnnxOps(encoder, weights, undefined), x);
  encoder.output(chosen, 'codes', 'int32', [1, codebooks]);
  const search = await InferenceSession.create(encoder.toBytes());

  const decoder = new OnnxGraph('decoder');
  const codesIn = decoder.input('codes', 'int32', [1, codebooks]);
  const decoded = quantizer.exportDecoder(new OnnxOps(decoder, weights, undefined), codesIn);
  decoder.output(decoded.latent, 'latent', 'float32', [1, dim]);
  if (decoded.levels !== undefined) {
    decoder.output(decoded.levels, 'levels', 'float32', [1, dim]);
  }
  const lookup = await InferenceSession.create(decoder.toBytes());

  return {
    async encode(latent) {
      const frames = latent.shape[0];
      const values = latent.dataSync() as Float32Array;
      const codes = new Int32Array(frames * codebooks);
      for (let t = 0; t < frames; t++) {
        const frame = new Tensor('float32', values.slice(t * dim, (t + 1) * dim), [1, dim]);
        const outputs = await search.run({ x: frame });
        codes.set(outputs['codes']!.data as Int32Array, t * codebooks);
      }
      return codes;
    },
    async decode(codes) {
      const frames = codes.length / codebooks;
      const latent = new Float32Array(frames * dim);
      let levels: Float32Array | undefined;
      for (let t = 0; t < frames; t++) {
        const frame = codes.slice(t * codebooks, (t + 1) * codebooks);
        const outputs = await lookup.run({ codes: new Tensor('int32', frame, [1, codebooks]) });
        latent.set(outputs['latent']!.data as Float32Array, t * dim);
        if (outputs['levels'] === undefined) continue;
        levels ??= new Float32Array(frames * dim);
        levels.set(outputs['levels'].data as Float32Array, t * dim);
      }
      return { latent, levels };
    },
  };
}
