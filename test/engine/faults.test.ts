import { describe, expect, it } from 'vitest';
import { sine, type Signal } from '../../src/audio/backends/fake/signals.ts';
import { describeError } from '../../src/common/errors.ts';
import { harness, type HarnessOptions } from './harness.ts';
import { ToneCheck } from './tone-check.ts';

const RATE_HZ = 48_000;
/** Steps between samples of a 440 Hz sine of 0.5 are at most 0.029, a fade adds 0.007; a click is more. */
const SINE_STEP = 0.04;

/** Running with a tone, two seconds in. */
async function running(options: HarnessOptions = {}) {
  const h = await harness({ signal: sine(440, 0.5), ...options });
  await h.start();
  await h.clock.advance(2000);
  expect(h.engine.state).toBe('running');
  expect(h.level(100)).toBeCloseTo(0.5, 2);
  return h;
}

/** The share of cycles per second at the end of what was played: the pitch. */
function pitchHz(played: readonly number[], rateHz = RATE_HZ): number {
  const last = played.slice(-rateHz);
  let rises = 0;
  for (let i = 1; i < last.length; i++) if (last[i - 1]! < 0 && last[i]! >= 0) rises++;
  return rises;
}

describe('a device', () => {
  it('unplugged while it is read: silence without a click; back at another index and rate: sound', async () => {
    const h = await running();
    const from = h.played.length;
    h.backend.unplug('Mic');
    expect(h.engine.state).toBe('recovering');
    await h.clock.advance(1000);
    expect(h.level(500)).toBe(0);
    expect(h.backend.sinks).toHaveLength(1);
    h.backend.plug({ name: 'Other', inputChannels: 2 });
    await h.clock.advance(3000);
    // Another device is no substitute for the one that was asked for by default? It is the default now.
    expect(h.engine.telemetry().input?.name).toBe('Other');
    await h.dispose();
    expect(h.step(from)).toBeLessThan(SINE_STEP);
  });

  it('named in the request is waited for, whatever else is there', async () => {
    const h = await running({ live: { input: 'Mic' } });
    const from = h.played.length;
    h.backend.unplug('Mic');
    h.backend.plug({ name: 'Other', inputChannels: 1, signal: sine(99, 1) });
    await h.clock.advance(10_000);
    expect(h.engine.state).toBe('recovering');
    expect(h.level(5000)).toBe(0);
    h.backend.plug({ ...h.mic, inputChannels: 2, defaultSampleRateHz: 44_100 });
    await h.clock.advance(4000);
    expect(h.engine.state).toBe('running');
    expect(h.engine.telemetry().input).toMatchObject({ name: 'Mic', sampleRateHz: 44_100 });
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    expect(Math.abs(pitchHz(h.played) - 440)).toBeLessThanOrEqual(1);
    expect(h.step(from)).toBeLessThan(SINE_STEP);
    expect(h.states()).toEqual(['starting', 'running', 'recovering', 'running']);
    expect(h.ofType('device-lost')).toMatchObject([
      { direction: 'input', device: 'Mic', problem: { code: 'AUDIO_DEVICE_LOST' } },
    ]);
    const [back] = h.ofType('device-back');
    expect(back).toMatchObject({ direction: 'input', device: { name: 'Mic' } });
    expect(back!.afterMs).toBeGreaterThan(10_000);
    expect(back!.afterMs).toBeLessThan(13_000);
    expect(h.logs()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^input "Mic" lost: /)]),
    );
    expect(h.engine.telemetry().counters).toMatchObject({ deviceLosses: 1, underruns: 0 });
    await h.dispose();
  });

  it('of the output, unplugged and back at another rate: sound goes on at the usual latency', async () => {
    const h = await running({ live: { output: 'Speakers' } });
    const before = h.engine.telemetry().latencyMs;
    h.backend.unplug('Speakers');
    await h.clock.advance(5000);
    expect(h.engine.state).toBe('recovering');
    h.backend.plug({ ...h.out, defaultSampleRateHz: 44_100 });
    await h.clock.advance(4000);
    expect(h.engine.state).toBe('running');
    // Corrections bend it by up to 0.2 %.
    expect(Math.abs(pitchHz(h.played, 44_100) - 440)).toBeLessThanOrEqual(1);
    const { total } = h.engine.telemetry().latencyMs;
    expect(Math.abs(total - before.total)).toBeLessThan(15);
    await h.dispose();
  });

  it('that stalls without an error is noticed and opened anew', async () => {
    const h = await running();
    h.backend.stall('Mic', 60_000);
    await h.clock.advance(2500);
    expect(h.ofType('device-lost')).toMatchObject([
      { direction: 'input', problem: { code: 'AUDIO_DEVICE_STALLED' } },
    ]);
    await h.clock.advance(1000);
    expect(h.engine.state).toBe('running');
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.dispose();
  });

  it('whose driver loses a second of sound: a gap, then the usual latency', async () => {
    const h = await running();
    await h.clock.advance(30_000);
    const before = h.engine.telemetry().latencyMs.total;
    h.backend.stall('Mic', 1000);
    await h.clock.advance(15_000);
    expect(h.engine.state).toBe('running');
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    expect(Math.abs(h.engine.telemetry().latencyMs.total - before)).toBeLessThan(6);
    expect(h.engine.telemetry().counters.underruns).toBe(1);
    await h.dispose();
  });

  it('that hands over 60 ms at once: the latency goes up no further than that, and comes back', async () => {
    // A scheduling hiccup every second for five seconds.
    let calm = true;
    const h = await running({
      mic: { jitterMs: (block) => (!calm && block % 100 === 0 ? 60 : 0) },
    });
    await h.clock.advance(20_000);
    const before = h.engine.telemetry().latencyMs.total;
    calm = false;
    await h.clock.advance(5000);
    const during = h.engine.telemetry();
    expect(during.latencyMs.total - before).toBeLessThan(70);
    // Once heard as a gap, then kept for.
    expect(during.counters.underruns).toBeLessThanOrEqual(2);
    calm = true;
    await h.clock.advance(120_000);
    expect(h.engine.telemetry().counters.underruns).toBe(during.counters.underruns);
    expect(h.engine.telemetry().latencyMs.total - before).toBeLessThan(3);
    await h.dispose();
  });

  it('is not there at all: start says so, and works once it is', async () => {
    const h = await harness({ unplugged: true });
    await expect(h.start()).rejects.toMatchObject({ code: 'AUDIO_DEVICE_NOT_FOUND' });
    expect(h.engine.state).toBe('failed');
    expect(h.engine.telemetry().problem).toMatchObject({ code: 'AUDIO_DEVICE_NOT_FOUND' });
    h.backend.plug(h.mic);
    // The output is still missing: the microphone is not kept open for nothing.
    await expect(h.start()).rejects.toMatchObject({ code: 'AUDIO_DEVICE_NOT_FOUND' });
    expect(h.backend.sources).toHaveLength(0);
    h.backend.plug(h.out);
    await h.start();
    await h.clock.advance(500);
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.dispose();
  });

  it('that refuses a rate or a channel count: start fails with what it said', async () => {
    const h = await harness({
      mic: { inputChannels: 8, acceptedRatesHz: [96_000], acceptedChannels: [8] },
      live: { inputSampleRateHz: 44_100 },
    });
    const refused = await h.start().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'AUDIO_DEVICE_REFUSED' });
    expect(describeError(refused)).toMatch(/44100 Hz/);
    await h.settle(h.engine.setDevices({ inputSampleRateHz: 96_000, inputChannels: 8 }));
    await h.start();
    await h.clock.advance(1000);
    expect(h.engine.telemetry().input).toMatchObject({ sampleRateHz: 96_000, channels: 8 });
    expect(pitchHz(h.played)).toBeGreaterThan(300);
    await h.dispose();
  });

  it('with 8 channels is averaged to one', async () => {
    const one: Signal = (out, start, channels, rateHz, at) => {
      sine(440, 0.8)(out, start, channels, rateHz, at);
      for (let i = 0; i < out.length; i++) if (i % channels !== 3) out[i] = 0;
    };
    const h = await harness({
      signal: one,
      mic: { inputChannels: 8 },
      out: { outputChannels: 2 },
      live: { inputChannels: 8, outputChannels: 2 },
    });
    await h.start();
    await h.clock.advance(1000);
    expect(h.level(100)).toBeCloseTo(0.1, 2);
    expect(h.engine.telemetry().output?.channels).toBe(2);
    await h.dispose();
  });

  it('that gives NaN and infinity is heard as silence there, counted', async () => {
    const broken: Signal = (out, start, channels, rateHz, at) => {
      sine(440, 0.5)(out, start, channels, rateHz, at);
      if (start === RATE_HZ * 3) {
        out[10] = Number.NaN;
        out[11] = Infinity;
      }
    };
    const h = await running({ signal: broken });
    await h.clock.advance(3000);
    expect(h.played.every(Number.isFinite)).toBe(true);
    expect(h.engine.telemetry().counters).toMatchObject({ sanitizedSamples: 2, modelFailures: 0 });
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.dispose();
  });
});

