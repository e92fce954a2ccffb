import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../common/clock.ts';
import type { ResiduaError } from '../../../common/errors.ts';
import type { SinkHandlers, SourceHandlers } from '../../backend.ts';
import { FakeBackend } from './fake-backend.ts';
import type { FakeDeviceOptions } from './device.ts';
import { clicks, frameNumbers, sine } from './signals.ts';

function setup(...devices: FakeDeviceOptions[]) {
  const clock = new VirtualClock(5000);
  return { clock, backend: new FakeBackend({ clock, devices }) };
}

/** Keeps what a source delivers. */
function collector() {
  const blocks: Float32Array[] = [];
  const times: number[] = [];
  const errors: ResiduaError[] = [];
  const handlers: SourceHandlers = {
    block: (samples, atMs) => {
      blocks.push(samples.slice());
      times.push(atMs);
    },
    failed: (error) => void errors.push(error),
  };
  return { blocks, times, errors, handlers };
}

/** Feeds a sink with frame numbers from 1 up. */
function counter() {
  let next = 1;
  let pulls = 0;
  const errors: ResiduaError[] = [];
  const handlers: SinkHandlers = {
    pull: (out) => {
      pulls++;
      for (let i = 0; i < out.length; i++) out[i] = next++;
    },
    failed: (error) => void errors.push(error),
  };
  return { handlers, errors, pulls: () => pulls };
}

