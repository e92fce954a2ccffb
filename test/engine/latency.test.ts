import { describe, expect, it } from 'vitest';
import type { Signal } from '../../src/audio/backends/fake/signals.ts';
import { harness, type HarnessOptions } from './harness.ts';

/** A click in the air every second from the third on, and when each one sounded. */
function clicking(): { signal: Signal; atMs: number[] } {
  const atMs: number[] = [];
  const signal: Signal = (out, startFrame, channels, rateHz, firstFrameAtMs) => {
    out.fill(0);
    for (let i = 0; i < out.length / channels; i++) {
      const frame = startFrame + i;
      if (frame < 3 * rateHz || frame % rateHz !== 137) continue;
      for (let c = 0; c < channels; c++) out[i * channels + c] = 0.9;
      atMs.push(firstFrameAtMs + (i * 1000) / rateHz);
    }
  };
  return { signal, atMs };
}

/** Where peaks lie in what was played, between samples too (parabola through the highest three). */
function peaks(samples: readonly number[], rateHz: number): number[] {
  const found: number[] = [];
  // A click is spread by the filters: a thirtieth of its height at 48 kHz.
  for (let i = 1; i < samples.length - 1; i++) {
    const [a, b, c] = [samples[i - 1]!, samples[i]!, samples[i + 1]!];
    if (b < 0.02 || b < a || b < c) continue;
    const last = found.at(-1);
    if (last !== undefined && i - last < rateHz / 10) {
      if (b <= samples[Math.round(last)]!) continue;
      found.pop();
    }
    found.push(i + (0.5 * (a - c)) / (a - 2 * b + c));
  }
  return found;
}

const cases: Record<string, HarnessOptions> = {
  '48 kHz on both sides': {},
  '44.1 kHz in, 48 kHz out': { mic: { defaultSampleRateHz: 44_100 } },
  '48 kHz in, 44.1 kHz out': { out: { defaultSampleRateHz: 44_100 } },
  '16 kHz in (no filter), 192 kHz out': {
    mic: { defaultSampleRateHz: 16_000 },
    out: { defaultSampleRateHz: 192_000 },
  },
  'devices with latencies of their own': {
    mic: { latencyMs: 7 },
    out: { latencyMs: 12.5, queueBlocks: 4 },
  },
  'pulls half a block after blocks': { mic: { latencyMs: 4.3 } },
  'blocks of 5 ms': { live: { blockMs: 5 } },
  'blocks of 30 ms': { live: { blockMs: 30 } },
  'a codec that takes 3 ms': { model: { beforeHop: undefined } },
};

describe('latency ledger', () => {
  it.each(Object.entries(cases))('is what a click takes: %s', async (name, options) => {
    const { signal, atMs } = clicking();
    const withWork = name.includes('3 ms') ? { beforeHop: () => h.clock.sleep(3) } : {};
    const h = await harness({ ...options, signal, model: { ...options.model, ...withWork } });
    await h.start();
    const rateHz = h.engine.telemetry().output!.sampleRateHz;
    const wanted: number[] = [];
    // The ledger at the time of each click; both move slowly while the cushion melts.
    h.engine.on('telemetry', ({ telemetry }) => {
      if (atMs.length > wanted.length) wanted.push(telemetry.latencyMs.total);
    });
    await h.clock.advance(8500);
    await h.dispose();
    const heard = peaks(h.played, rateHz).map(
      (frame) => h.timeOf(Math.floor(frame), rateHz) + ((frame % 1) * 1000) / rateHz,
    );
    expect(heard).toHaveLength(wanted.length);
    expect(wanted.length).toBeGreaterThanOrEqual(5);
    heard.forEach((at, i) => expect(Math.abs(at - atMs[i]! - wanted[i]!)).toBeLessThan(0.5));
  });

  it('every part is measured, and they add up', async () => {
    const h = await harness({
      mic: { latencyMs: 6.5 },
      model: { beforeHop: () => h.clock.sleep(1.5) },
    });
    await h.start();
    await h.clock.advance(40_000);
    const { total, ...parts } = h.engine.telemetry().latencyMs;
    expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total, 9);
    expect(parts).toMatchObject({ inputDevice: 6.5, captureBlock: 0, algorithmic: 20 });
    expect(parts.inputResampler).toBeCloseTo(1.5, 1);
    expect(parts.outputResampler).toBeCloseTo(1.5, 6);
    // What the shipped codecs take.
    expect(parts.compute).toBeCloseTo(1.5, 3);
    expect(parts.queueing).toBeCloseTo(0, 3);
    // Our own share beyond the algorithm's 20 ms, with a pull soon after each hop.
    const { inputDevice, outputDevice } = parts;
    expect(total - inputDevice - outputDevice - parts.algorithmic).toBeLessThan(10);
    await h.dispose();
  });
});
