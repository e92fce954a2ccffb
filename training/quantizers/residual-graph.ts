/**
 * The chain of residual stages in an exported encoder, in the coordinates of the stages.
 *
 * A stage sees only Aᵢrᵢ, and rᵢ₊₁ = rᵢ − Bᵢcᵢ, so the residual itself is never needed: all Aᵢz are one matrix
 * product, and each choice cᵢ takes AⱼBᵢcᵢ off what the later stages j see, with the small matrices AⱼBᵢ known
 * beforehand. Far fewer operations and less memory traffic per hop than going back to the latent every time.
 */
import { tf } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';

/** One stage's matrices, row-major, row vector × matrix. */
export interface StageMatrices {
  /** [dim, width] and [width]: latent → points. */
  into: Float32Array;
  intoBias: Float32Array;
  /** [width, dim] and [dim]: chosen points → their share of the latent. */
  outOf: Float32Array;
  outOfBias: Float32Array;
}

/**
 * @param latent [1, dim]
 * @param choose adds stage i's choice: points [1, width] → code [1] (any integer type) and what it stands for
 * [1, width]
 * @returns int32 [1, stages]
 */
export function exportResidualChain(
  ops: OnnxOps,
  name: string,
  latent: GraphValue,
  dim: number,
  width: number,
  stages: readonly StageMatrices[],
  choose: (stage: number, points: GraphValue) => { code: GraphValue; chosen: GraphValue },
): GraphValue {
  const g = ops.graph;
  const count = stages.length;
  const { into, offsets, steps } = chain(stages, dim, width);
  const all = ops.constant(`${name}/into`, into, [dim, count * width]);
  let rest = g.add(ops.matmul(latent, all), ops.constant(`${name}/offsets`, offsets, [count * width])); // prettier-ignore
  const codes = stages.map((_, i) => {
    const left = (count - i) * width;
    const last = i === count - 1;
    const [points, later] = last ? [rest] : g.split(rest, [width, left - width], 1);
    const { code, chosen } = choose(i, points!);
    if (later !== undefined) {
      const step = ops.constant(`${name}/step${i}`, steps[i]!, [width, left - width]);
      ops.macsPerFrame += width * (left - width);
      rest = g.gemm(chosen, step, later);
    }
    return code;
  });
  return g.cast(g.reshape(g.concat(codes, 0), [1, count]), 'int32');
}

/** All stages' `into` side by side, what their points start from, and −AⱼBᵢ for all j > i side by side. */
function chain(
  stages: readonly StageMatrices[],
  dim: number,
  width: number,
): { into: Float32Array; offsets: Float32Array; steps: Float32Array[] } {
  return tf.tidy(() => {
    const into = stages.map((stage) => tf.tensor2d(stage.into, [dim, width]));
    const offsets = stages.map((stage, i) => {
      let offset = tf.tensor2d(stage.intoBias, [1, width]);
      for (const { outOfBias } of stages.slice(0, i)) {
        offset = tf.sub(offset, tf.matMul(tf.tensor2d(outOfBias, [1, dim]), into[i]!));
      }
      return offset;
    });
    const steps = stages.slice(0, -1).map(({ outOf }, i) => {
      const later = tf.concat(into.slice(i + 1), 1);
      const step = tf.neg(tf.matMul(tf.tensor2d(outOf, [width, dim]), later));
      return step.dataSync() as Float32Array;
    });
    return {
      into: tf.concat(into, 1).dataSync() as Float32Array,
      offsets: tf.concat(offsets, 1).dataSync() as Float32Array,
      steps,
    };
  });
}
