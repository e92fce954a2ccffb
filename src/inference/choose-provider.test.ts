import { describe, expect, it } from 'vitest';
import { ResiduaError } from '../common/errors.ts';
import { chooseProvider } from './choose-provider.ts';
import type { GraphSignature, Model, ModelLoader } from './port.ts';

interface FakeProvider {
  name: string;
  ms: number;
  /** Time of every tenth step. */
  everyTenthMs?: number;
  fails?: string;
  /** Added to every output. */
  error?: number;
}

const pause = (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

/** A loader whose graphs copy input to output, as well or badly as the provider does. */
function fakeLoader(providers: FakeProvider[], open: Set<Model> = new Set()): ModelLoader {
  return {
    providers: () => providers.map(({ name }) => ({ name, bundled: true })),
    load(_graph, signature, options) {
      const {
        fails,
        ms,
        everyTenthMs = ms,
        error = 0,
        name,
      } = providers.find((p) => p.name === options?.provider)!;
      if (fails) return Promise.reject(new ResiduaError('PROVIDER_UNAVAILABLE', fails));
      const make = (type: string, width: number) =>
        type === 'int32' ? new Int32Array(width) : new Float32Array(width);
      const input = make(signature.input.type, signature.input.width);
      const output = make(signature.output.type, signature.output.width);
      let steps = 0;
      const model: Model = {
        provider: name,
        input,
        output,
        state: new Float32Array(signature.stateSize),
        step: () => {
          pause(steps++ % 10 === 9 ? everyTenthMs : ms);
          output.forEach(
            (_, i) => (output[i] = (signature.output.type === 'int32' ? 3 : input[i]!) + error),
          );
          return Promise.resolve();
        },
        reset: () => undefined,
        dispose: () => {
          open.delete(model);
          return Promise.resolve();
        },
      };
      open.add(model);
      return Promise.resolve(model);
    },
  };
}

const float = { name: 'hop', type: 'float32', width: 8 } as const;
const codes = { name: 'codes', type: 'int32', width: 2 } as const;
const chain = (signature: GraphSignature) => [
  { bytes: new Uint8Array(0), signature, label: 'g.onnx' },
];
const floatChain = chain({ input: float, output: float, stateSize: 1 });
const codeChain = chain({ input: float, output: codes, stateSize: 1 });

describe('chooseProvider', () => {
  it('takes the fastest that agrees, and says what happened to the others', async () => {
    const open = new Set<Model>();
    const loader = fakeLoader(
      [
        { name: 'cpu', ms: 1 },
        { name: 'fast', ms: 0.1, error: 1e-6 },
        { name: 'wrong', ms: 0, error: 0.5 },
        { name: 'nan', ms: 0, error: Number.NaN },
        { name: 'absent', ms: 0, fails: 'its library is missing' },
      ],
      open,
    );
    const choice = await chooseProvider(loader, floatChain, { hops: 20 });
    expect(choice.provider).toBe('fast');
    expect(choice.trials.filter((t) => t.usable).map((t) => t.provider)).toEqual(['cpu', 'fast']);
    expect(choice.reason).toMatch(
      /fast has the best p99 of 2.*wrong: .*differs from cpu.*absent: its library/,
    );
    expect(open.size).toBe(0);
  });

  it('keeps the cpu when it is faster, or alone', async () => {
    const slow = fakeLoader([
      { name: 'cpu', ms: 0.05 },
      { name: 'gpu', ms: 1 },
    ]);
    expect((await chooseProvider(slow, floatChain, { hops: 20 })).provider).toBe('cpu');
    const alone = await chooseProvider(fakeLoader([{ name: 'cpu', ms: 0 }]), floatChain, {
      hops: 5,
    });
    expect(alone.provider).toBe('cpu');
    expect(alone.reason).toMatch(/^only cpu runs here \(.* ms per hop, p99 .*\)$/);
  });

  it('does not wait for a provider that is hopelessly slow', async () => {
    const loader = fakeLoader([
      { name: 'cpu', ms: 0.1 },
      { name: 'software gpu', ms: 40 },
    ]);
    const start = performance.now();
    const choice = await chooseProvider(loader, floatChain, { hops: 1000, budgetMs: 200 });
    expect(performance.now() - start).toBeLessThan(3000);
    expect(choice.provider).toBe('cpu');
    expect(choice.trials[1]).toMatchObject({ usable: true });
    expect(choice.trials[1]!.hopMs!.p50).toBeGreaterThan(30);
  });

  it('judges by the slowest hops, not by the usual ones', async () => {
    const loader = fakeLoader([
      { name: 'cpu', ms: 0.5 },
      { name: 'bursty', ms: 0.05, everyTenthMs: 6 },
    ]);
    const choice = await chooseProvider(loader, floatChain, { hops: 60 });
    const [cpu, bursty] = choice.trials;
    expect(bursty!.hopMs!.p50).toBeLessThan(cpu!.hopMs!.p50);
    expect(choice.provider).toBe('cpu');
  });

  it('compares codes by how many are equal', async () => {
    const loader = fakeLoader([
      { name: 'cpu', ms: 0.5 },
      { name: 'other', ms: 0, error: 1 },
    ]);
    const choice = await chooseProvider(loader, codeChain, { hops: 5 });
    expect(choice.provider).toBe('cpu');
    expect(choice.reason).toMatch(/only 0\.0% of its codes/);
  });

  it('fails when even the cpu cannot run', async () => {
    const loader = fakeLoader([{ name: 'cpu', ms: 0, fails: 'broken graph' }]);
    await expect(chooseProvider(loader, floatChain)).rejects.toThrow('broken graph');
  });
});
