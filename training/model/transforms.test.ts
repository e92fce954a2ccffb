import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { createTransforms, sineWindow } from './transforms.ts';

function multiply(row: Float32Array, matrix: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(columns);
  for (let i = 0; i < row.length; i++) {
    for (let j = 0; j < columns; j++) out[j]! += row[i]! * matrix[i * columns + j]!;
  }
  return out;
}

describe('createTransforms', () => {
  const hop = 32;
  const t = createTransforms(hop);

  it('reconstructs any signal exactly, one hop late', () => {
    const random = mulberry32(3);
    const signal = Float32Array.from({ length: hop * 12 }, () => gaussian(random));
    const out = new Float32Array(signal.length + hop);
    for (let start = -hop; start + 2 * hop <= signal.length; start += hop) {
      const frame = Float32Array.from({ length: 2 * hop }, (_, n) => signal[start + n] ?? 0);
      const spectrum = multiply(frame, t.analysis, 2 * t.bins);
      const coefficients = multiply(spectrum, t.spectrumToMdct, hop);
      const synthesised = multiply(coefficients, t.synthesis, 2 * hop);
      synthesised.forEach((value, n) => {
        if (start + n >= 0) out[start + n]! += value;
      });
    }
    for (let n = 0; n < signal.length - hop; n++) expect(out[n]).toBeCloseTo(signal[n]!, 4);
  });

  it('has a unitary analysis: white noise of unit variance gives half a unit per real bin part', () => {
    // Column k of the windowed DFT matrix has energy Σ w² cos² / N = 1/4 for 0 < k < N/2.
    let energy = 0;
    for (let n = 0; n < t.windowSamples; n++) energy += t.analysis[n * 2 * t.bins + 5]! ** 2;
    expect(energy).toBeCloseTo(0.25, 5);
  });

  it('uses a window that satisfies Princen–Bradley', () => {
    const w = sineWindow(64);
    for (let n = 0; n < 32; n++) expect(w[n]! ** 2 + w[n + 32]! ** 2).toBeCloseTo(1, 12);
  });

  it.each([0, -2, 3, 2.5, Number.NaN])('refuses a hop of %s samples', (hopSamples) => {
    expect(() => createTransforms(hopSamples)).toThrow(RangeError);
  });
});
