import { describe, expect, it } from 'vitest';
import { recording, sine } from '../../src/audio/backends/fake/signals.ts';
import type { TapFormat } from '../../src/engine/contract.ts';
import { harness } from './harness.ts';
import { heapMiB } from './heap.ts';

describe('start and stop', () => {
  it('a thousand times: nothing stays open, the heap does not grow', async () => {
    const open = { count: 0 };
    const h = await harness({ keep: false, model: { open } });
    const cycle = async () => {
      await h.start();
      await h.clock.advance(60);
      expect(h.engine.state).toBe('running');
      await h.engine.stop();
    };
    for (let k = 0; k < 100; k++) await cycle();
    h.events.length = 0;
    const before = heapMiB();
    for (let k = 0; k < 1000; k++) await cycle();
    h.events.length = 0;
    expect(heapMiB() - before).toBeLessThan(3);
    // The sessions of the first start, one per quantizer, are still warm.
    expect(open.count).toBe(2);
    expect(h.runners).toHaveLength(1);
    expect([h.backend.sources.length, h.backend.sinks.length]).toEqual([0, 0]);
    // Whoever slept when it was stopped has left.
    await h.clock.advance(10_000);
    expect(h.clock.pending).toBe(0);
    await h.dispose();
    expect(open.count).toBe(0);
  }, 120_000);

  it('stopped, the microphone is released and nothing runs', async () => {
    const h = await harness();
    await h.start();
    await h.clock.advance(1000);
    expect(h.backend.sources).toHaveLength(1);
    await h.engine.stop();
    expect(h.backend.sources).toHaveLength(0);
    await h.clock.advance(100);
    expect(h.clock.pending).toBe(0);
    expect(h.engine.telemetry()).toMatchObject({ state: 'stopped', input: null, output: null });
    await h.dispose();
  });

  it('sound comes within 100 ms of a warm start, on a device that queues 20', async () => {
    const h = await harness({ signal: sine(1000, 0.5) });
    await h.start();
    await h.clock.advance(500);
    await h.engine.stop();
    h.played.length = 0;
    await h.start();
    await h.clock.advance(100);
    expect(h.level(20)).toBeGreaterThan(0.4);
    await h.dispose();
  });

  it('warmed, the models are there, and no device is touched', async () => {
    const open = { count: 0 };
    const h = await harness({ model: { open } });
    await h.engine.warm();
    expect(open.count).toBe(2);
    expect(h.engine.state).toBe('idle');
    expect([h.backend.sources.length, h.backend.sinks.length]).toEqual([0, 0]);
    await h.start();
    await h.engine.warm();
    await h.clock.advance(100);
    expect([h.engine.state, open.count, h.runners.length]).toEqual(['running', 2, 1]);
    await h.dispose();
    expect(open.count).toBe(0);
  });

  it('forgets the sound of before: nothing of it is heard after a new start', async () => {
    const h = await harness({ signal: recording(new Float32Array(48_000).fill(0.5)) });
    await h.start();
    await h.clock.advance(700);
    await h.engine.stop();
    h.backend.plug({ ...h.mic, signal: (out) => out.fill(0) });
    h.played.length = 0;
    await h.start();
    await h.clock.advance(1000);
    expect(h.level(1000)).toBe(0);
    expect(h.engine.telemetry().counters.hops).toBeLessThanOrEqual(100);
    await h.dispose();
  });

  it('in any order and state, also twice and while starting', async () => {
    const h = await harness();
    await h.engine.stop();
    expect(h.engine.state).toBe('idle');
    const both = [h.engine.start(), h.engine.start(), h.engine.stop(), h.engine.start()];
    await h.settle(Promise.all(both));
    expect(h.engine.state).toBe('running');
    expect(h.backend.sources).toHaveLength(1);
    await h.settle(Promise.all([h.engine.stop(), h.engine.stop()]));
    expect(h.engine.state).toBe('stopped');
    await h.dispose();
    await h.dispose();
    expect(() => h.engine.update({ mute: true })).toThrow(
      expect.objectContaining({ code: 'ENGINE_DISPOSED' }),
    );
    await expect(h.engine.start()).rejects.toMatchObject({ code: 'ENGINE_DISPOSED' });
  });

  it('stopped in the middle of a recovery, the device is not opened any more', async () => {
    const h = await harness({ live: { input: 'Mic' } });
    await h.start();
    await h.clock.advance(500);
    h.backend.unplug('Mic');
    await h.clock.advance(500);
    await h.engine.stop();
    h.backend.plug(h.mic);
    await h.clock.advance(10_000);
    expect(h.backend.sources).toHaveLength(0);
    expect(h.engine.state).toBe('stopped');
    await h.dispose();
  });

  it('other devices while it runs: sound moves over', async () => {
    const h = await harness();
    h.backend.plug({ name: 'Quiet', inputChannels: 1, signal: sine(440, 0.1) });
    await h.start();
    await h.clock.advance(1000);
    await h.settle(h.engine.setDevices({ input: 'Quiet' }));
    await h.clock.advance(1000);
    expect(h.engine.state).toBe('running');
    expect(h.level(100)).toBeCloseTo(0.1, 2);
    await expect(h.engine.setDevices({ input: 'Nowhere' })).rejects.toMatchObject({
      code: 'AUDIO_DEVICE_NOT_FOUND',
    });
    expect(h.engine.state).toBe('failed');
    expect(h.backend.sources).toHaveLength(0);
    await h.dispose();
  });

  it.each([
    [{ blockMs: 0 }],
    [{ blockMs: Number.NaN }],
    [{ inputSampleRateHz: 4000 }],
    [{ outputChannels: 0 }],
  ])('options that cannot be are refused: %j', async (live) => {
    await expect(harness({ live })).rejects.toMatchObject({ code: 'OPTION_INVALID', exitCode: 2 });
  });
});