describe('the sound server', () => {
  it('restarted: both devices are lost and come back by themselves', async () => {
    const h = await running();
    h.backend.setUnavailable('the sound server is gone');
    expect(h.engine.state).toBe('recovering');
    await h.clock.advance(4000);
    h.backend.setUnavailable(undefined);
    await h.clock.advance(4000);
    expect(h.engine.state).toBe('running');
    expect(
      h
        .ofType('device-back')
        .map(({ direction }) => direction)
        .sort(),
    ).toEqual(['input', 'output']);
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.dispose();
  });
});

describe('the machine', () => {
  it('slept for an hour: devices are opened anew, latency is what it was', async () => {
    const h = await running();
    await h.clock.advance(20_000);
    const before = h.engine.telemetry().latencyMs.total;
    // The simulated device plays an hour of silence meanwhile.
    h.keeping.on = false;
    h.clock.sleepMachine(3_600_000);
    await h.clock.advance(1000);
    h.keeping.on = true;
    await h.clock.advance(3000);
    expect(h.ofType('resumed')).toHaveLength(1);
    expect(h.ofType('resumed')[0]!.sleptMs).toBeGreaterThanOrEqual(3_600_000);
    expect(h.engine.state).toBe('running');
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.clock.advance(25_000);
    expect(Math.abs(h.engine.telemetry().latencyMs.total - before)).toBeLessThan(3);
    await h.dispose();
  });
});

