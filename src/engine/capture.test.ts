import { describe, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { CodecMemory } from './codec-memory.ts';

const RATE_HZ = 16_000;
const HOP = 160;

function setup() {
  const memory = CodecMemory.allocate({
    sampleRateHz: RATE_HZ,
    hopSamples: HOP,
    recordLength: 400,
  });
  const capture = new Capture({ memory, sampleRateHz: RATE_HZ, hopSamples: HOP });
  return { memory, capture };
}

const format = (sampleRateHz: number, channels = 1, blockMs = 10) => ({
  sampleRateHz,
  channels,
  blockFrames: Math.round((sampleRateHz * blockMs) / 1000),
});

describe('Capture', () => {
  it.each([8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])(
    'from %i Hz: as many samples as time passed, none lost over a minute',
    (rateHz) => {
      const { memory, capture } = setup();
      const form = format(rateHz);
      const stream = capture.open(form);
      let got = 0;
      const sink = new Float32Array(4096);
      for (let k = 1; k <= 6000; k++) {
        capture.block(new Float32Array(form.blockFrames), 10 * k);
        got += memory.capture.read(sink);
      }
      const wanted = (6000 * form.blockFrames * RATE_HZ) / rateHz;
      expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1);
      // The filter's 1.5 ms at the lower of the two rates; none where there is nothing to convert.
      const delay = rateHz === RATE_HZ ? 0 : (24 * RATE_HZ) / Math.min(rateHz, RATE_HZ);
      expect(Math.abs(stream.padSamples - delay)).toBeLessThanOrEqual(2);
    },
  );

  it.each([44_100, 48_000, 96_000])(
    'from %i Hz: each block of one hop completes one hop',
    (rateHz) => {
      const { memory, capture } = setup();
      const form = format(rateHz);
      capture.open(form);
      const hop = new Float32Array(HOP);
      for (let k = 1; k <= 500; k++) {
        capture.block(new Float32Array(form.blockFrames), 1000 + 10 * k);
        expect(memory.capture.read(hop)).toBe(HOP);
        expect(memory.readyAtMs(k - 1)).toBe(1000 + 10 * k);
      }
    },
  );

  it('averages channels, fades in, and tells of full scale', () => {
    const { memory, capture } = setup();
    capture.open(format(RATE_HZ, 4));
    const block = new Float32Array(4 * HOP);
    for (let i = 0; i < HOP; i++) block[4 * i + 2] = 0.8;
    capture.block(block, 10);
    expect(capture.takeClipped()).toBe(false);
    block[5] = -1;
    capture.block(block, 20);
    expect(capture.takeClipped()).toBe(true);
    expect(capture.takeClipped()).toBe(false);
    const out = new Float32Array(2 * HOP);
    memory.capture.read(out);
    expect(out[0]).toBeLessThan(0.001);
    expect(out[HOP - 1]).toBeCloseTo(0.2, 6);
  });

  it('drops whole blocks when the codec does not take them, and counts them', () => {
    const { memory, capture } = setup();
    capture.open(format(RATE_HZ));
    for (let k = 1; k <= 500; k++) capture.block(new Float32Array(HOP), 10 * k);
    const room = Math.floor(memory.capture.capacity / HOP);
    expect(memory.capture.availableRead).toBe(room * HOP);
    expect(capture.lostSamples).toBe((500 - room) * HOP);
    expect(capture.overruns).toBe(500 - room);
  });

  it('ends a stream with a fade to silence and a full hop; the next one begins at a hop', () => {
    const { memory, capture } = setup();
    capture.open(format(RATE_HZ, 1, 7));
    for (let k = 1; k <= 10; k++) capture.block(new Float32Array(112).fill(0.5), 7 * k);
    capture.close(80);
    expect(memory.capture.availableRead % HOP).toBe(0);
    const out = new Float32Array(memory.capture.availableRead);
    memory.capture.read(out);
    expect(out[1119]).toBeCloseTo(0.5, 6);
    for (let i = 1120; i < out.length; i++) expect(out[i]).toBeLessThanOrEqual(out[i - 1]!);
    expect(out.at(-1)).toBe(0);
    const stream = capture.open(format(48_000));
    capture.block(new Float32Array(480), 100);
    // Now, in ring samples: what was written before, the padding, and 10 ms.
    expect(stream.ringPositionAt(100)).toBeCloseTo(out.length + stream.padSamples + HOP, 6);
    expect(memory.capture.availableRead).toBe(HOP);
  });

  it('frames lost in the driver are no delay', () => {
    const { capture } = setup();
    const stream = capture.open(format(RATE_HZ));
    for (let k = 1; k <= 100; k++) capture.block(new Float32Array(HOP), 10 * k);
    // 300 ms never came.
    for (let k = 131; k <= 200; k++) capture.block(new Float32Array(HOP), 10 * k, 30 * HOP);
    expect(stream.ringPositionAt(2000)).toBeCloseTo(170 * HOP, 6);
    expect(stream.clock.shifts).toBe(0);
  });
});
