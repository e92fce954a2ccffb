import { describe, expect, it } from 'vitest';
import { sine, type Signal } from '../../src/audio/backends/fake/signals.ts';
import type { LiveControls } from '../../src/engine/contract.ts';
import { harness, type HarnessOptions } from './harness.ts';
import { heapMiB } from './heap.ts';
import { ToneCheck } from './tone-check.ts';

const RATE_HZ = 48_000;

/** Starts with a steady tone and lets the first seconds pass. */
async function withTone(options: HarnessOptions = {}) {
  const check = new ToneCheck(440, RATE_HZ, 2.5 * RATE_HZ);
  const h = await harness({
    signal: sine(440, 0.5),
    keep: false,
    ...options,
    listen: (samples, _frame, channels) => check.add(samples, channels),
  });
  await h.start();
  await h.clock.advance(3000);
  return { h, check };
}

describe('live controls', () => {
  it('10,000 switches of quantizer and codebooks: no click above −60 dBFS, no leak', async () => {
    const { h, check } = await withTone();
    const switchOnce = async (k: number) => {
      const change: Partial<LiveControls> =
        k % 3 === 0
          ? { quantizer: 'none' }
          : k % 3 === 1
            ? { quantizer: 'rvq' }
            : { codebooks: 1 + (k % 2) };
      h.engine.update(change);
      // Not in step with the hops, and sometimes faster than a switch takes.
      await h.clock.advance(7 + ((k * 13) % 29));
    };
    for (let k = 0; k < 500; k++) await switchOnce(k);
    h.events.length = 0;
    const before = heapMiB();
    for (let k = 500; k < 10_000; k++) await switchOnce(k);
    h.events.length = 0;
    expect(heapMiB() - before).toBeLessThan(3);
    const { counters } = h.engine.telemetry();
    // A switch that is overtaken by the next one is not carried out.
    expect(counters.switches).toBeGreaterThan(8000);
    expect(counters).toMatchObject({ underruns: 0, droppedSamples: 0, modelFailures: 0 });
    expect(check.worstDb).toBeLessThan(-60);
    await h.dispose();
  }, 240_000);

  it.each<[string, Partial<LiveControls>[]]>([
    ['bypass', [{ bypass: true }, { bypass: false }]],
    ['mix', [{ mix: 0 }, { mix: 0.3 }, { mix: 1 }]],
    ['attenuation limit', [{ attenuationLimitDb: 6 }, { attenuationLimitDb: null }]],
    ['codebooks', [{ codebooks: 1 }, { codebooks: 3 }]],
    [
      'all at once',
      [
        { mix: 0, bypass: true, codebooks: 1 },
        { mix: 1, bypass: false },
      ],
    ],
  ])(
    '%s: a transparent model sounds the same throughout, without a click',
    async (_name, steps) => {
      const { h, check } = await withTone();
      for (let k = 0; k < 60; k++) {
        h.engine.update(steps[k % steps.length]!);
        await h.clock.advance(33 + (k % 17));
      }
      expect(check.worstDb).toBeLessThan(-60);
      expect(check.peak).toBeCloseTo(0.5, 2);
      await h.dispose();
    },
  );

  it.each<[string, Partial<LiveControls>[]]>([
    ['input gain', [{ inputGainDb: -20 }, { inputGainDb: 0 }]],
    ['mute', [{ mute: true }, { mute: false }]],
  ])('%s moves the level without a click', async (_name, steps) => {
    const { h, check } = await withTone();
    for (let k = 0; k < 40; k++) {
      h.engine.update(steps[k % steps.length]!);
      await h.clock.advance(55);
    }
    // A change of level over 10 ms is itself no sine; a step would measure −10 dB.
    expect(check.worstDb).toBeLessThan(-60);
    await h.dispose();
  });

  it('a switch is heard within 20 ms, beyond the latency shown', async () => {
    // Each quantizer has a level of its own.
    const h = await harness({
      signal: sine(1000, 0.5),
      model: { gain: (quantizer) => (quantizer === 'rvq' ? 1 : 0.25) },
    });
    await h.start();
    await h.clock.advance(30_000);
    for (let k = 0; k < 8; k++) {
      const wanted = k % 2 === 0 ? 'none' : 'rvq';
      await h.clock.advance(101.3 + 1.7 * k);
      const askedAtMs = h.clock.nowMs();
      const { latencyMs } = h.engine.telemetry();
      h.engine.update({ quantizer: wanted });
      // The pre-roll gets its turn; on this clock it takes no time.
      await new Promise((resolve) => setImmediate(resolve));
      await h.clock.advance(200);
      const first = h.times.findIndex(({ atMs }) => atMs >= askedAtMs);
      const level = (frame: number) =>
        Math.max(...h.played.slice(frame, frame + 48).map((x) => Math.abs(x)));
      const from = h.times[first]!.frame;
      // Settled at the new level: 0.125 or 0.5.
      const settled = wanted === 'none' ? (x: number) => x < 0.14 : (x: number) => x > 0.48;
      let frame = from;
      while (!settled(level(frame))) frame += 24;
      const heardAtMs = h.timeOf(frame, RATE_HZ);
      // From the output of the codec on: what was enhanced already is played first.
      const { playback, outputResampler, outputDevice } = latencyMs;
      const afterMs = heardAtMs - askedAtMs - playback - outputResampler - outputDevice;
      // At most one hop until the next one is processed, and one to move over.
      expect(afterMs).toBeLessThan(20);
      expect(afterMs).toBeGreaterThan(5);
    }
    await h.dispose();
  });

  it('mute is silence, for taps too, and what was said before comes back with nothing of the pause', async () => {
    const h = await harness({ signal: sine(500, 0.5) });
    const raw: number[] = [];
    h.engine.addTap({
      begin: () => undefined,
      hop: (hop) => raw.push(Math.max(...hop.raw.map((x) => Math.abs(x)))),
      end: () => undefined,
    });
    await h.start();
    await h.clock.advance(2000);
    h.engine.update({ mute: true });
    await h.clock.advance(1000);
    const muted = h.played.length - RATE_HZ / 2;
    expect(Math.max(...h.played.slice(muted).map((x) => Math.abs(x)))).toBe(0);
    expect(Math.max(...raw.slice(-50))).toBe(0);
    expect(h.engine.telemetry().outputLevel.rms).toBe(-120);
    h.engine.update({ mute: false });
    await h.clock.advance(1000);
    expect(Math.max(...h.played.slice(-4800))).toBeCloseTo(0.5, 2);
    await h.dispose();
  });

  it('bypass is as loud as the enhanced sound, and lines up with it', async () => {
    // The "model" takes 9 dB off: bypass plays the same sound at the same level.
    const { h, check } = await withTone({ model: { gain: () => 0.355 } });
    await h.clock.advance(5000);
    const wet = h.engine.telemetry().outputLevel.rms;
    h.engine.update({ bypass: true });
    await h.clock.advance(5000);
    expect(h.engine.telemetry().outputLevel.rms).toBeCloseTo(wet, 1);
    expect(h.engine.telemetry().heard.bypass).toBe(true);
    // Crossfaded between two signals half a sample apart the tone would dip and bend.
    expect(check.worstDb).toBeLessThan(-60);
    await h.dispose();
  });

  it('a bad change changes nothing and is not announced', async () => {
    const { h } = await withTone();
    const before = h.engine.controls;
    expect(() => h.engine.update({ mix: 0.5, inputGainDb: 1000 })).toThrow(
      expect.objectContaining({ code: 'CONTROL_INVALID' }),
    );
    expect(() => h.engine.update({ quantizer: 'fsq' })).toThrow(
      expect.objectContaining({ code: 'QUANTIZER_UNKNOWN' }),
    );
    expect(h.engine.controls).toBe(before);
    expect(h.ofType('controls')).toEqual([]);
    await h.dispose();
  });

  it('set before the start and while stopped holds from the first sample on', async () => {
    const silentAfterNone: Signal = sine(1000, 0.5);
    const h = await harness({
      signal: silentAfterNone,
      model: { gain: (quantizer) => (quantizer === 'none' ? 0.1 : 1) },
    });
    h.engine.update({ quantizer: 'none' });
    await h.start();
    await h.clock.advance(1000);
    expect(Math.max(...h.played)).toBeCloseTo(0.05, 2);
    await h.settle(h.engine.stop());
    const from = h.played.length;
    h.engine.update({ quantizer: 'rvq', codebooks: 2 });
    await h.start();
    await h.clock.advance(1000);
    expect(h.engine.telemetry().heard).toEqual({ quantizer: 'rvq', codebooks: 2, bypass: false });
    expect(Math.max(...h.played.slice(from))).toBeCloseTo(0.5, 2);
    await h.dispose();
  });

  it('telemetry says what is heard and what it costs', async () => {
    const { h } = await withTone();
    h.engine.update({ quantizer: 'rvq', codebooks: 2 });
    await h.clock.advance(3000);
    const telemetry = h.engine.telemetry();
    expect(telemetry.heard).toEqual({ quantizer: 'rvq', codebooks: 2, bypass: false });
    // Two codebooks of 16 entries, 100 hops per second.
    expect(telemetry.bitrateKbps).toBeCloseTo(0.8, 9);
    expect(telemetry.codebooks).toHaveLength(3);
    expect(telemetry.codebooks[0]!.usage).toBe(1);
    expect(telemetry.codebooks[0]!.perplexity).toBeGreaterThan(15.9);
    expect(telemetry.codebooks[2]).toEqual({ lastCode: -1, usage: 0, perplexity: 0 });
    h.engine.update({ quantizer: 'none' });
    await h.clock.advance(100);
    expect(h.engine.telemetry()).toMatchObject({ bitrateKbps: 0, codebooks: [] });
    await h.dispose();
  });
});
