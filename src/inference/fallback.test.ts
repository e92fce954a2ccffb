import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../codec/model-folder.ts';
import { createCodecSession, type CodecSession } from '../codec/session.ts';
import { ResiduaError } from '../common/errors.ts';
import { FallbackLoader, type FallbackOptions, type ProviderFallback } from './fallback.ts';
import { OrtLoader } from './onnxruntime/loader.ts';
import type { GraphSignature, LoadOptions, Model, ModelLoader } from './port.ts';

const HOP = 160;
const FIXTURE = join(import.meta.dirname, '../../test/fixtures/tiny-model');

/** A machine whose GPU is in truth the CPU, and breaks or slows down on command. */
class Machine implements ModelLoader {
  readonly real = new OrtLoader();
  readonly open = new Set<Model>();
  nowMs = 0;
  gpuMs = 1;
  /** Steps of the GPU, from 1, that go wrong and how. */
  readonly breaks = new Map<number, 'throws' | 'NaN'>();
  steps = 0;
  cpuFails = false;

  providers = () => [
    { name: 'cpu', bundled: true },
    { name: 'gpu', bundled: true },
  ];

  async load(graph: Uint8Array, signature: GraphSignature, options?: LoadOptions): Promise<Model> {
    const model = await this.real.load(graph, signature, { ...options, provider: 'cpu' });
    const wrapped = options?.provider === 'gpu' ? this.#gpu(model) : this.#cpu(model);
    this.open.add(wrapped);
    const dispose = model.dispose.bind(model);
    wrapped.dispose = () => {
      this.open.delete(wrapped);
      return dispose();
    };
    return wrapped;
  }

  #cpu(model: Model): Model {
    const step = model.step.bind(model);
    model.step = () => (this.cpuFails ? Promise.reject(new Error('cpu fails')) : step());
    return model;
  }

  #gpu(model: Model): Model {
    const step = async (): Promise<void> => {
      const fault = this.breaks.get(++this.steps);
      if (fault === 'throws') throw new ResiduaError('INFERENCE_FAILED', 'device lost');
      if (fault === 'NaN') throw new ResiduaError('MODEL_OUTPUT_NOT_FINITE', 'NaN');
      await model.step();
      this.nowMs += this.gpuMs;
    };
    return {
      provider: 'gpu',
      input: model.input,
      output: model.output,
      get state() {
        return model.state;
      },
      step,
      reset: () => model.reset(),
      dispose: () => Promise.resolve(),
    };
  }
}

const hop = (k: number): Float32Array =>
  Float32Array.from({ length: HOP }, (_, i) => Math.sin(0.07 * (k * HOP + i)) * 0.5);

async function open(machine: Machine, options: FallbackOptions = {}, quantizer = 'rvq') {
  const events: ProviderFallback[] = [];
  const loader = new FallbackLoader(machine, {
    nowMs: () => machine.nowMs,
    onFallback: (event) => events.push(event),
    ...options,
  });
  const model = await loadModel(FIXTURE);
  const session = await createCodecSession(model, loader, { quantizer, provider: 'gpu' });
  const reference = await createCodecSession(model, machine.real, { quantizer });
  return { events, loader, session, reference };
}

/** Every hop must come out as on a machine where nothing went wrong. */
async function play(session: CodecSession, reference: CodecSession, from: number, to: number) {
  const [out, wanted] = [new Float32Array(HOP), new Float32Array(HOP)];
  for (let k = from; k < to; k++) {
    await session.processHop(hop(k), out);
    await reference.processHop(hop(k), wanted);
    expect(out).toEqual(wanted);
  }
}

describe('FallbackLoader', () => {
  it.each(['throws', 'NaN'] as const)(
    'a provider that %s in mid-stream is left at that hop, without a trace in the sound',
    async (fault) => {
      const machine = new Machine();
      const { events, session, reference } = await open(machine);
      await play(session, reference, 0, 10);
      expect(session.provider).toBe('gpu');
      expect(events).toEqual([]);
      machine.breaks.set(21, fault); // the encoder of hop 10
      await play(session, reference, 10, 20);
      expect(session.provider).toBe('cpu');
      expect(events).toMatchObject([
        { from: 'gpu', to: 'cpu', problem: { code: 'PROVIDER_LEFT', hint: expect.any(String) } },
      ]);
      expect(machine.steps).toBe(21); // nothing runs there any more, the decoder neither
      await session.dispose();
      expect(machine.open.size).toBe(0);
    },
  );

  it('a decoder that fails is rescued as well', async () => {
    const machine = new Machine();
    const { session, reference } = await open(machine, {}, 'none');
    machine.breaks.set(22, 'throws');
    await play(session, reference, 0, 30);
    expect(session.provider).toBe('cpu');
  });

  it('a provider that becomes slow is left, and one slow hop is forgiven', async () => {
    const machine = new Machine();
    const { events, session, reference } = await open(machine, { slowMs: 5, windowSteps: 20 });
    await play(session, reference, 0, 40);
    machine.gpuMs = 500;
    await play(session, reference, 40, 41);
    machine.gpuMs = 1;
    await play(session, reference, 41, 80);
    expect(events).toEqual([]);
    machine.gpuMs = 6;
    await play(session, reference, 80, 120);
    expect(events).toMatchObject([
      {
        problem: { message: expect.stringMatching(/11 of its last 20 steps took more than 5 ms/) },
      },
    ]);
    expect(session.provider).toBe('cpu');
  });

  it('is not blamed for what fails on the CPU too', async () => {
    const machine = new Machine();
    const { events, session, loader, reference } = await open(machine);
    machine.breaks.set(1, 'NaN');
    machine.cpuFails = true;
    const out = new Float32Array(HOP);
    await expect(session.processHop(hop(0), out)).rejects.toMatchObject({
      code: 'MODEL_OUTPUT_NOT_FINITE',
    });
    machine.cpuFails = false;
    await play(session, reference, 0, 5);
    expect(session.provider).toBe('gpu');
    expect([events, loader.fallback]).toEqual([[], undefined]);
  });

  it('loads on the CPU once the provider was left; plain CPU sessions cost nothing extra', async () => {
    const machine = new Machine();
    const { loader, session, reference } = await open(machine);
    machine.breaks.set(1, 'throws');
    await play(session, reference, 0, 3);
    await session.dispose();
    const model = await loadModel(FIXTURE);
    const next = await createCodecSession(model, loader, { quantizer: 'none', provider: 'gpu' });
    expect(next.provider).toBe('cpu');
    expect(machine.open.size).toBe(2);
    await next.dispose();
  });

  it('resets and hands on its history on both sides of a fallback', async () => {
    const machine = new Machine();
    const { session, reference } = await open(machine);
    await play(session, reference, 0, 5);
    session.reset();
    reference.reset();
    await play(session, reference, 0, 5);
    machine.breaks.set(21, 'throws');
    await play(session, reference, 5, 10);
    session.reset();
    reference.reset();
    await play(session, reference, 0, 5);
    expect(session.encoderState).toEqual(reference.encoderState);
  });
});
