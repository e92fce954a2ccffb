import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { FloatRing } from './ring.ts';

const ramp = (start: number, length: number) => Float32Array.from({ length }, (_, i) => start + i);

describe('FloatRing', () => {
  it('rounds its capacity up to a power of two', () => {
    expect(FloatRing.allocate(1).capacity).toBe(1);
    expect(FloatRing.allocate(480).capacity).toBe(512);
    expect(FloatRing.allocate(512).capacity).toBe(512);
  });

  it('refuses sizes it cannot hold and buffers that are not rings', () => {
    for (const size of [0, -1, Number.NaN, Infinity, 2 ** 28 + 1]) {
      expect(() => FloatRing.allocate(size)).toThrow(RangeError);
    }
    for (const bytes of [0, 4, 8, 8 + 4 * 3, 9]) {
      expect(() => new FloatRing(new SharedArrayBuffer(bytes))).toThrow(RangeError);
    }
  });

  it('gives back what was written, in order, across the seam', () => {
    const ring = FloatRing.allocate(8);
    const out = new Float32Array(5);
    for (let start = 0; start < 100; start += 5) {
      expect(ring.write(ramp(start, 5))).toBe(5);
      expect(ring.read(out)).toBe(5);
      expect(out).toEqual(ramp(start, 5));
    }
  });

  it('writes only what fits and says so', () => {
    const ring = FloatRing.allocate(4);
    expect(ring.write(ramp(0, 6))).toBe(4);
    expect(ring.availableWrite).toBe(0);
    expect(ring.write(ramp(9, 1))).toBe(0);
    const out = new Float32Array(6).fill(-1);
    expect(ring.read(out)).toBe(4);
    expect(out).toEqual(Float32Array.of(0, 1, 2, 3, -1, -1));
    expect(ring.read(out)).toBe(0);
  });

  it('peeks without consuming and skips the oldest', () => {
    const ring = FloatRing.allocate(8);
    ring.write(ramp(0, 6));
    const out = new Float32Array(2);
    expect(ring.peek(out)).toBe(2);
    expect(out).toEqual(ramp(0, 2));
    expect(ring.skip(3)).toBe(3);
    expect(ring.read(out)).toBe(2);
    expect(out).toEqual(ramp(3, 2));
    expect(ring.skip(-4)).toBe(0);
    expect(ring.skip()).toBe(1);
    expect(ring.availableRead).toBe(0);
  });

  it('keeps working when its 32-bit counters wrap', () => {
    const ring = FloatRing.allocate(8);
    new Int32Array(ring.buffer, 0, 2).fill(-3); // 2^32 - 3 samples written and read
    const out = new Float32Array(4);
    for (let start = 0; start < 40; start += 4) {
      expect(ring.write(ramp(start, 4))).toBe(4);
      expect(ring.availableRead).toBe(4);
      expect(ring.read(out)).toBe(4);
      expect(out).toEqual(ramp(start, 4));
    }
  });

  it('carries a stream from one thread to another without a lost or repeated sample', async () => {
    const total = 200_000;
    const ring = FloatRing.allocate(256);
    const producer = new Worker(
      `const { workerData } = require('node:worker_threads');
       import('tsx/esm/api').then(({ tsImport }) => tsImport(workerData.module, workerData.parent)).then(({ FloatRing }) => {
         const ring = new FloatRing(workerData.buffer);
         const idle = new Int32Array(new SharedArrayBuffer(4));
         let next = 0;
         while (next < workerData.total) {
           const length = Math.min(1 + ((next * 7) % 97), workerData.total - next);
           const written = ring.write(Float32Array.from({ length }, (_, i) => next + i));
           if (written === 0) Atomics.wait(idle, 0, 0, 1);
           next += written;
         }
       });`,
      {
        eval: true,
        workerData: {
          buffer: ring.buffer,
          total,
          module: new URL('./ring.ts', import.meta.url).href,
          parent: import.meta.url,
        },
      },
    );
    const failed = new Promise<never>((_, reject) => producer.once('error', reject));
    const consume = async () => {
      const out = new Float32Array(61);
      let expected = 0;
      while (expected < total) {
        const count = ring.read(out);
        if (count === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        for (let i = 0; i < count; i++) {
          if (out[i] !== expected) throw new Error(`sample ${expected} arrived as ${out[i]}`);
          expected += 1;
        }
      }
      return expected;
    };
    try {
      await expect(Promise.race([consume(), failed])).resolves.toBe(total);
    } finally {
      await producer.terminate();
    }
  });
});
