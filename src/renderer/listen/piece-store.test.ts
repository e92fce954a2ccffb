import { describe, expect, it } from 'vitest';
import { PieceStore } from './piece-store.ts';
import { mediaSource, memorySource, readAll, type SoundSource } from './sound-source.ts';

const ramp = Float32Array.from({ length: 2500 }, (_, i) => i);

/** Counts reads, and answers with at most `most` frames. */
function counted(most = Infinity): SoundSource & { reads: number } {
  const inner = memorySource(ramp, 1000);
  return {
    reads: 0,
    info: () => inner.info(),
    read(start, frames) {
      this.reads++;
      return inner.read(start, Math.min(frames, most));
    },
  };
}

describe('PieceStore', () => {
  it('reads each piece once, also when asked twice at the same time', async () => {
    const source = counted();
    const store = new PieceStore(source, 1000, 2500, 8);
    const [a, b] = await Promise.all([store.load(2), store.load(2)]);
    expect(a).toBe(b);
    expect(a).toHaveLength(500);
    expect(a[0]).toBe(2000);
    expect(source.reads).toBe(1);
    expect(store.get(0)).toBeUndefined();
  });

  it('puts a piece together out of short answers', async () => {
    const store = new PieceStore(counted(300), 1000, 2500, 8);
    expect(await store.load(1)).toEqual(ramp.slice(1000, 2000));
  });

  it('ends in silence where the sound is shorter than it said', async () => {
    const store = new PieceStore(memorySource(ramp.slice(0, 1500), 1000), 1000, 2500, 8);
    const piece = await store.load(1);
    expect(piece).toHaveLength(1000);
    expect(piece[499]).toBe(1499);
    expect(piece.subarray(500).every((v) => v === 0)).toBe(true);
  });

  it('forgets the piece used longest ago', async () => {
    const store = new PieceStore(counted(), 1000, 2500, 2);
    await store.load(0);
    await store.load(1);
    store.get(0);
    await store.load(2);
    expect([0, 1, 2].map((i) => store.get(i) !== undefined)).toEqual([true, false, true]);
  });

  it('asks again after a read that failed', async () => {
    let isBroken = true;
    const source = counted();
    const flaky: SoundSource = {
      info: () => source.info(),
      read: (s, n) => (isBroken ? Promise.reject(new Error('gone')) : source.read(s, n)),
    };
    const store = new PieceStore(flaky, 1000, 2500, 2);
    await expect(store.load(0)).rejects.toThrow('gone');
    isBroken = false;
    expect(await store.load(0)).toHaveLength(1000);
  });

  it('knows the peak of what it holds', async () => {
    const store = new PieceStore(memorySource(new Float32Array([0.1, -0.7, 0.3]), 1000), 2, 3, 9);
    await store.loadAll();
    expect(store.peak()).toBeCloseTo(0.7, 6);
  });
});

describe('sound from the app', () => {
  it('is read in pieces the contract allows, from bytes at an odd address', async () => {
    const asked: unknown[] = [];
    const client = {
      call: (command: string, argument: unknown) => {
        asked.push([command, argument]);
        if (command === 'media.info') return Promise.resolve({ sampleRateHz: 16000, frames: 3 });
        const bytes = new Uint8Array(14);
        bytes.set(new Uint8Array(new Float32Array([0.5, -0.25, 1]).buffer), 1);
        return Promise.resolve(bytes.subarray(1, 14)); // a byte too many
      },
    };
    const media = { kind: 'clip', id: 'c1', variant: 'noisy' } as const;
    const source = mediaSource(client as never, media);
    expect(await readAll(source)).toEqual(new Float32Array([0.5, -0.25, 1]));
    await source.read(0, 1e9);
    expect(asked.at(-1)).toEqual(['media.read', { media, startFrame: 0, frames: 480_000 }]);
  });
});