describe('source', () => {
  it('delivers each block when its last frame is there, in order, none lost', async () => {
    const { clock, backend } = setup({ name: 'Mic', inputChannels: 2, signal: frameNumbers });
    const got = collector();
    const source = await backend.openSource({ device: 'Mic', channels: 2 });
    await source.start(got.handlers);
    await clock.advance(1000);
    expect(got.blocks).toHaveLength(100);
    expect(got.times[0]).toBeCloseTo(5010, 6);
    expect(got.times[99]).toBeCloseTo(6000, 6);
    const left = got.blocks.flatMap((block) => [...block].filter((_, i) => i % 2 === 0));
    expect(left.every((value, i) => value === i)).toBe(true);
  });

  it('runs fast or slow by its drift, which can change', async () => {
    const { clock, backend } = setup({ name: 'Mic', inputChannels: 1, driftPpm: 10_000 });
    const got = collector();
    const source = await backend.openSource({});
    await source.start(got.handlers);
    await clock.advance(10_000);
    expect(got.blocks).toHaveLength(1010);
    backend.setDrift('Mic', -10_000);
    await clock.advance(10_000);
    expect(got.blocks).toHaveLength(2000);
  });

  it('hands over late by its jitter, never out of order', async () => {
    const { clock, backend } = setup({
      name: 'Mic',
      inputChannels: 1,
      signal: frameNumbers,
      jitterMs: (block) => (block === 3 ? 25 : 0),
    });
    const got = collector();
    await (await backend.openSource({})).start(got.handlers);
    await clock.advance(100);
    expect(got.times.map((at) => Math.round(at - 5000))).toEqual([
      10, 20, 30, 65, 65, 65, 70, 80, 90, 100,
    ]);
    expect(got.blocks.map((block) => block[0]! / 480)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('loses the oldest blocks of a stall longer than the driver keeps', async () => {
    const { clock, backend } = setup({
      name: 'Mic',
      inputChannels: 1,
      signal: frameNumbers,
      driverBlocks: 4,
    });
    const got = collector();
    await (await backend.openSource({})).start(got.handlers);
    await clock.advance(100);
    backend.stall('Mic', 2000);
    await clock.advance(2100);
    const numbers = got.blocks.map((block) => block[0]! / 480);
    expect(numbers.slice(9, 12)).toEqual([9, 206, 207]);
    expect(numbers.at(-1)).toBe(219);
    expect(backend.sources[0]!.lostFrames).toBe(196 * 480);
  });

  it('reports a stall once it lasted too long', async () => {
    const { clock, backend } = setup({ name: 'Mic', inputChannels: 1 });
    const got = collector();
    await (await backend.openSource({})).start(got.handlers);
    await clock.advance(100);
    backend.stall('Mic', 5000, 500);
    await clock.advance(1000);
    expect(got.errors.map(({ code }) => code)).toEqual(['AUDIO_DEVICE_STALLED']);
    await clock.advance(10_000);
    expect(got.blocks).toHaveLength(10);
  });

  it('fails when unplugged, and opens at the rate of its return', async () => {
    const { clock, backend } = setup(
      { name: 'Mic', inputChannels: 1 },
      { name: 'Other', inputChannels: 1 },
    );
    const got = collector();
    const source = await backend.openSource({ device: 'Mic' });
    await source.start(got.handlers);
    await clock.advance(50);
    backend.unplug('Mic');
    await clock.advance(1000);
    expect(got.errors.map(({ code }) => code)).toEqual(['AUDIO_DEVICE_LOST']);
    expect(got.blocks).toHaveLength(5);
    await source.close();
    await expect(backend.openSource({ device: 'Mic' })).rejects.toMatchObject({
      code: 'AUDIO_DEVICE_NOT_FOUND',
      hint: 'There are: "Other".',
    });
    backend.plug({ name: 'Mic', inputChannels: 1, defaultSampleRateHz: 16_000 });
    expect((await backend.devices()).map(({ name }) => name)).toEqual(['Other', 'Mic']);
    expect(await backend.openSource({ device: 'Mic' })).toMatchObject({
      sampleRateHz: 16_000,
      blockFrames: 160,
    });
  });
});

describe('sink', () => {
  it('plays what it pulled, after the silence queued first', async () => {
    const played: number[] = [];
    const times: number[] = [];
    const { clock, backend } = setup({
      name: 'Out',
      outputChannels: 1,
      queueBlocks: 3,
      latencyMs: 7,
      listener: (samples, _frame, _channels, atMs) => {
        played.push(...samples);
        times.push(atMs);
      },
    });
    const feed = counter();
    const sink = await backend.openSink({});
    await sink.start(feed.handlers);
    await clock.advance(95);
    // Block 0 began at once and made room for a pull: ten blocks have begun by 95 ms.
    expect(feed.pulls()).toBe(10);
    expect(sink.latencyMs).toBeCloseTo(7 + 35, 6);
    expect(times[3]).toBeCloseTo(5037, 6);
    await sink.close();
    expect(played.slice(0, 1440).every((value) => value === 0)).toBe(true);
    expect(played.slice(1440)).toEqual(Array.from({ length: 4800 }, (_, i) => i + 1));
    expect(backend.sinks).toHaveLength(0);
  });

  it('counts underruns and keeps its latency after them', async () => {
    const { clock, backend } = setup({
      name: 'Out',
      outputChannels: 1,
      jitterMs: (round) => (round === 5 ? 55 : 0),
    });
    const feed = counter();
    const sink = await backend.openSink({});
    await sink.start(feed.handlers);
    await clock.advance(40);
    const beforeMs = sink.latencyMs;
    await clock.advance(160);
    expect(backend.sinks[0]!.underruns).toBe(4);
    expect(sink.latencyMs).toBeCloseTo(beforeMs, 6);
    expect(feed.errors).toEqual([]);
  });

  it('plays at the pace of its own clock for an hour, none lost', async () => {
    let frames = 0;
    const { clock, backend } = setup({
      name: 'Out',
      outputChannels: 1,
      driftPpm: -200,
      jitterMs: 4,
      defaultSampleRateHz: 44_100,
      listener: (samples) => void (frames += samples.length),
    });
    const sink = await backend.openSink({});
    await sink.start({ pull: (out) => void out.fill(0), failed: () => {} });
    await clock.advance(3_600_000);
    expect(backend.sinks[0]!.underruns).toBe(0);
    expect(Math.abs(frames - 44_100 * 3600 * (1 - 200e-6))).toBeLessThanOrEqual(441);
  }, 120_000);

  it('fails when the whole back end goes, and works again after it', async () => {
    const { backend } = setup({ name: 'Out', outputChannels: 1 });
    const feed = counter();
    const sink = await backend.openSink({});
    await sink.start(feed.handlers);
    backend.setUnavailable('no sound server');
    expect(feed.errors.map(({ code }) => code)).toEqual(['AUDIO_DEVICE_LOST']);
    await expect(backend.devices()).rejects.toMatchObject({ code: 'AUDIO_UNAVAILABLE' });
    backend.setUnavailable(undefined);
    expect(await backend.openSink({})).toMatchObject({ channels: 1 });
  });
});

describe('refusals', () => {
  it('refuses rates, channel counts and a second user as told', async () => {
    const { backend } = setup(
      { name: 'Picky', inputChannels: 8, acceptedRatesHz: [96_000], acceptedChannels: [8] },
      { name: 'Busy', inputChannels: 1, busy: true },
    );
    const refused = { code: 'AUDIO_DEVICE_REFUSED' };
    const picky = { device: 'Picky', sampleRateHz: 96_000, channels: 8 };
    await expect(backend.openSource({ ...picky, sampleRateHz: 48_000 })).rejects.toMatchObject(
      refused,
    );
    await expect(backend.openSource({ ...picky, channels: 2 })).rejects.toMatchObject(refused);
    await expect(backend.openSource({ device: 'Busy' })).rejects.toMatchObject(refused);
    expect(await backend.openSource(picky)).toMatchObject({ channels: 8, blockFrames: 960 });
  });
});

describe('signals', () => {
  it('continue across blocks', () => {
    const whole = new Float32Array(960);
    const parts = new Float32Array(960);
    for (const signal of [sine(997), clicks(100)]) {
      signal(whole, 0, 1, 48_000, 0);
      signal(parts.subarray(0, 333), 0, 1, 48_000, 0);
      signal(parts.subarray(333), 333, 1, 48_000, 0);
      parts.forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 6));
    }
    expect([...whole].flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([
      0, 100, 200, 300, 400, 500, 600, 700, 800, 900,
    ]);
  });
});
