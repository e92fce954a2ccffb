import onnxProto from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { OnnxGraph } from './onnx-graph.ts';
import type { Value } from './onnx-graph.ts';

const f32 = (values: number[], dims: number[]) =>
  new Tensor('float32', Float32Array.from(values), dims);

async function run(
  graph: OnnxGraph,
  feeds: Record<string, Tensor>,
): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(graph.toBytes());
  const results = await session.run(feeds);
  const entries = Object.entries(results).map(
    ([name, t]) => [name, Array.from(t.data as ArrayLike<number>, Number)] as const,
  );
  return Object.fromEntries(entries);
}

/** Runs f on one float input x of shape [rows, cols] and returns the flat output. */
async function evaluate(
  f: (g: OnnxGraph, x: Value) => Value,
  x: number[],
  dims: number[] = [1, x.length],
  opset = 17,
): Promise<number[]> {
  const g = new OnnxGraph('t', { opset });
  const y = f(g, g.input('x', 'float32', dims));
  g.output(g.cast(y, 'float32'), 'y', 'float32', []);
  // The declared rank is deliberately unknown to the test; onnxruntime only warns about it.
  const session = await InferenceSession.create(g.toBytes(), { logSeverityLevel: 3 });
  return Array.from((await session.run({ x: f32(x, dims) }))['y']!.data as Float32Array);
}

const close = (actual: number[], expected: number[], digits = 5) => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((a, i) => expect(a).toBeCloseTo(expected[i]!, digits));
};

