import { describe, expect, it } from 'vitest';
import { mixInto } from './mix.ts';

describe('mixInto', () => {
  const dry = Float32Array.of(1, -1, 0.5);
  it('blends linearly, and its ends are exact', () => {
    for (const [mix, expected] of [
      [0, [1, -1, 0.5]],
      [1, [0, 0.5, 0.25]],
      [0.5, [0.5, -0.25, 0.375]],
    ] as const) {
      const wet = Float32Array.of(0, 0.5, 0.25);
      mixInto(dry, wet, mix);
      expect(Array.from(wet)).toEqual(expected);
    }
  });

  it('refuses signals that are not aligned', () => {
    expect(() => mixInto(dry, new Float32Array(2), 0.5)).toThrow(RangeError);
  });
});
