/** Codes → rows of their codebooks, in an exported decoder. */
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { StageMatrices } from './residual-graph.ts';

/**
 * @param codes int32 [T, codebooks], −1 = absent
 * @param tables one row-major [size, dim] per codebook, all of one size
 * @returns [T, codebooks, dim]; zeros for absent codes
 */
export function lookUp(
  ops: OnnxOps,
  name: string,
  codes: GraphValue,
  tables: readonly Float32Array[],
  dim: number,
): GraphValue {
  const g = ops.graph;
  const size = tables[0]!.length / dim;
  // Row 0 is all zeros and stands for −1; codebook i starts behind it.
  const all = new Float32Array((1 + tables.length * size) * dim);
  tables.forEach((table, i) => all.set(table, (1 + i * size) * dim));
  const rows = ops.learned(name, all, [1 + tables.length * size, dim]);
  const offsets = g.constant(
    Int32Array.from(tables, (_, i) => 1 + i * size),
    [tables.length],
  );
  const present = g.add(codes, offsets);
  return g.gather(rows, g.where(g.less(codes, g.int32(0)), g.int32(0), present), 0);
}

/**
 * Looked-up rows taken back to the latent and summed: Σ_i c_ikᵢ·outOfᵢ + outOfBiasᵢ over the codes that are there.
 * @param tables one row-major [size, width] per codebook
 * @returns [T, dim]
 */
export function projectedLookUp(
  ops: OnnxOps,
  scope: string,
  codes: GraphValue,
  tables: readonly Float32Array[],
  back: readonly Pick<StageMatrices, 'outOf' | 'outOfBias'>[],
  dim: number,
): GraphValue {
  const count = tables.length;
  const width = back[0]!.outOf.length / dim;
  // A last column of ones carries the bias, so that an absent code is zero as a whole.
  const wide = width + 1;
  const rows = tables.map((table) => {
    const size = table.length / width;
    const out = new Float32Array(size * wide).fill(1);
    for (let k = 0; k < size; k++) out.set(table.subarray(k * width, (k + 1) * width), k * wide);
    return out;
  });
  const matrix = new Float32Array(count * wide * dim);
  back.forEach(({ outOf, outOfBias }, i) => {
    matrix.set(outOf, i * wide * dim);
    matrix.set(outOfBias, (i * wide + width) * dim);
  });
  const found = lookUp(ops, `${scope}/lookup`, codes, rows, wide);
  const joined = ops.graph.reshape(found, [-1, count * wide]);
  return ops.matmul(joined, ops.learned(`${scope}/back`, matrix, [count * wide, dim]));
}