describe('the codec', () => {
  it('stalled for two seconds: a gap, sound that is too old is dropped, latency as before', async () => {
    let stallMs = 0;
    const h = await running({
      model: {
        beforeHop: () => {
          const ms = stallMs;
          stallMs = 0;
          return ms > 0 ? h.clock.sleep(ms) : undefined;
        },
      },
    });
    await h.clock.advance(45_000);
    const before = h.engine.telemetry().latencyMs.total;
    const from = h.played.length;
    stallMs = 2000;
    await h.clock.advance(1900);
    expect(h.level(1000)).toBe(0);
    await h.clock.advance(3000);
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    expect(h.engine.state).toBe('running');
    const { counters } = h.engine.telemetry();
    expect(counters).toMatchObject({ workerRestarts: 0, underruns: 1 });
    // Two seconds less what was still fresh.
    expect(counters.droppedSamples).toBeGreaterThan(16_000 * 1.9);
    expect(counters.droppedSamples).toBeLessThan(16_000 * 2.1);
    const [overload] = h.ofType('overload');
    expect(overload!.droppedMs).toBeGreaterThan(1900);
    expect(h.logs()).toEqual(
      expect.arrayContaining([expect.stringMatching(/the codec fell behind: \d+ ms/)]),
    );
    await h.clock.advance(20_000);
    expect(Math.abs(h.engine.telemetry().latencyMs.total - before)).toBeLessThan(3);
    expect(h.step(from)).toBeLessThan(SINE_STEP);
    await h.dispose();
  });

  it('slower than real time: newest sound first, latency stays bounded', async () => {
    let hopMs = 0;
    const h = await running({
      model: { beforeHop: () => (hopMs > 0 ? h.clock.sleep(hopMs) : undefined) },
    });
    hopMs = 15;
    const latency: number[] = [];
    const off = h.engine.on('telemetry', (e) => latency.push(e.telemetry.latencyMs.total));
    await h.clock.advance(20_000);
    off();
    expect(Math.max(...latency)).toBeLessThan(250);
    expect(h.ofType('overload').length).toBeGreaterThan(10);
    hopMs = 0;
    await h.clock.advance(5000);
    const { underruns, droppedSamples } = h.engine.telemetry().counters;
    await h.clock.advance(60_000);
    expect(h.engine.telemetry().counters).toMatchObject({ underruns, droppedSamples });
    await h.dispose();
  });

  it('killed: silence without a click, then sound from a new one with the controls as set', async () => {
    const h = await running({ model: { gain: (q) => (q === 'none' ? 0.5 : 1) } });
    h.engine.update({ quantizer: 'none' });
    await h.clock.advance(1000);
    const from = h.played.length;
    h.runners[0]!.kill();
    expect(h.engine.state).toBe('recovering');
    await h.settle(h.clock.advance(1));
    await h.settle(
      new Promise<void>((resolve) => h.engine.on('worker-restarted', () => resolve())),
    );
    await h.clock.advance(1000);
    expect(h.engine.state).toBe('running');
    expect(h.runners).toHaveLength(2);
    expect(h.level(100)).toBeCloseTo(0.25, 2);
    expect(h.step(from)).toBeLessThan(SINE_STEP);
    expect(h.engine.telemetry().counters).toMatchObject({ workerRestarts: 1, underruns: 1 });
    expect(h.engine.telemetry().heard.quantizer).toBe('none');
    expect(h.logs()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^the codec's worker ended: /)]),
    );
    await h.dispose();
  });

  it('that dies again and again is given up: devices released, state failed, start works', async () => {
    const h = await running();
    for (let k = 0; k < 6; k++) {
      h.runners.at(-1)!.kill();
      while (h.engine.state === 'recovering') await h.settle(h.clock.advance(10).then(turn));
    }
    expect(h.engine.state).toBe('failed');
    expect(h.engine.telemetry().problem).toMatchObject({ code: 'CODEC_UNSTABLE' });
    await h.clock.advance(10);
    expect([h.backend.sources.length, h.backend.sinks.length]).toEqual([0, 0]);
    await h.start();
    await h.clock.advance(1000);
    expect(h.level(100)).toBeCloseTo(0.5, 2);
    await h.dispose();
  });

  it('that hangs for good is replaced', async () => {
    let hangs = false;
    const h = await running({
      model: { beforeHop: () => (hangs ? new Promise(() => undefined) : undefined) },
    });
    hangs = true;
    await h.clock.advance(3000);
    expect(h.runners).toHaveLength(1);
    hangs = false;
    await h.clock.advance(2000);
    await h.settle(turn());
    await h.clock.advance(1000);
    expect(h.runners).toHaveLength(2);
    expect(h.engine.state).toBe('running');
    expect(h.level(100)).toBeCloseTo(0.5, 2);
  });

  it('NaN from the model now and then: the dry sound instead, no click, counted', async () => {
    let hops = 0;
    const check = new ToneCheck(440, RATE_HZ, 2.5 * RATE_HZ);
    const h = await running({
      model: { fails: () => ++hops > 300 && hops % 200 === 0 },
      listen: (samples, _frame, channels) => check.add(samples, channels),
    });
    await h.clock.advance(10_000);
    const { counters } = h.engine.telemetry();
    // One hop fails, and the next few are dry until the session has caught up.
    expect(counters.modelFailures).toBeGreaterThanOrEqual(4);
    expect(counters.modelFailures).toBeLessThan(40);
    expect(counters.underruns).toBe(0);
    // The model is transparent: dry and enhanced sound are the same, only seams could be heard.
    expect(check.worstDb).toBeLessThan(-60);
    await h.dispose();
  });

  it('NaN from the model for good: dry sound, said once; enhanced again when it works', async () => {
    let fails = false;
    const g = await harness({
      signal: sine(440, 0.5),
      model: { fails: () => fails, gain: () => 0.5 },
    });
    await g.start();
    await g.clock.advance(2000);
    expect(g.level(100)).toBeCloseTo(0.25, 2);
    fails = true;
    await g.clock.advance(20_000);
    expect(g.level(100)).toBeCloseTo(0.5, 2);
    expect(g.ofType('fallback')).toMatchObject([{ what: 'dry', to: 'dry' }]);
    // Tried again ever more rarely, not every hop.
    expect(g.engine.telemetry().counters.modelFailures).toBeGreaterThan(1900);
    fails = false;
    await g.clock.advance(5000);
    expect(g.level(100)).toBeCloseTo(0.25, 2);
    expect(g.engine.state).toBe('running');
    await g.dispose();
  });
});

describe('a tap', () => {
  it('that throws is removed, said, and harms nobody', async () => {
    const h = await running();
    let hops = 0;
    h.engine.addTap({
      begin: () => undefined,
      hop: () => {
        throw new Error('disk on fire');
      },
      end: () => undefined,
    });
    h.engine.addTap({ begin: () => undefined, hop: () => hops++, end: () => undefined });
    await h.clock.advance(1000);
    expect(hops).toBeGreaterThan(90);
    expect(h.logs()).toEqual(
      expect.arrayContaining([expect.stringMatching(/a tap was removed: disk on fire/)]),
    );
    await h.dispose();
  });
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
