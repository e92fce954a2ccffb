/** k-means on the unit sphere (cosine similarity), with k-means++-free random starts from the data. */
import type { Random } from '../graph/random.ts';

export interface KMeansResult {
  /** [clusters, dim], unit rows. */
  centres: Float32Array;
  /** Members per cluster in the last round. */
  counts: Float32Array;
}

/**
 * @param points unit vectors, row-major [n, dim]; n may be smaller than `clusters`, then points repeat.
 * An empty cluster restarts at a random point.
 */
export function sphericalKMeans(
  points: Float32Array,
  dim: number,
  clusters: number,
  rounds: number,
  random: Random,
): KMeansResult {
  const n = points.length / dim;
  if (!Number.isInteger(n) || n === 0) throw new RangeError('points must be whole, non-empty rows');
  const centres = new Float32Array(clusters * dim);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  for (let k = 0; k < clusters; k++) {
    const at = order[k % n]! * dim;
    centres.set(points.subarray(at, at + dim), k * dim);
  }
  const counts = new Float32Array(clusters);
  for (let round = 0; round < rounds; round++) {
    const sums = new Float32Array(clusters * dim);
    counts.fill(0);
    for (let i = 0; i < n; i++) {
      const k = nearest(points, i * dim, centres, dim, clusters);
      counts[k]!++;
      for (let d = 0; d < dim; d++) sums[k * dim + d]! += points[i * dim + d]!;
    }
    for (let k = 0; k < clusters; k++) {
      let energy = 0;
      for (let d = 0; d < dim; d++) energy += sums[k * dim + d]! ** 2;
      const at = Math.floor(random() * n) * dim;
      const scale = 1 / Math.sqrt(energy);
      for (let d = 0; d < dim; d++) {
        centres[k * dim + d] = energy > 1e-12 ? sums[k * dim + d]! * scale : points[at + d]!;
      }
    }
  }
  return { centres, counts };
}

function nearest(
  points: Float32Array,
  at: number,
  centres: Float32Array,
  dim: number,
  clusters: number,
): number {
  let best = 0;
  let bestDot = -Infinity;
  for (let k = 0; k < clusters; k++) {
    let dot = 0;
    for (let d = 0; d < dim; d++) dot += points[at + d]! * centres[k * dim + d]!;
    if (dot > bestDot) {
      bestDot = dot;
      best = k;
    }
  }
  return best;
}
