import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { OnnxGraph } from '../export/onnx-graph.ts';
import { OnnxOps } from '../graph/onnx-ops.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore, TfOps } from '../graph/tf-ops.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { Groups } from './groups.ts';

const DIM = 6;
const DIMS = [1, 3, 2];

/** Gaussian latents, dimension d `sizes[d]` large. */
function latents(sizes: readonly number[] = [1, 1, 1, 1, 1, 1], frames = 400): Tensor2D {
  const random = mulberry32(4);
  const values = Float32Array.from(
    { length: frames * DIM },
    (_, i) => sizes[i % DIM]! * gaussian(random),
  );
  return tf.tensor2d(values, [frames, DIM]);
}

function make(groupDims: readonly number[] | undefined, rotation = false, count = 3) {
  const store = new ParameterStore(mulberry32(1));
  const groups = new Groups(count, DIM, { groupDims, rotation }, 'q');
  return { store, groups, ops: new TfOps(store, 1, 1) };
}

const gap = (a: Tensor2D, b: Tensor2D): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('the cut', () => {
  it('is in equal runs unless asked for otherwise', () => {
    expect(make(undefined).groups.dims).toEqual([2, 2, 2]);
    expect(make(DIMS).groups).toMatchObject({ dims: DIMS, coordinates: 6 });
  });

  it('refuses what does not fit', () => {
    expect(() => make(undefined, false, 4)).toThrow(/equal groups/);
    expect(() => make([3, 3])).toThrow(/2 entries for 3 codebooks/);
    expect(() => make([2, 2, 1])).toThrow(/do not fit/);
    expect(() => make([2, 2, 3])).toThrow(/do not fit/);
    expect(() => make([2, 2, 3], true)).toThrow(/do not fit/);
    // A learned matrix may leave directions out.
    expect(make([2, 1, 1], true).groups.coordinates).toBe(4);
  });

  it('gives every group its own coordinates, which join to the whole again', () => {
    const { groups } = make(DIMS);
    const x = latents();
    const parts = DIMS.map((_, g) => groups.part(x, g));
    expect(parts.map(({ shape }) => shape[1])).toEqual(DIMS);
    expect(gap(groups.join(parts), x)).toBe(0);
    expect(groups.part(tf.tensor2d([[0, 1, 2, 3, 4, 5]]), 1).arraySync()).toEqual([[1, 2, 3]]);
  });

  it('leaves zeros for groups that are missing', () => {
    const { groups } = make(DIMS);
    const x = tf.tensor2d([[9, 1, 2, 3, 4, 5]]);
    const parts = [0, 1].map((g) => groups.part(x, g));
    expect(groups.join(parts).arraySync()).toEqual([[9, 1, 2, 3, 0, 0]]);
  });
});

describe('without rotation', () => {
  it('nothing happens before and after, and nothing is learned', () => {
    const { groups, ops, store } = make(DIMS);
    const x = latents();
    groups.aim(x, store);
    expect(groups.before(ops, x)).toBe(x);
    expect(groups.after(ops, x)).toBe(x);
    expect(store.variables.size).toBe(0);
    expect(groups.macsPerFrame).toBe(0);
  });
});

describe('with rotation', () => {
  it('starts as the identity', () => {
    const { groups, ops, store } = make(DIMS, true);
    const x = latents();
    expect(gap(groups.after(ops, groups.before(ops, x)), x)).toBe(0);
    expect([...store.variables.keys()]).toEqual(['q/before/w', 'q/after/w']);
    expect(groups.macsPerFrame).toBe(2 * DIM * DIM);
  });

  it('aims at the strongest directions, strongest first, whether or not they existed before', () => {
    const sizes = [0.1, 2, 0.05, 0.2, 5, 1];
    for (const existed of [false, true]) {
      const { groups, ops, store } = make([1, 2], true, 2);
      const x = latents(sizes);
      if (existed) groups.before(ops, x);
      groups.aim(x, store);
      const turned = groups.before(ops, x);
      expect(turned.shape).toEqual([400, 3]);
      const rms = tf.sqrt(tf.mean(tf.square(turned), 0)).dataSync();
      [5, 2, 1].forEach((size, i) => expect(rms[i]! / size).toBeCloseTo(1, 0));
      // What comes back is what those directions hold: all but dimensions 0, 2 and 3.
      const lost = tf.mean(tf.squaredDifference(groups.after(ops, turned), x)).dataSync()[0]!;
      expect(lost).toBeLessThan((1.2 * (0.1 ** 2 + 0.05 ** 2 + 0.2 ** 2)) / DIM);
    }
  });

  it('keeps no tensors but its matrices', () => {
    const { groups, store } = make(DIMS, true);
    const x = latents();
    const before = tf.memory().numTensors;
    groups.aim(x, store);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4);
    const again = tf.memory().numTensors;
    groups.aim(x, store);
    expect(tf.memory().numTensors).toBe(again);
  });
});

describe('codebooks in graphs', () => {
  it('have rows as wide as the widest group, filled up with zeros', () => {
    const { groups } = make(DIMS);
    expect(groups.paddedDim).toBe(3);
    expect([...groups.padded(Float32Array.of(5, 6), 0)]).toEqual([5, 0, 0, 6, 0, 0]);
    const wide = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(groups.padded(wide, 1)).toEqual(wide);
  });
});

it.each([
  ['equal groups', undefined, false, 3],
  ['groups of different widths', DIMS, false, 3],
  ['equal groups, rotated', undefined, true, 3],
  ['different widths, rotated', DIMS, true, 3],
  ['different widths, rotated, directions left out', [1, 3], true, 2],
] as const)('exports the cut that it trains with: %s', async (_what, dims, rotation, count) => {
  const { groups, ops, store } = make(dims, rotation, count);
  const x = latents([0.3, 1, 2, 0.1, 4, 1], 7);
  groups.aim(x, store);
  if (rotation) {
    const after = store.variables.get('q/after/w')!;
    after.assign(tf.mul(after, 3));
  }
  const weights = new Map(
    [...store.variables].map(([name, variable]) => [
      name,
      { shape: variable.shape, values: variable.dataSync() as Float32Array },
    ]),
  );
  const wide = count * groups.paddedDim;
  const graph = new OnnxGraph('groups');
  const onnx = new OnnxOps(graph, weights, undefined);
  const parts = groups.exportBefore(onnx, graph.input('x', 'float32', ['T', DIM]));
  graph.output(parts, 'parts', 'float32', ['T', wide]);
  graph.output(groups.exportAfter(onnx, parts), 'y', 'float32', ['T', DIM]);
  const session = await InferenceSession.create(graph.toBytes());
  const values = x.dataSync().slice() as Float32Array;
  const outputs = await session.run({ x: new Tensor('float32', values, [7, DIM]) });

  const turned = groups.before(ops, x);
  const wanted = groups.dims.map(
    (dim, g) =>
    tf.pad(groups.part(turned, g), [[0, 0], [0, groups.paddedDim - dim]]), // prettier-ignore
  );
  const found = (name: string, width: number): Tensor2D =>
    tf.tensor2d(outputs[name]!.data as Float32Array, [7, width]);
  expect(gap(found('parts', wide), tf.concat(wanted, 1) as Tensor2D)).toBeLessThan(1e-5);
  expect(gap(found('y', DIM), groups.after(ops, turned))).toBeLessThan(1e-5);
});
