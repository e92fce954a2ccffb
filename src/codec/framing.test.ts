import { describe, expect, it } from 'vitest';
import { DelayTrimmer, HopBuffer } from './framing.ts';
import { sanitize } from './sanitize.ts';

describe('HopBuffer', () => {
  it('cuts any chunking into the same hops', async () => {
    const input = Float32Array.from({ length: 23 }, (_, i) => i);
    for (const size of [1, 2, 4, 5, 23]) {
      const buffer = new HopBuffer(4);
      const hops: number[][] = [];
      for (let at = 0; at < input.length; at += size) {
        const chunk = input.subarray(at, at + size);
        const before = hops.length;
        const expected = buffer.hopsAfter(chunk.length);
        await buffer.push(chunk, (hop) => {
          hops.push([...hop]);
          return Promise.resolve();
        });
        expect(hops.length - before).toBe(expected);
      }
      expect(hops.flat()).toEqual([...input.subarray(0, 20)]);
      expect(buffer.pending).toBe(3);
    }
  });
});

describe('DelayTrimmer', () => {
  it('drops the delay once, whole hops and parts of them', () => {
    const trimmer = new DelayTrimmer(5);
    const trim = () => [...trimmer.trim(Float32Array.of(1, 2, 3))];
    expect([trim(), trim(), trim()]).toEqual([[], [3], [1, 2, 3]]);
    trimmer.reset();
    expect(trim()).toEqual([]);
  });
});

describe('sanitize', () => {
  it('passes audio untouched, denormals and clipped samples included', () => {
    const input = Float32Array.of(0, -1, 1, 3.5, -1000, 1e-40);
    const out = new Float32Array(6);
    expect(sanitize(input, out)).toBe(0);
    expect(out).toEqual(input);
  });
  it('replaces and counts the rest', () => {
    const out = new Float32Array(5);
    expect(sanitize(Float32Array.of(Number.NaN, Infinity, -Infinity, 1e9, -1e38), out)).toBe(5);
    expect([...out]).toEqual([0, 0, 0, 1000, -1000]);
  });
});
