import { describe, expect, it } from 'vitest';
import { DEFAULT_AUGMENT } from './options.ts';
import { makeRooms, Reverberator, RIR_LENGTH } from './rooms.ts';
import { fakeSpeech, largestDifference } from './test-corpus.ts';

const options = { ...DEFAULT_AUGMENT, rirCount: 12 };

describe('makeRooms', () => {
  const rooms = makeRooms(options, 1);

  it('is seeded', () => {
    expect(makeRooms({ ...options, rirCount: 2 }, 1)).toEqual(rooms.slice(0, 2));
    expect(makeRooms({ ...options, rirCount: 2 }, 2)).not.toEqual(rooms.slice(0, 2));
  });

  it('has the direct sound, gain 1, as its first sample: no delay', () => {
    for (const h of rooms) {
      expect(h).toHaveLength(RIR_LENGTH);
      expect(Math.abs((h[0] ?? 0) - 1)).toBeLessThan(0.2);
      expect(h.every(Number.isFinite)).toBe(true);
    }
  });

  it('decays with the reverberation time asked for', () => {
    for (const t60 of [0.25, 0.6]) {
      const made = makeRooms({ ...options, rirT60Seconds: [t60, t60] }, 3);
      for (const h of made) {
        // Schroeder's backward integral from 80 ms to where it has fallen by 15 dB.
        const energy = (from: number): number =>
          10 * Math.log10(h.subarray(from).reduce((sum, v) => sum + v * v, 0));
        const from = 1280;
        let to = from;
        while (to < 6500 && energy(from) - energy(to) < 15) to += 80;
        const measured = (60 * (to - from)) / 16000 / (energy(from) - energy(to));
        expect(measured / t60).toBeGreaterThan(0.6);
        expect(measured / t60).toBeLessThan(1.4);
      }
    }
  });
});

describe('Reverberator', () => {
  it('equals direct convolution, wet and early part', () => {
    const [h] = makeRooms({ ...options, rirCount: 1 }, 5);
    const dry = fakeSpeech(1.3, 1);
    const wet = new Float32Array(dry.length);
    const early = new Float32Array(dry.length);
    new Reverberator(0.05).process(dry, h as Float32Array, wet, early);
    for (let n = 0; n < dry.length; n += 997) {
      let full = 0;
      let direct = 0;
      for (let k = 0; k <= Math.min(n, RIR_LENGTH - 1); k++) {
        const term = (h?.[k] ?? 0) * (dry[n - k] ?? 0);
        full += term;
        direct += term * (k < 800 ? 1 : Math.max(0, 1 - (k - 800) / 80));
      }
      expect(Math.abs((wet[n] ?? 0) - full)).toBeLessThan(1e-4);
      expect(Math.abs((early[n] ?? 0) - direct)).toBeLessThan(1e-4);
    }
  });

  it('leaves a signal alone in a room with only the direct sound', () => {
    const h = new Float32Array(RIR_LENGTH);
    h[0] = 1;
    const dry = fakeSpeech(1, 1);
    const wet = new Float32Array(dry.length);
    const early = new Float32Array(dry.length);
    new Reverberator(0.05).process(dry, h, wet, early);
    expect(largestDifference(wet, dry)).toBeLessThan(1e-5);
    expect(largestDifference(early, dry)).toBeLessThan(1e-5);
  });
});
