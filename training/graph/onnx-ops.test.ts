import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { OnnxGraph } from '../export/onnx-graph.ts';
import { OnnxOps } from './onnx-ops.ts';

it('counts multiply-accumulates of weights shared over rows once per row', () => {
  const graph = new OnnxGraph('count');
  const ops = new OnnxOps(graph, new Map(), undefined);
  const x = graph.input('x', 'float32', ['T', 12]);
  const shared = ops.constant('shared', new Float32Array(4 * 5), [4, 5]);
  const rows = ops.tanh(ops.matmul(ops.reshape(x, 4, 3), shared));
  expect(ops.macsPerFrame).toBe(3 * 4 * 5);
  const whole = ops.constant('whole', new Float32Array(15 * 2), [15, 2]);
  ops.matmul(ops.reshape(rows, 15, 1), whole);
  expect(ops.macsPerFrame).toBe(3 * 4 * 5 + 15 * 2);
  expect(ops.parameterCount).toBe(4 * 5 + 15 * 2);
});

describe('leaky', () => {
  const FEATURES = 2;
  const DECAYS = [0.9, 0.5];

  /** Two averages of x, one after the other, with their state; in all shapes as the exporter builds them. */
  async function session(): Promise<InferenceSession> {
    const graph = new OnnxGraph('leaky');
    const x = graph.input('x', 'float32', ['T', FEATURES]);
    const state = DECAYS.map((_, i) => graph.input(`state${i}`, 'float32', [FEATURES]));
    const ops = new OnnxOps(graph, new Map(), state);
    const averages = DECAYS.map((decay, i) => ops.leaky(`a${i}`, x, FEATURES, decay));
    graph.output(ops.concat(averages), 'y', 'float32', ['T', 2 * FEATURES]);
    ops.pieces.forEach(({ size, next }, i) => {
      expect(size).toBe(FEATURES);
      graph.output(next, `next${i}`, 'float32', [FEATURES]);
    });
    return await InferenceSession.create(graph.toBytes());
  }

  it.each([[[12]], [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]], [[5, 1, 4, 2]]])(
    'streams y[t] = d · y[t − 1] + (1 − d) · x[t], in calls of %j hops',
    async (calls) => {
      const model = await session();
      const x = Float32Array.from({ length: 12 * FEATURES }, (_, i) => Math.sin(3 * i) + (i % 2));
      const y = DECAYS.map(() => new Float32Array(FEATURES));
      let state = DECAYS.map(() => new Float32Array(FEATURES));
      let frame = 0;
      for (const hops of calls) {
        const part = x.subarray(frame * FEATURES, (frame + hops) * FEATURES);
        const feeds: Record<string, Tensor> = {
          x: new Tensor('float32', part.slice(), [hops, FEATURES]),
        };
        state.forEach(
          (values, i) => (feeds[`state${i}`] = new Tensor('float32', values, [FEATURES])),
        );
        const results = await model.run(feeds);
        const found = results['y']!.data as Float32Array;
        for (let t = 0; t < hops; t++, frame++) {
          DECAYS.forEach((decay, i) => {
            for (let f = 0; f < FEATURES; f++) {
              y[i]![f] = decay * y[i]![f]! + (1 - decay) * x[frame * FEATURES + f]!;
              expect(found[(t * DECAYS.length + i) * FEATURES + f]).toBeCloseTo(y[i]![f]!, 5);
            }
          });
        }
        state = DECAYS.map((_, i) => results[`next${i}`]!.data as Float32Array<ArrayBuffer>);
      }
      expect(frame).toBe(12);
    },
  );

  it('starts from zeros in a first pass that only counts state', async () => {
    const graph = new OnnxGraph('count');
    const ops = new OnnxOps(graph, new Map(), undefined);
    graph.output(ops.leaky('a', graph.input('x', 'float32', ['T', 1]), 1, 0.75), 'y', 'float32', [
      'T',
      1,
    ]);
    const model = await InferenceSession.create(graph.toBytes());
    const { y } = await model.run({ x: new Tensor('float32', Float32Array.of(4, 8, 0), [3, 1]) });
    expect([...(y!.data as Float32Array)]).toEqual([1, 2.75, 2.0625]);
    expect(ops.pieces.length).toBe(1);
  });
});
