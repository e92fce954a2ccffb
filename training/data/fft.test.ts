import { describe, expect, it } from 'vitest';
import { ComplexFft } from './fft.ts';
import { Rng } from './random.ts';
import { largestDifference } from './test-corpus.ts';

describe('ComplexFft', () => {
  it.each([4, 16, 256])('of size %i equals the discrete Fourier transform', (size) => {
    const rng = new Rng(size);
    const x = Float32Array.from({ length: 2 * size }, () => rng.gaussian());
    const y = x.slice();
    new ComplexFft(size).forward(y);
    for (let k = 0; k < size; k++) {
      let re = 0;
      let im = 0;
      for (let n = 0; n < size; n++) {
        const w = (-2 * Math.PI * k * n) / size;
        const [a, b] = [x[2 * n] ?? 0, x[2 * n + 1] ?? 0];
        re += a * Math.cos(w) - b * Math.sin(w);
        im += a * Math.sin(w) + b * Math.cos(w);
      }
      expect(Math.hypot((y[2 * k] ?? 0) - re, (y[2 * k + 1] ?? 0) - im)).toBeLessThan(1e-3);
    }
  });

  it('comes back by its inverse', () => {
    const rng = new Rng(1);
    const x = Float32Array.from({ length: 2 * 16384 }, () => rng.gaussian());
    const y = x.slice();
    const fft = new ComplexFft(16384);
    fft.forward(y);
    fft.inverse(y);
    expect(largestDifference(x, y)).toBeLessThan(1e-4);
  });

  it('refuses sizes that are not powers of two', () => {
    for (const size of [0, 2, 3, 100]) expect(() => new ComplexFft(size)).toThrow(RangeError);
  });
});
