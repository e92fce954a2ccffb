import { expect, it } from 'vitest';
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
