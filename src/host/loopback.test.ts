import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../audio/backends/fake/fake-backend.ts';
import type { FakeDeviceOptions, Listener } from '../audio/backends/fake/device.ts';
import type { Signal } from '../audio/backends/fake/signals.ts';
import { VirtualClock } from '../common/clock.ts';
import { uniformNoise } from '../common/noise.ts';
import type { Loopback } from '../ipc/engine-protocol.ts';
import { measureLoopback } from './loopback.ts';

/** A room: what the loudspeaker plays reaches the microphone later, weaker, with noise. */
function room(rateHz: number, delayMs: number, gain: number, noise: number) {
  const air = new Float32Array(rateHz * 20);
  const random = uniformNoise(5);
  const frameAt = (ms: number): number => Math.round((ms * rateHz) / 1000);
  const listener: Listener = (samples, _start, channels, atMs) => {
    const first = frameAt(atMs + delayMs);
    for (let i = 0; i < samples.length / channels; i++) air[first + i] = samples[i * channels]!;
  };
  const signal: Signal = (out, _start, channels, _rate, atMs) => {
    const first = frameAt(atMs);
    for (let i = 0; i < out.length / channels; i++) {
      out.fill((air[first + i] ?? 0) * gain + noise * random(), i * channels, (i + 1) * channels);
    }
  };
  return { listener, signal };
}

async function measure(
  delayMs: number,
  {
    gain = 0.3,
    noise = 0,
    rateHz = 48_000,
    ...device
  }: Partial<FakeDeviceOptions> & {
    gain?: number;
    noise?: number;
    rateHz?: number;
  } = {},
): Promise<Loopback> {
  const clock = new VirtualClock();
  const { listener, signal } = room(rateHz, delayMs, gain, noise);
  const common = { defaultSampleRateHz: rateHz, ...device };
  const backend = new FakeBackend({
    clock,
    devices: [
      { name: 'Mic', inputChannels: 2, signal, ...common },
      { name: 'Speakers', outputChannels: 2, listener, ...common },
    ],
  });
  let done = false;
  const measured = measureLoopback(backend, {}, clock).finally(() => (done = true));
  measured.catch(() => undefined);
  for (let i = 0; i < 2000 && !done; i++) await clock.advance(10);
  expect([...backend.sources, ...backend.sinks]).toEqual([]);
  return measured;
}

describe('measureLoopback', () => {
  it('finds the way through the air to a fraction of a millisecond', async () => {
    const near = await measure(0);
    expect(near).toMatchObject({ input: 'Mic', output: 'Speakers', snrDb: 120, clipped: false });
    // What is queued before the loudspeaker: two blocks of 10 ms, a third one playing.
    expect(near.loopbackMs).toBeGreaterThan(9);
    expect(near.loopbackMs).toBeLessThan(31);
    for (const delayMs of [3, 37.5, 250]) {
      const far = await measure(delayMs);
      expect(far.loopbackMs! - near.loopbackMs!).toBeCloseTo(delayMs, 0);
    }
  });

  it('is not misled by noise, jitter, another rate, a turned cable', async () => {
    const plain = await measure(20);
    for (const options of [
      { noise: 0.05 },
      { jitterMs: 6 },
      { rateHz: 16_000 },
      { gain: -0.1 },
      { driftPpm: 200 },
    ]) {
      const { loopbackMs } = await measure(20, options);
      expect(Math.abs(loopbackMs! - plain.loopbackMs!), JSON.stringify(options)).toBeLessThan(1);
    }
  });

  it('says how far the sound stands above the noise', async () => {
    // Amplitude 0.25 · 0.3 of a sine (its soft edges taken off) against noise of ±0.01.
    const expected = 10 * Math.log10(((0.075 ** 2 / 2) * 0.84) / (0.01 ** 2 / 3));
    const { snrDb } = await measure(10, { noise: 0.01 });
    expect(Math.abs(snrDb! - expected)).toBeLessThan(1.5);
  });

  it('hears nothing where there is nothing to hear', async () => {
    for (const noise of [0, 0.1]) {
      expect(await measure(0, { gain: 0, noise })).toMatchObject({ loopbackMs: null, snrDb: null });
    }
  });

  it('notices a microphone that is too loud', async () => {
    expect((await measure(0, { gain: 8 })).clipped).toBe(true);
  });

  it('gives up a device that delivers nothing, and releases both', async () => {
    await expect(measure(0, { jitterMs: () => 1e9 })).rejects.toMatchObject({
      code: 'AUDIO_DEVICE_STALLED',
    });
    await expect(measure(0, { busy: true })).rejects.toMatchObject({
      code: 'AUDIO_DEVICE_REFUSED',
    });
  });
});
