import { describe, expect, it } from 'vitest';
import { anchorTaps, renderAnchor } from './anchor.ts';

/** @returns gain of the filter at a frequency, dB */
function gainDb(taps: Float64Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  taps.forEach((tap, n) => {
    re += tap * Math.cos((2 * Math.PI * hz * n) / rate);
    im -= tap * Math.sin((2 * Math.PI * hz * n) / rate);
  });
  return 20 * Math.log10(Math.hypot(re, im));
}

describe.each([16_000, 22_050, 48_000])('the anchor at %i Hz', (rate) => {
  const taps = anchorTaps(rate);

  it('meets BS.1534: flat to 0.1 dB up to 3.5 kHz, −25 dB at 4 kHz, −50 dB from 4.5 kHz on', () => {
    for (let hz = 0; hz <= 3500; hz += 50)
      expect(Math.abs(gainDb(taps, hz, rate))).toBeLessThan(0.1);
    expect(gainDb(taps, 4000, rate)).toBeLessThan(-25);
    for (let hz = 4500; hz <= rate / 2; hz += 50) expect(gainDb(taps, hz, rate)).toBeLessThan(-50);
  });

  it('is as long as the reference and aligned with it', async () => {
    const click = new Float32Array(40_000);
    click[20_000] = 1;
    const anchor = await renderAnchor(click, rate);
    expect(anchor.length).toBe(click.length);
    const loudest = anchor.reduce((best, v, i) => (v > anchor[best]! ? i : best), 0);
    expect(loudest).toBe(20_000);
    expect(anchor[20_007]).toBeCloseTo(anchor[19_993]!, 9);
  });
});

it('takes an empty sound, and one shorter than the filter', async () => {
  expect((await renderAnchor(new Float32Array(0), 16_000)).length).toBe(0);
  expect((await renderAnchor(new Float32Array([1, 0]), 16_000)).length).toBe(2);
});

it.each([0, 7999, NaN, Infinity, -16_000])('refuses a rate of %d Hz', (rate) => {
  expect(() => anchorTaps(rate)).toThrow(RangeError);
});
