import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../export/build-graphs.ts';
import { OnnxGraph } from '../export/onnx-graph.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { OnnxOps } from './onnx-ops.ts';
import type { Ops } from './ops.ts';
import { mulberry32 } from './random.ts';
import { ParameterStore, TfOps } from './tf-ops.ts';

it('counts multiply-accumulates of weights shared over rows once per row', () => {
  const graph = new OnnxGraph('count');
  const ops = new OnnxOps(graph, new Map(), undefined);
  const x = graph.input('x', 'float32', [1, 12]);
  const shared = ops.constant('shared', new Float32Array(4 * 5), [4, 5]);
  const rows = ops.tanh(ops.matmul(ops.reshape(x, 4, 3), shared));
  expect(ops.macsPerFrame).toBe(3 * 4 * 5);
  const whole = ops.constant('whole', new Float32Array(15 * 2), [15, 2]);
  ops.matmul(ops.reshape(rows, 15, 1), whole);
  expect(ops.macsPerFrame).toBe(3 * 4 * 5 + 15 * 2);
  expect(ops.parameterCount).toBe(4 * 5 + 15 * 2);
});

describe('history, streamed one hop at a time', () => {
  const FEATURES = 2;
  type Body = (ops: OnnxOps, x: string) => string;

  /** Runs a graph over frames of x, its state going in and out as the exporter builds it. */
  async function stream(width: number, body: Body, frames: number[][]): Promise<number[][]> {
    const port = { type: 'float32', width } as const;
    const graph = buildGraph(
      'test',
      new Map(),
      { ...port, name: 'x' },
      { ...port, name: 'y' },
      body,
    );
    const model = await InferenceSession.create(graph.bytes);
    let state: Tensor = new Tensor('float32', new Float32Array(graph.stateSize), [graph.stateSize]);
    const found: number[][] = [];
    for (const frame of frames) {
      const x = new Tensor('float32', Float32Array.from(frame), [1, width]);
      const results = await model.run({ x, state });
      state = results['state_out']!;
      found.push([...(results['y']!.data as Float32Array)]);
    }
    return found;
  }

  const frames = Array.from({ length: 12 }, (_, t) =>
    Array.from({ length: FEATURES }, (_, f) => Math.sin(3 * (t * FEATURES + f)) + (t % 2)),
  );

  it('averages leakily, each average with a state of its own', async () => {
    const twice: Body = (ops, x) =>
      ops.sub(ops.leaky('a', x, FEATURES, 0.9), ops.leaky('b', x, FEATURES, 0.5));
    const found = await stream(FEATURES, twice, frames);
    const slow = new Array<number>(FEATURES).fill(0);
    const fast = new Array<number>(FEATURES).fill(0);
    found.forEach((row, t) =>
      row.forEach((y, f) => {
        slow[f] = 0.9 * slow[f]! + 0.1 * frames[t]![f]!;
        fast[f] = 0.5 * fast[f]! + 0.5 * frames[t]![f]!;
        expect(y).toBeCloseTo(slow[f] - fast[f], 5);
      }),
    );
  });

  it.each([1, 2, 5])('delays by every delay up to %d frames', async (reach) => {
    for (let delay = 0; delay <= reach; delay++) {
      const delayed: Body = (ops, x) => ops.delayed(ops.past('p', x, FEATURES, reach), delay);
      const found = await stream(FEATURES, delayed, frames);
      const zeros = Array.from({ length: delay }, () => [0, 0]);
      const wanted = [...zeros, ...frames].slice(0, frames.length);
      expect(found).toEqual(wanted.map((row) => [...Float32Array.from(row)]));
    }
  });

  it('does over rows what the trainer does', async () => {
    const [rows, size] = [3, 4];
    const input = Array.from({ length: 5 }, (_, t) =>
      Array.from({ length: rows * size }, (_, i) => Math.cos(7 * t + i * i)),
    );
    const body = <V>(ops: Ops<V>, x: V): V => {
      const r = ops.reshape(x, size, rows);
      const { below, above } = ops.neighbours(r, size, rows);
      const bias = Float32Array.from({ length: rows * size }, (_, i) => i);
      const biased = ops.addPerRow(r, ops.constant('bias', bias, [rows * size]), size, rows);
      const all = ops.concat([below, biased, above]);
      const [a, b] = ops.split(all, [size, 2 * size]);
      const parts = ops.unzip(ops.concat([b!, a!]), 6, size / 2, rows);
      return ops.leaky('a', ops.concat([parts[3]!, parts[0]!]), rows * size, 0.5);
    };
    const found = await stream(rows * size, body, input);
    const trainer = new TfOps(new ParameterStore(mulberry32(1)), 1, input.length);
    const wanted = body<Tensor2D>(trainer, tf.tensor2d(input)).arraySync();
    found.forEach((row, t) => row.forEach((y, i) => expect(y).toBeCloseTo(wanted[t]![i]!, 5)));
  });
});
