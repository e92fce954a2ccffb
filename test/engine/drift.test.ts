import { describe, expect, it } from 'vitest';
import { harness } from './harness.ts';
import { heapMiB } from './heap.ts';
import { ToneCheck } from './tone-check.ts';

/**
 * Plays a sine through two devices whose clocks run apart, in one direction and then in the other.
 * @param minutes of audio
 */
async function soak(inRateHz: number, outRateHz: number, minutes: number) {
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
  const softwareMs: number[] = [];
  const off = h.engine.on('telemetry', ({ telemetry: { latencyMs } }) =>
    softwareMs.push(latencyMs.total - latencyMs.inputDevice - latencyMs.outputDevice),
  );
  await h.clock.advance((minutes / 3 - 1) * 60_000);
  const before = h.engine.telemetry().driftPpm!;
  // A third of the time to the opposite: still far faster than a crystal changes with temperature.
  for (let ppm = 200; ppm >= -200; ppm -= 2) {
    h.backend.setDrift('Mic', ppm);
    h.backend.setDrift('Speakers', -ppm);
    await h.clock.advance((minutes * 60_000) / 3 / 200);
  }
  await h.clock.advance((minutes * 60_000) / 3);
  const telemetry = h.engine.telemetry();
  off();
  const worstMs = Math.max(...softwareMs.splice(0));
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
  it.each([
    ['an hour of audio, 44.1 to 48 kHz', 44_100, 48_000, 60],
    ['ten minutes of audio, 48 to 44.1 kHz', 48_000, 44_100, 10],
  ])(
    'stay together: %s at ±200 ppm, not a sample dropped or added',
    async (_name, inRateHz, outRateHz, minutes) => {
      const result = await soak(inRateHz, outRateHz, minutes);
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
      expect(result.before).toBeCloseTo(-400, 0);
      expect(result.after).toBeCloseTo(400, 0);
      // 20 ms algorithmic, 3 ms filters, a pull, and the jitter of 2 + 1 ms.
      expect(result.worstMs).toBeLessThan(42);
      expect(result.deviceUnderruns).toBe(0);
      expect(result.grownMiB).toBeLessThan(4);
    },
    600_000,
  );
});
