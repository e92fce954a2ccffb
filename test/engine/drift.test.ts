import { describe, expect, it } from 'vitest';
import { harness } from './harness.ts';
import { heapMiB } from './heap.ts';
import { ToneCheck } from './tone-check.ts';

interface Soak {
  readonly inRateHz: number;
  readonly outRateHz: number;
  readonly minutes: number;
  /** The drift goes over to its opposite in the middle third of the time. */
  readonly turns: boolean;
}

/** Plays a sine through two devices whose clocks run apart by 400 ppm. */
async function soak({ inRateHz, outRateHz, minutes, turns }: Soak) {
  const check = new ToneCheck(440, outRateHz, outRateHz);
  const h = await harness({
    keep: false,
    mic: { defaultSampleRateHz: inRateHz, driftPpm: 200, jitterMs: 2 },
    out: { defaultSampleRateHz: outRateHz, driftPpm: -200, jitterMs: 1 },
    listen: (samples, _frame, channels) => check.add(samples, channels),
  });
  await h.start();
  await h.clock.advance(60_000);
  const heapBefore = heapMiB();
  let worstMs = 0;
  const off = h.engine.on('telemetry', ({ telemetry: { latencyMs } }) => {
    const ownMs = latencyMs.total - latencyMs.inputDevice - latencyMs.outputDevice;
    worstMs = Math.max(worstMs, ownMs);
  });
  const thirdMs = (minutes * 60_000) / 3;
  await h.clock.advance(thirdMs - 60_000);
  const before = h.engine.telemetry().driftPpm!;
  // Still far faster than a crystal changes with temperature.
  for (let ppm = 200; turns && ppm >= -200; ppm--) {
    h.backend.setDrift('Mic', ppm);
    h.backend.setDrift('Speakers', -ppm);
    await h.clock.advance(thirdMs / 400);
  }
  await h.clock.advance(turns ? thirdMs : 2 * thirdMs);
  const telemetry = h.engine.telemetry();
  off();
  const grownMiB = heapMiB() - heapBefore;
  const deviceUnderruns = h.backend.sinks[0]!.underruns;
  await h.dispose();
  return {
    check,
    before,
    after: telemetry.driftPpm!,
    telemetry,
    worstMs,
    grownMiB,
    deviceUnderruns,
  };
}

describe('devices with clocks of their own', () => {
  it.each<[string, Soak]>([
    [
      'an hour of audio, 44.1 to 48 kHz, the drift turning round',
      { inRateHz: 44_100, outRateHz: 48_000, minutes: 60, turns: true },
    ],
    [
      'ten minutes of audio, 48 to 44.1 kHz',
      { inRateHz: 48_000, outRateHz: 44_100, minutes: 10, turns: false },
    ],
  ])(
    'stay together at ±200 ppm, not a sample dropped or added: %s',
    async (_name, options) => {
      const result = await soak(options);
      expect(result.telemetry.counters).toMatchObject({
        underruns: 0,
        overruns: 0,
        droppedSamples: 0,
        missingSamples: 0,
        tapHopsLost: 0,
      });
      // One sample of the model left out or doubled would show at −36 dB.
      expect(result.check.worstDb).toBeLessThan(-80);
      expect(result.check.peak).toBeCloseTo(0.5, 2);
      // 200 ppm fast in, 200 ppm slow out, then the other way round.
      expect(Math.abs(result.before + 400)).toBeLessThan(2);
      expect(Math.abs(result.after - (options.turns ? 400 : -400))).toBeLessThan(2);
      // 20 ms algorithmic, 3 ms filters, a pull, and the jitter of 2 + 1 ms.
      expect(result.worstMs).toBeLessThan(42);
      expect(result.deviceUnderruns).toBe(0);
      expect(result.grownMiB).toBeLessThan(4);
    },
    900_000,
  );
});
