/**
 * How product quantizers cut a latent into groups of coordinates, one codebook each.
 *
 * Plain: group g holds the latent's next d_g dimensions, a fixed partition. With `rotation` a learned matrix goes
 * before the split and another after it (as in Ge et al., "Optimized product quantization", CVPR 2013, but not kept
 * orthogonal); they start at the latent's principal directions, the strongest first, so that few coordinates carry
 * most of the energy and the first groups matter most.
 */
import { z } from 'zod';
import { tf, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import type { Initializer, Ops } from '../graph/ops.ts';
import { mulberry32 } from '../graph/random.ts';
import type { ParameterSource } from '../graph/tf-ops.ts';
import type { Codebook } from './codebook.ts';
import { lookUp } from './lookup.ts';
import { principalDirections } from './principal.ts';
import { searchTable } from './residual.ts';

export const groupOptions = {
  /** Coordinates of each group, one entry per codebook; default: the latent in equal runs. */
  groupDims: z.array(z.number().int().min(1).max(256)).optional(),
  /** Learned matrices before and after the split; without them `groupDims` must sum to the latent's dimensions. */
  rotation: z.boolean().default(false),
};

export interface GroupOptions {
  groupDims?: readonly number[] | undefined;
  rotation: boolean;
}

export class Groups {
  readonly dims: readonly number[];
  /** Coordinates of all groups together. */
  readonly coordinates: number;
  readonly #dim: number;
  readonly #rotation: boolean;
  readonly #scope: string;

  /** @throws RangeError when the latent cannot be cut as asked for */
  constructor(count: number, dim: number, options: GroupOptions, scope: string) {
    const { groupDims, rotation } = options;
    if (groupDims === undefined && dim % count !== 0) {
      throw new RangeError(`${dim} dimensions cannot be cut into ${count} equal groups`);
    }
    this.dims = groupDims ?? new Array<number>(count).fill(dim / count);
    this.coordinates = this.dims.reduce((a, b) => a + b, 0);
    if (this.dims.length !== count) {
      throw new RangeError(`groupDims has ${this.dims.length} entries for ${count} codebooks`);
    }
    if (rotation ? this.coordinates > dim : this.coordinates !== dim) {
      throw new RangeError(
        `groups of ${this.coordinates} coordinates do not fit ${dim} dimensions`,
      );
    }
    this.#dim = dim;
    this.#rotation = rotation;
    this.#scope = scope;
  }

  /** Multiply-accumulates of both matrices. */
  get macsPerFrame(): number {
    return this.#rotation ? 2 * this.#dim * this.coordinates : 0;
  }

  /** [frames, dim] → [frames, coordinates]. */
  before<V>(ops: Ops<V>, latent: V): V {
    return this.#rotation ? ops.matmul(latent, this.#matrix(ops, 'before')) : latent;
  }

  /** [frames, coordinates] → [frames, dim]. */
  after<V>(ops: Ops<V>, coordinates: V): V {
    return this.#rotation ? ops.matmul(coordinates, this.#matrix(ops, 'after')) : coordinates;
  }

  #shape(side: 'before' | 'after'): [number, number] {
    return side === 'before' ? [this.#dim, this.coordinates] : [this.coordinates, this.#dim];
  }

  #matrix<V>(ops: Ops<V>, side: 'before' | 'after'): V {
    const [rows, columns] = this.#shape(side);
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
    const init: Initializer = { kind: 'matrix', values };
    return ops.param(`${this.#scope}/${side}/w`, [rows, columns], init);
  }

  /** Points the matrices at the principal directions of latents [frames, dim]. */
  aim(latent: Tensor2D, store: ParameterSource): void {
    if (!this.#rotation) return;
    tf.tidy(() => {
      const directions = tf.tensor2d(
        principalDirections(latent, this.coordinates, mulberry32(1)),
        this.#shape('before'),
      );
      const zeros = { kind: 'zeros' } as const;
      store.get(`${this.#scope}/before/w`, this.#shape('before'), zeros).assign(directions);
      store
        .get(`${this.#scope}/after/w`, this.#shape('after'), zeros)
        .assign(tf.transpose(directions));
    });
  }

  /** The coordinates of one group. */
  part(coordinates: Tensor2D, group: number): Tensor2D {
    return tf.slice(coordinates, [0, this.#start(group)], [-1, this.dims[group]!]);
  }

  #start(group: number): number {
    return this.dims.slice(0, group).reduce((a, b) => a + b, 0);
  }

  /** Puts the parts of the first groups side by side, with zeros for the groups that are left out. */
  join(parts: readonly Tensor2D[]): Tensor2D {
    const missing = this.coordinates - this.#start(parts.length);
    const joined = tf.concat([...parts], 1);
    return missing === 0 ? joined : tf.pad(joined, [[0, 0], [0, missing]]); // prettier-ignore
  }

  /** Every group's place in the graphs, where all are as wide as the widest. */
  get paddedDim(): number {
    return Math.max(...this.dims);
  }

  /** A codebook [size, dims[group]] as rows of `paddedDim`. */
  padded(table: Float32Array, group: number): Float32Array {
    const [dim, wide] = [this.dims[group]!, this.paddedDim];
    if (dim === wide) return table;
    const rows = table.length / dim;
    const out = new Float32Array(rows * wide);
    for (let row = 0; row < rows; row++) {
      out.set(table.subarray(row * dim, (row + 1) * dim), row * wide);
    }
    return out;
  }

  /** Latent [T, dim] → int32 codes [T, groups] in an exported graph. */
  exportSearch(ops: OnnxOps, latent: GraphValue, codebooks: readonly Codebook[]): GraphValue {
    const tables = this.#tables(ops, codebooks);
    return searchGroups(
      ops,
      this.#scope,
      this.exportBefore(ops, latent),
      tables,
      codebooks[0]!.size,
    );
  }

  /** Codes [T, groups] → latent [T, dim] in an exported graph. */
  exportLookUp(ops: OnnxOps, codes: GraphValue, codebooks: readonly Codebook[]): GraphValue {
    const tables = this.#tables(ops, codebooks);
    const parts = lookUp(ops, `${this.#scope}/lookup`, codes, tables, this.paddedDim);
    return this.exportAfter(ops, ops.graph.reshape(parts, [-1, codebooks.length * this.paddedDim]));
  }

  #tables(ops: OnnxOps, codebooks: readonly Codebook[]): Float32Array[] {
    return codebooks.map((codebook, i) => this.padded(codebook.exported(ops), i));
  }

  /** Latent [T, dim] → [T, groups · paddedDim] in an exported graph. */
  exportBefore(ops: OnnxOps, latent: GraphValue): GraphValue {
    if (!this.#rotation && this.#equal) return latent;
    return ops.matmul(latent, this.#paddedMatrix(ops, 'before'));
  }

  /** [T, groups · paddedDim] → latent [T, dim] in an exported graph. */
  exportAfter(ops: OnnxOps, parts: GraphValue): GraphValue {
    if (!this.#rotation && this.#equal) return parts;
    return ops.matmul(parts, this.#paddedMatrix(ops, 'after'));
  }

  get #equal(): boolean {
    return this.dims.every((dim) => dim === this.paddedDim);
  }

  /** The matrix of one side with zeros where the graphs' groups are wider than they need. */
  #paddedMatrix(ops: OnnxOps, side: 'before' | 'after'): GraphValue {
    const [dim, wide] = [this.#dim, this.dims.length * this.paddedDim];
    const shape: [number, number] = side === 'before' ? [dim, wide] : [wide, dim];
    const values = new Float32Array(dim * wide);
    const weights = this.#rotation
      ? ops.weights(`${this.#scope}/${side}/w`, this.#shape(side))
      : undefined;
    const cell = (d: number, c: number): number => {
      if (weights === undefined) return d === c ? 1 : 0;
      return weights[side === 'before' ? d * this.coordinates + c : c * dim + d]!;
    };
    let from = 0;
    this.dims.forEach((count, group) => {
      for (let i = 0; i < count; i++) {
        const at = group * this.paddedDim + i;
        for (let d = 0; d < dim; d++) {
          values[side === 'before' ? d * wide + at : at * dim + d] = cell(d, from + i);
        }
      }
      from += count;
    });
    return ops.learned(`${this.#scope}/${side}/padded`, values, shape);
  }
}

/**
 * The nearest code of each group, [T, groups · dim] → int32 [T, groups], all at once.
 * @param tables row-major [size, dim] per group
 */
function searchGroups(
  ops: OnnxOps,
  name: string,
  latent: GraphValue,
  tables: readonly Float32Array[],
  size: number,
): GraphValue {
  const g = ops.graph;
  const groups = tables.length;
  const dim = tables[0]!.length / size;
  const search = new Float32Array(groups * dim * size);
  const halves = new Float32Array(groups * size);
  tables.forEach((table, i) => {
    const { columns, half } = searchTable(table, size, dim);
    search.set(columns, i * dim * size);
    halves.set(half, i * size);
  });
  const points = g.transpose(g.reshape(latent, [-1, groups, dim]), [1, 0, 2]);
  const codebooks = ops.learned(`${name}/search`, search, [groups, dim, size]);
  const score = g.sub(
    ops.matmul(points, codebooks),
    ops.constant(`${name}/half`, halves, [groups, 1, size]),
  );
  return g.cast(g.transpose(g.argMax(score, 2), [1, 0]), 'int32');
}
