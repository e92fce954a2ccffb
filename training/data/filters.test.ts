import { describe, expect, it } from 'vitest';
import { applyBiquad, biquad, changeSpeed, randomEq, speedInputLength } from './filters.ts';
import { gainToDb, rms } from './levels.ts';
import { Rng } from './random.ts';
import { fakeNoise } from './test-corpus.ts';

const tone = (hz: number, samples: number): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => 0.1 * Math.sin((2 * Math.PI * hz * i) / 16000));

/** Gain of a filter at one frequency, once it has settled. */
function gainAt(hz: number, run: (x: Float32Array) => void): number {
  const x = tone(hz, 16000);
  run(x);
  return gainToDb(rms(x.subarray(8000)) / rms(tone(hz, 16000).subarray(8000)));
}

describe('biquad', () => {
  it('has the gain asked for where it was asked', () => {
    const peak = biquad('peak', 1000, 1, 6);
    expect(gainAt(1000, (x) => applyBiquad(x, peak))).toBeCloseTo(6, 1);
    expect(gainAt(20, (x) => applyBiquad(x, peak))).toBeCloseTo(0, 1);
    const low = biquad('lowShelf', 300, 0.7, -8);
    expect(gainAt(20, (x) => applyBiquad(x, low))).toBeCloseTo(-8, 1);
    expect(gainAt(6000, (x) => applyBiquad(x, low))).toBeCloseTo(0, 1);
    const high = biquad('highShelf', 2000, 0.7, 5);
    expect(gainAt(7900, (x) => applyBiquad(x, high))).toBeCloseTo(5, 1);
    const pass = biquad('lowPass', 1000, Math.SQRT1_2, 0);
    expect(gainAt(1000, (x) => applyBiquad(x, pass))).toBeCloseTo(-3, 1);
    expect(gainAt(6000, (x) => applyBiquad(x, pass))).toBeLessThan(-30);
  });
});

describe('randomEq', () => {
  it('is seeded and stays finite', () => {
    for (let key = 0; key < 60; key++) {
      const x = fakeNoise(0.2, 1);
      const y = x.slice();
      randomEq(x, new Rng(key), 8);
      randomEq(y, new Rng(key), 8);
      expect(Buffer.from(x.buffer).equals(Buffer.from(y.buffer))).toBe(true);
      expect(rms(x)).toBeGreaterThan(1e-4);
      expect(rms(x)).toBeLessThan(5);
    }
  });
});

describe('changeSpeed', () => {
  it.each([0.7, 0.85, 1.15, 1.4])('at %f turns a tone into one as much faster', (speed) => {
    const out = new Float32Array(16000);
    changeSpeed(tone(500, speedInputLength(out.length, speed)), speed, out);
    const wanted = tone(500 * speed, 16000);
    // The same tone up to a phase: project on sine and cosine.
    let [a, b, energy] = [0, 0, 0];
    for (let i = 0; i < out.length; i++) {
      const w = (2 * Math.PI * 500 * speed * i) / 16000;
      a += (out[i] ?? 0) * Math.sin(w);
      b += (out[i] ?? 0) * Math.cos(w);
      energy += (out[i] ?? 0) ** 2;
    }
    const explained = (a * a + b * b) / (out.length / 2) / energy;
    expect(explained).toBeGreaterThan(0.999);
    expect(Math.abs(gainToDb(rms(out) / rms(wanted)))).toBeLessThan(0.3);
  });
});
