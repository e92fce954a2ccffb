import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OnnxGraph } from '../../../training/export/onnx-graph.ts';
import type { GraphSignature } from '../port.ts';
import { OrtLoader } from './loader.ts';

const loader = new OrtLoader();

const SIGNATURE: GraphSignature = {
  input: { name: 'hop', type: 'float32', width: 4 },
  output: { name: 'out', type: 'float32', width: 4 },
  stateSize: 4,
};

/** out = log(hop) + state; state' = state + hop: negative input gives NaN. */
function accumulator(): Uint8Array {
  const g = new OnnxGraph('accumulator');
  const hop = g.input('hop', 'float32', ['T', 4]);
  const state = g.input('state', 'float32', [4]);
  g.output(g.add(g.log(hop), state), 'out', 'float32', ['T', 4]);
  g.output(g.add(state, g.reshape(hop, [-1])), 'state_out', 'float32', [4]);
  return g.toBytes();
}

describe('OrtLoader', () => {
  it('keeps state between steps and forgets it on reset', async () => {
    const model = await loader.load(accumulator(), SIGNATURE);
    const step = async () => {
      model.input.fill(1);
      await model.step();
      return model.output[0]!;
    };
    expect([await step(), await step(), await step(), await step()]).toEqual([0, 1, 2, 3]);
    model.reset();
    expect(await step()).toBe(0);
    await model.dispose();
  });

  it('two models of one graph do not share state', async () => {
    const [a, b] = [
      await loader.load(accumulator(), SIGNATURE),
      await loader.load(accumulator(), SIGNATURE),
    ];
    a.input.fill(5);
    b.input.fill(1);
    await a.step();
    await b.step();
    await b.step();
    expect(b.output[0]).toBe(1);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('reports NaN and infinity, and the state stays at the last good step', async () => {
    const model = await loader.load(accumulator(), SIGNATURE, { label: 'encoder.onnx' });
    model.input.fill(1);
    await model.step();
    for (const bad of [-1, 0]) {
      model.input[2] = bad;
      await expect(model.step()).rejects.toMatchObject({
        code: 'MODEL_OUTPUT_NOT_FINITE',
        message: 'encoder.onnx (cpu) produced NaN or infinity',
      });
    }
    model.input.fill(1);
    await model.step();
    expect(model.output[2]).toBe(1);
    await model.dispose();
  });

  it('is not re-entrant, and ends with dispose', async () => {
    const model = await loader.load(accumulator(), SIGNATURE);
    model.input.fill(1);
    const running = model.step();
    await expect(model.step()).rejects.toMatchObject({ code: 'MODEL_BUSY' });
    expect(() => model.reset()).toThrow(expect.objectContaining({ code: 'MODEL_BUSY' }));
    const disposed = model.dispose();
    await running;
    await disposed;
    await model.dispose();
    await expect(model.step()).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });

  it('lists cpu first and refuses providers by name, never falling back', async () => {
    expect(loader.providers()[0]).toEqual({ name: 'cpu', bundled: true });
    await expect(
      loader.load(accumulator(), SIGNATURE, { provider: 'abacus' }),
    ).rejects.toMatchObject({
      code: 'PROVIDER_UNKNOWN',
      exitCode: 2,
      hint: expect.stringMatching(/cpu/),
    });
  });

  it('a provider that cannot start is a typed error; one that starts says its own name', async () => {
    for (const { name } of loader.providers()) {
      const outcome = await loader.load(accumulator(), SIGNATURE, { provider: name }).then(
        async (model) => {
          expect(model.provider).toBe(name);
          await model.dispose();
          return 'started';
        },
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
          expect((error as Error).message).toContain(`'${name}'`);
          return 'refused';
        },
      );
      if (name === 'cpu') expect(outcome).toBe('started');
    }
  });

  it('blames the graph, not the provider, when the graph is broken', async () => {
    for (const { name } of loader.providers()) {
      const load = loader.load(new Uint8Array(50).fill(3), SIGNATURE, { provider: name });
      await expect(load).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    }
  });

  it.each<[Partial<GraphSignature>, RegExp]>([
    [{ stateSize: 5 }, /'state' is float32 \[4\], not float32 \[5\]/],
    [{ input: { name: 'codes', type: 'int32', width: 4 } }, /'codes' is missing/],
    [{ input: { name: 'hop', type: 'int32', width: 4 } }, /'hop' is float32 .*not int32/],
    [
      { output: { name: 'out', type: 'float32', width: 3 } },
      /'out' is float32 .*not float32 \[1,3\]/,
    ],
  ])('refuses a graph of another shape: %o', async (change, message) => {
    const load = loader.load(accumulator(), { ...SIGNATURE, ...change });
    await expect(load).rejects.toMatchObject({
      code: 'MODEL_SIGNATURE',
      message: expect.stringMatching(message),
    });
  });

  it('flushes denormals: they cost up to a hundred times a normal multiplication', () => {
    // In a process of its own, because the first session of a process decides.
    const script = `
      import { OnnxGraph } from './training/export/onnx-graph.ts';
      import { OrtLoader } from './src/inference/onnxruntime/loader.ts';
      const g = new OnnxGraph('decay');
      const hop = g.input('hop', 'float32', ['T', 4]);
      const state = g.input('state', 'float32', [4]);
      const next = g.mul(g.add(state, g.reshape(hop, [-1])), 1e-6);
      g.output(g.reshape(g.sub(next, 0), [1, 4]), 'out', 'float32', ['T', 4]);
      g.output(next, 'state_out', 'float32', [4]);
      const model = await new OrtLoader().load(g.toBytes(), ${JSON.stringify(SIGNATURE)});
      const seen = [];
      for (let i = 0; i < 8; i++) {
        model.input.fill(i === 0 ? 1 : 0);
        await model.step();
        // As bits, because JavaScript on this thread sees denormals as zero too.
        seen.push(new Uint32Array(model.output.buffer)[0]);
      }
      console.log(JSON.stringify(seen));
    `;
    const output = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { cwd: join(import.meta.dirname, '../../..'), encoding: 'utf8' },
    );
    const bits = JSON.parse(output) as number[];
    const exponent = (b: number) => (b >>> 23) & 0xff;
    expect(exponent(bits[0]!)).toBeGreaterThan(0);
    expect(bits.filter((b) => b !== 0 && exponent(b) === 0)).toEqual([]);
    expect(bits.at(-1)).toBe(0);
  });
});
