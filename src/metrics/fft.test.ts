import { expect, test } from 'vitest';
import { nextPowerOfTwo, RealFft } from './fft.ts';

const signal = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.7) + ((i * 7919) % 13) / 13);

test.each([4, 8, 64, 512])('size %i equals the definition of the DFT', (n) => {
  const fft = new RealFft(n);
  const x = signal(n);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  fft.forward(x, re, im);
  for (let k = 0; k < fft.bins; k++) {
    let sumRe = 0;
    let sumIm = 0;
    for (let i = 0; i < n; i++) {
      sumRe += x[i]! * Math.cos((2 * Math.PI * k * i) / n);
      sumIm -= x[i]! * Math.sin((2 * Math.PI * k * i) / n);
    }
    expect(re[k]).toBeCloseTo(sumRe, 9);
    expect(im[k]).toBeCloseTo(sumIm, 9);
  }
});

test.each([4, 16, 1024, 65536])('size %i comes back through the inverse', (n) => {
  const fft = new RealFft(n);
  const x = signal(n);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  const back = new Float64Array(n);
  fft.forward(x, re, im);
  fft.inverse(re, im, back);
  let worst = 0;
  for (let i = 0; i < n; i++) worst = Math.max(worst, Math.abs(back[i]! - x[i]!));
  expect(worst).toBeLessThan(1e-12);
});

test('refuses sizes that are no power of two', () => {
  for (const size of [0, 2, 3, 48, -8, NaN]) expect(() => new RealFft(size)).toThrow(RangeError);
  expect(nextPowerOfTwo(513)).toBe(1024);
  expect(nextPowerOfTwo(512)).toBe(512);
});