describe('a finite input', () => {
  it('is played to its end, then said to be over, and the engine stops', async () => {
    const h = await harness({ signal: sine(440, 0.5) });
    const open = h.backend.openSource.bind(h.backend);
    // Two seconds, like a file.
    h.backend.openSource = async (request) => {
      const source = await open(request);
      const start = source.start.bind(source);
      let blocks = 0;
      source.start = (handlers) =>
        start({
          ...handlers,
          block: (samples, atMs) => {
            blocks += 1;
            if (blocks <= 200) void handlers.block(samples, atMs);
            else if (blocks === 201) handlers.ended?.();
          },
        });
      return source;
    };
    await h.start();
    await h.clock.advance(3000);
    expect(h.ofType('ended')).toHaveLength(1);
    expect(h.engine.state).toBe('stopped');
    expect(h.engine.telemetry().counters.underruns).toBe(0);
    // All of it but the fade at either end.
    const loud = h.played.filter((x) => Math.abs(x) > 1e-4).length;
    expect(loud / 48_000).toBeGreaterThan(1.98);
    expect(loud / 48_000).toBeLessThan(2.02);
    await h.dispose();
  });
});

describe('taps', () => {
  it('receive every hop once and in order, both signals aligned', async () => {
    const noise = Float32Array.from({ length: 48_000 * 3 }, (_, i) => Math.sin(i * i * 1e-4) * 0.4);
    const h = await harness({ signal: recording(noise) });
    const raw: number[] = [];
    const enhanced: number[] = [];
    const indices: number[] = [];
    const calls: string[] = [];
    let format: TapFormat | undefined;
    const remove = h.engine.addTap({
      begin: (f) => {
        format = f;
        calls.push('begin');
      },
      hop: (hop) => {
        indices.push(hop.index);
        raw.push(...hop.raw);
        enhanced.push(...hop.enhanced);
        expect(hop.codes).toHaveLength(3);
      },
      end: () => calls.push('end'),
    });
    await h.start();
    await h.clock.advance(2500);
    await h.engine.stop();
    expect(format).toEqual({
      modelId: 'tiny',
      sampleRateHz: 16_000,
      hopSamples: 160,
      codeLeadHops: 1,
    });
    expect(indices).toEqual(indices.map((_, i) => i));
    expect(indices.length).toBeGreaterThan(245);
    // The model is transparent.
    expect(Math.max(...raw.map((x, i) => Math.abs(x - enhanced[i]!)))).toBeLessThan(1e-6);
    expect(Math.max(...raw)).toBeGreaterThan(0.3);
    await h.start();
    remove();
    expect(calls).toEqual(['begin', 'end', 'begin', 'end']);
    await h.dispose();
  });
});

describe('telemetry', () => {
  it('comes 20 times a second, is plain data, and everything in it is finite', async () => {
    const h = await harness();
    const seen: unknown[] = [];
    h.engine.on('telemetry', ({ telemetry }) => seen.push(telemetry));
    await h.start();
    seen.length = 0;
    await h.clock.advance(10_000);
    expect(seen.length).toBeGreaterThanOrEqual(199);
    expect(seen.length).toBeLessThanOrEqual(201);
    for (const telemetry of seen) expect(JSON.parse(JSON.stringify(telemetry))).toEqual(telemetry);
    await h.dispose();
  });

  it('spectrogram columns of input and output arrive once, 50 a second, with the tone in its band', async () => {
    const h = await harness({ signal: sine(1000, 0.5) });
    let columns = 0;
    let last: readonly number[] = [];
    h.engine.on('telemetry', ({ telemetry: { spectrogram } }) => {
      columns += spectrogram.output.length;
      last = spectrogram.output.at(-1) ?? last;
      expect(spectrogram.input).toHaveLength(spectrogram.output.length);
      expect(spectrogram).toMatchObject({ bins: 128, columnMs: 20 });
    });
    await h.start();
    await h.clock.advance(10_000);
    // Looking does not take away what listeners are to get.
    h.engine.telemetry();
    h.engine.telemetry();
    expect(Math.abs(columns - 500)).toBeLessThanOrEqual(3);
    // 8000 Hz in 128 bands; a sine of half scale is −6 dB.
    expect(last.indexOf(Math.max(...last))).toBe(16);
    expect(Math.max(...last)).toBeGreaterThanOrEqual(-8);
    expect(Math.max(...last)).toBeLessThanOrEqual(-5);
    await h.dispose();
  });

  it('levels are those of the tone', async () => {
    const h = await harness({ signal: sine(1000, 0.5) });
    await h.start();
    await h.clock.advance(2000);
    const { inputLevel, outputLevel } = h.engine.telemetry();
    for (const level of [inputLevel, outputLevel]) {
      expect(level.rms).toBeCloseTo(-9.03, 1);
      expect(level.peak).toBeCloseTo(-6.02, 1);
      expect(level.clipped).toBe(false);
    }
    await h.dispose();
  });
});