describe('OnnxGraph', () => {
  it('runs in onnxruntime with a symbolic T', async () => {
    const g = new OnnxGraph('linear', { metadata: { model: 'test' } });
    const x = g.input('x', 'float32', ['T', 3]);
    const w = g.constant(new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2], 'w');
    g.output(g.add(g.matMul(x, w), 0.5), 'y', 'float32', ['T', 2]);
    const { y } = await run(g, { x: f32([1, 0, 0, 0, 1, 1], [2, 3]) });
    expect(y).toEqual([1.5, 2.5, 8.5, 10.5]);
  });

  it('is deterministic: the same calls give the same bytes', () => {
    const build = () => {
      const g = new OnnxGraph('d', { metadata: { a: '1', b: '2' } });
      const x = g.input('x', 'float32', ['T', 4]);
      g.output(g.tanh(g.add(g.narrow(x, 0, 2), 1)), 'y', 'float32', ['T', 2]);
      return g.toBytes();
    };
    expect(build()).toEqual(build());
  });

  it('keeps names unique and lets an output be an input, a constant or another output', async () => {
    const g = new OnnxGraph('names');
    const x = g.input('Add', 'float32', [2]);
    const a = g.add(x, 1);
    const b = g.add(a, 1);
    expect(new Set([x, a, b]).size).toBe(3);
    g.output(a, 'first', 'float32', [2]);
    g.output(a, 'again', 'float32', [2]);
    g.output(x, 'through', 'float32', [2]);
    g.output(g.mul(a, b), 'product', 'float32', [2]); // `a` still names the renamed value
    const out = await run(g, { Add: f32([1, 2], [2]) });
    expect(out).toEqual({ first: [2, 3], again: [2, 3], through: [1, 2], product: [6, 12] });
  });

  it('refuses unknown values, taken names, wrong sizes and fractional integer attributes', () => {
    const g = new OnnxGraph('bad');
    const x = g.input('x', 'float32', [2]);
    expect(() => g.relu('nowhere')).toThrow(/unknown value 'nowhere'/);
    expect(() => g.input('x', 'float32', [1])).toThrow(/taken/);
    expect(() => g.constant(new Float32Array(3), [2, 2])).toThrow(/want 4 values, got 3/);
    expect(() => g.toBytes()).toThrow(/no outputs/);
    g.output(g.op('LeakyRelu', [x], { alpha: 0.1 }), 'y', 'float32', [2]);
    expect(() => g.toBytes()).toThrow(/float/);
  });

  it('shares equal small constants but keeps 0 and −0, types and shapes apart', () => {
    const g = new OnnxGraph('shared');
    expect(g.scalar(2)).toBe(g.scalar(2));
    expect(g.scalar(0)).not.toBe(g.scalar(-0));
    expect(g.int32(1)).not.toBe(g.int64(1));
    expect(g.int64(1)).not.toBe(g.int64s([1]));
  });

  it('element-wise operators follow their definitions', async () => {
    const x = [-2, -0.5, 0.25, 3];
    const erf = [-0.9953222650189527, -0.5204998778130465, 0.27632639016823696, 0.9999779095030014];
    close(
      await evaluate((g, v) => g.sub(v, 1), x),
      x.map((v) => v - 1),
    );
    close(
      await evaluate((g, v) => g.div(1, v), x),
      x.map((v) => 1 / v),
    );
    close(
      await evaluate((g, v) => g.pow(g.abs(v), 0.3), x),
      x.map((v) => Math.abs(v) ** 0.3),
    );
    close(
      await evaluate((g, v) => g.mul(g.sign(v), g.sqrt(g.abs(v))), x),
      x.map((v) => Math.sign(v) * Math.sqrt(Math.abs(v))),
    );
    close(await evaluate((g, v) => g.log(g.exp(v)), x), x);
    close(await evaluate((g, v) => g.clip(v, -1, 1), x), [-1, -0.5, 0.25, 1]);
    close(await evaluate((g, v) => g.clip(v, undefined, 1), x), [-2, -0.5, 0.25, 1]);
    close(await evaluate((g, v) => g.max(v, g.neg(v)), x), x.map(Math.abs));
    close(await evaluate((g, v) => g.min(v, 0), x), [-2, -0.5, 0, 0]);
    close(await evaluate((g, v) => g.erf(v), x), erf);
    close(
      await evaluate((g, v) => g.sigmoid(v), x),
      x.map((v) => 1 / (1 + Math.exp(-v))),
    );
    close(
      await evaluate((g, v) => g.silu(v), x),
      x.map((v) => v / (1 + Math.exp(-v))),
    );
    close(await evaluate((g, v) => g.tanh(v), x), x.map(Math.tanh));
    close(
      await evaluate((g, v) => g.softplus(v), x),
      x.map((v) => Math.log1p(Math.exp(v))),
    );
    close(
      await evaluate((g, v) => g.elu(v), x),
      x.map((v) => (v > 0 ? v : Math.expm1(v))),
    );
    close(await evaluate((g, v) => g.relu(v), x), [0, 0, 0.25, 3]);
    close(await evaluate((g, v) => g.leakyRelu(v, 0.1), x), [-0.2, -0.05, 0.25, 3]);
    close(
      await evaluate((g, v) => g.pRelu(v, g.constant(new Float32Array([1, 2, 3, 4]))), x),
      [-2, -1, 0.25, 3],
    );
    close(await evaluate((g, v) => g.where(g.less(v, 0), 7, v), x), [7, 7, 0.25, 3]);
    close(await evaluate((g, v) => g.cast(g.equal(v, 3), 'float32'), x), [0, 0, 0, 1]);
    close(await evaluate((g, v) => g.round(v), [0.5, 1.5, -1.2]), [0, 2, -1]);
  });

  it.each([17, 18, 20, 21])('reductions and GELU agree at opset %i', async (opset) => {
    const x = [1, 2, 3, 4, 5, 6];
    const gelu = [
      -0.04550026389635842, -0.15426876936299344, 0.34573123063700656, 1.9544997361036416,
    ];
    close(await evaluate((g, v) => g.reduceSum(v, [1]), x, [2, 3], opset), [6, 15]);
    close(
      await evaluate((g, v) => g.reduceMean(v, [-1], { keepDims: true }), x, [2, 3], opset),
      [2, 5],
    );
    close(await evaluate((g, v) => g.reduceMax(v, [0]), x, [2, 3], opset), [4, 5, 6]);
    close(await evaluate((g, v) => g.reduceL2(v, [1]), [3, 4], [1, 2], opset), [5]);
    close(await evaluate((g, v) => g.gelu(v), [-2, -0.5, 0.5, 2], [1, 4], opset), gelu);
  });

  it('shape operators move data where they should', async () => {
    const x = [1, 2, 3, 4, 5, 6];
    close(await evaluate((g, v) => g.transpose(v, [1, 0]), x, [2, 3]), [1, 4, 2, 5, 3, 6]);
    close(await evaluate((g, v) => g.slice(v, [1], [Infinity], [0]), x, [2, 3]), [4, 5, 6]);
    close(
      await evaluate((g, v) => g.slice(v, [-1], [-Infinity], [1], [-1]), x, [2, 3]),
      [3, 2, 1, 6, 5, 4],
    );
    close(await evaluate((g, v) => g.narrow(v, 1, 3), x, [2, 3]), [2, 3, 5, 6]);
    close(
      await evaluate((g, v) => g.concat(g.split(v, [1, 2]).reverse(), 1), x, [2, 3]),
      [2, 3, 1, 5, 6, 4],
    );
    close(
      await evaluate((g, v) => g.squeeze(g.unsqueeze(g.reshape(v, [-1]), [0]), [0]), x, [2, 3]),
      x,
    );
    close(await evaluate((g, v) => g.reshape(v, g.shape(g.transpose(v, [1, 0]))), x, [2, 3]), x);
    close(await evaluate((g, v) => g.expand(v, [2, 2]), [1, 2], [1, 2]), [1, 2, 1, 2]);
    close(await evaluate((g, v) => g.pad(v, [0, 1, 0, 0]), [1, 2], [1, 2]), [0, 1, 2]);
    close(await evaluate((g, v) => g.gather(v, g.int64s([2, 0]), 1), x, [2, 3]), [3, 1, 6, 4]);
    close(await evaluate((g, v) => g.argMax(v, 1), [1, 9, 9, 3, 2, 3], [2, 3]), [1, 0]);
    close(await evaluate((g, v) => g.argMin(v, 1), [1, 9, 9, 3, 2, 2], [2, 3]), [0, 1]);
  });

  it('splits into any number of parts with at most 7 outputs per node', async () => {
    for (const count of [1, 7, 8, 13, 60]) {
      const sizes = Array.from({ length: count }, (_, i) => 1 + (i % 3));
      const x = Array.from({ length: sizes.reduce((a, b) => a + b) }, (_, i) => i);
      const g = new OnnxGraph('split');
      const parts = g.split(g.input('x', 'float32', [x.length]), sizes, 0);
      parts.forEach((part, i) => g.output(part, `part${i}`, 'float32', [sizes[i]!]));
      const out = await run(g, { x: f32(x, [x.length]) });
      expect(sizes.map((_, i) => out[`part${i}`]!.length)).toEqual(sizes);
      expect(sizes.flatMap((_, i) => out[`part${i}`]!)).toEqual(x);
      const decoded = onnxProto.onnx.ModelProto.decode(g.toBytes());
      for (const node of decoded.graph!.node!) expect(node.output!.length).toBeLessThanOrEqual(7);
    }
  });

  it('layers: gemm, convolutions, layer normalisation, softmax', async () => {
    const c = (g: OnnxGraph, v: number[], dims: number[]) => g.constant(Float32Array.from(v), dims);
    close(
      await evaluate(
        (g, v) =>
          g.gemm(v, c(g, [1, 2, 3, 4], [2, 2]), c(g, [10, 20], [2]), { transB: true, alpha: 2 }),
        [1, 1],
      ),
      [16, 34],
    );
    close(
      await evaluate(
        (g, v) => g.conv(v, c(g, [1, 10], [1, 1, 2]), undefined, { dilations: [2] }),
        [1, 2, 3, 4],
        [1, 1, 4],
      ),
      [31, 42],
    );
    close(
      await evaluate(
        (g, v) => g.convTranspose(v, c(g, [1, 10], [1, 1, 2]), c(g, [0], [1]), { strides: [2] }),
        [1, 2],
        [1, 1, 2],
      ),
      [1, 10, 2, 20],
    );
    const norm = await evaluate(
      (g, v) => g.layerNormalization(v, c(g, [2, 2, 2], [3]), c(g, [1, 1, 1], [3])),
      [1, 2, 3],
    );
    close(norm, [1 - 2 * 1.224745, 1, 1 + 2 * 1.224745], 4);
    close(await evaluate((g, v) => g.softmax(v), [0, Math.log(3)]), [0.25, 0.75]);
  });

  it('GRU follows its equations and hands its state on', async () => {
    const hidden = 2;
    const sin = (n: number, k: number) =>
      Float32Array.from({ length: n }, (_, i) => Math.sin(k + i));
    const [w, r, b] = [sin(3 * hidden * 3, 1), sin(3 * hidden * hidden, 2), sin(6 * hidden, 3)];
    const g = new OnnxGraph('gru');
    const x = g.input('x', 'float32', ['T', 1, 3]);
    const h = g.input('h', 'float32', [1, 1, hidden]);
    const { y, yH } = g.gru(x, g.constant(w, [1, 6, 3]), g.constant(r, [1, 6, hidden]), {
      hiddenSize: hidden,
      bias: g.constant(b, [1, 12]),
      initialH: h,
    });
    g.output(y, 'y', 'float32', ['T', 1, 1, hidden]);
    g.output(yH, 'hOut', 'float32', [1, 1, hidden]);
    const xs = [0.1, -0.2, 0.3, 0.5, 0.4, -0.7];
    const whole = await run(g, { x: f32(xs, [2, 1, 3]), h: f32([0, 0], [1, 1, 2]) });

    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const state = [0, 0];
    const expected: number[] = [];
    for (let t = 0; t < 2; t++) {
      const frame = xs.slice(3 * t, 3 * t + 3);
      const input = (row: number) => frame.reduce((s, v, i) => s + v * w[row * 3 + i]!, b[row]!);
      const recurrent = (row: number) =>
        state.reduce((s, v, i) => s + v * r[row * hidden + i]!, b[6 + row]!);
      const next = state.map((old, j) => {
        const z = sigmoid(input(j) + recurrent(j));
        const reset = sigmoid(input(2 + j) + recurrent(2 + j));
        return (1 - z) * Math.tanh(input(4 + j) + reset * recurrent(4 + j)) + z * old;
      });
      state.splice(0, 2, ...next);
      expected.push(...next);
    }
    close(whole['y']!, expected);
    close(whole['hOut']!, expected.slice(2));
  });
});
