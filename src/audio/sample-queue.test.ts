import { describe, expect, it } from 'vitest';
import { SampleQueue } from './sample-queue.ts';

describe('SampleQueue', () => {
  it('gives back what went in, in order, whatever the pieces', () => {
    const queue = new SampleQueue();
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 500; round++) {
      const piece = Float32Array.from({ length: (round * 37) % 900 }, () => next++);
      queue.push(piece);
      const take = Math.min(queue.length, (round * 53) % 900);
      const wanted = Float32Array.from({ length: take }, () => expected++);
      expect(queue.shift(take)).toEqual(wanted);
    }
    expect(queue.length).toBe(next - expected);
    expect(() => queue.shift(queue.length + 1)).toThrow(RangeError);
  });
});
