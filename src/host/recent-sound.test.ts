import { describe, expect, it } from 'vitest';
import type { TapHop } from '../engine/contract.ts';
import { RecentSound } from './recent-sound.ts';

const FORMAT = { modelId: 'm', sampleRateHz: 1000, hopSamples: 7, codeLeadHops: 1 };

let next = 0;
/** Samples that count up. */
function feed(recent: RecentSound, hops: number): void {
  for (let h = 0; h < hops; h++) {
    const raw = Float32Array.from({ length: 7 }, () => next++);
    recent.hop({ raw } as unknown as TapHop);
    raw.fill(Number.NaN); // the engine uses its arrays again
  }
}

const upTo = (end: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => end - count + i);

describe('RecentSound', () => {
  it('gives the newest samples in order, whatever the ring has been through', () => {
    const recent = new RecentSound(0.05);
    expect(recent.last(1)).toHaveLength(0);
    recent.begin(FORMAT);
    next = 0;
    feed(recent, 3);
    expect(recent.last(0.05)).toEqual(upTo(21, 21));
    for (let round = 0; round < 60; round++) {
      feed(recent, 1);
      expect(recent.last(0.01)).toEqual(upTo(next, 10));
      expect(recent.last(0.05)).toEqual(upTo(next, Math.min(50, next)));
    }
    expect(recent.last(30)).toEqual(upTo(next, 50));
  });

  it('keeps what it has at the end of sound, and begins anew with the next', () => {
    const recent = new RecentSound(0.05);
    recent.begin(FORMAT);
    next = 0;
    feed(recent, 9);
    recent.end();
    expect(recent.last(0.02)).toEqual(upTo(63, 20));
    recent.begin(FORMAT);
    expect(recent.last(0.02)).toHaveLength(0);
    feed(recent, 1);
    expect(recent.last(0.02)).toEqual(upTo(70, 7));
  });
});
