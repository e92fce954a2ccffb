/** Codes → rows of their codebooks, in an exported decoder. */
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';

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
