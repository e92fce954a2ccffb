/**
 * What the trainer, the exporter and the studies need of a quantizer. One file per family implements it.
 *
 * A quantizer turns a latent [frames, dim] into integer codes [frames, codebooks] and back. Nothing but the
 * codes crosses to the decoder, so `quantized` must be a function of the codes alone (its gradient may
 * come from a straight-through estimate or a relaxation).
 */
import type { Scalar, Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { ParameterSource } from '../graph/tf-ops.ts';

export interface QuantizerContext {
  /** Holds the trainable parameters of the quantizer (projections, learned codebooks). */
  store: ParameterSource;
  training: boolean;
  /** How many codebooks the decoder gets, counted from the first: 1 … codebooks. */
  active: number;
}

export interface QuantizerForward {
  /** [frames, dim], what the decoder gets. */
  quantized: Tensor2D;
  /** [frames, dim] the size of every coordinate as far as the codes tell, where a codebook codes it; for the decoder. */
  levels?: Tensor2D;
  /** Commitment, diversity and the like, already weighted; null when the family has none. */
  loss: Scalar | null;
  /** Row-major [frames, active]; null while nothing is quantised. */
  codes: Int32Array | null;
}

/** What an exported decoder makes of codes; see {@link QuantizerForward}. */
export interface Decoded {
  latent: GraphValue;
  levels?: GraphValue;
}

export interface Quantizer {
  readonly family: string;
  /** Number of codebooks (stages, groups); 0 for the unquantised ceiling. */
  readonly codebooks: number;
  /** Entries per codebook; 0 for the unquantised ceiling. */
  readonly codebookSize: number;
  /** Multiply-accumulates per frame of search and lookup. */
  readonly macsPerFrame: number;
  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward;
  /** False until codebooks, grids or projections have been started from latents. */
  readonly started: boolean;
  /**
   * Starts what starts from data, on latents [frames, dim] of many batches, before the first step. A quantizer that is
   * not fitted starts by itself on the first batch that it sees, but for one with a gain codebook.
   */
  fit(latent: Tensor2D, store: ParameterSource): void;
  /** Called once after each optimizer step, outside the gradient (codebook averages, dead codes). */
  afterStep(step: number): void;
  /** Values that a checkpoint must hold besides the trainable parameters. */
  state(): Map<string, Float32Array>;
  /** @throws RangeError when the state is of a codebook of another shape. */
  restore(state: ReadonlyMap<string, Float32Array>): void;
  /** Adds latent → codes (int32 [T, codebooks]) to an encoder graph. */
  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue;
  /** Adds codes → latent to a decoder graph; a code of −1 contributes zero. */
  exportDecoder(ops: OnnxOps, codes: GraphValue): Decoded;
}

/** Interleaves the codes of each codebook into row-major [frames, codebooks]. */
export function interleave(perCodebook: readonly Int32Array[]): Int32Array {
  const count = perCodebook.length;
  const codes = new Int32Array(count * (perCodebook[0]?.length ?? 0));
  perCodebook.forEach((column, i) => {
    for (let frame = 0; frame < column.length; frame++) codes[frame * count + i] = column[frame]!;
  });
  return codes;
}
