import { describe, expect, it } from 'vitest';
import { streamHops, type HopProcessor } from './stream.ts';

/** Passes its input on, one hop late, as overlap-add does. */
function delayByOneHop(hopSamples: number): HopProcessor & { hops: number; resets: number } {
  let before = new Float32Array(hopSamples);
  return {
    hops: 0,
    resets: 0,
    hopSamples,
    algorithmicLatencySamples: 2 * hopSamples,
    processHop(input, out) {
      out.set(before);
      before = input.slice();
      this.hops++;
      return Promise.resolve();
    },
    reset() {
      before.fill(0);
      this.resets++;
    },
  };
}

describe('streamHops', () => {
  it.each([0, 1, 159, 160, 161, 1000])('gives %i samples back, aligned', async (length) => {
    const codec = delayByOneHop(160);
    const samples = Float32Array.from({ length }, (_, i) => i + 1);
    const { samples: out, hopMs } = await streamHops(codec, samples);
    expect(out).toEqual(samples);
    expect(hopMs).toHaveLength(codec.hops);
    expect(codec.hops).toBe(Math.ceil((length + 160) / 160));
  });

  it('starts every recording from a clean state', async () => {
    const codec = delayByOneHop(4);
    await streamHops(codec, Float32Array.of(9, 9, 9));
    const { samples } = await streamHops(codec, Float32Array.of(1, 2));
    expect([...samples]).toEqual([1, 2]);
    expect(codec.resets).toBe(2);
  });

  it('measures each hop with the clock it is given', async () => {
    let now = 0;
    const { hopMs } = await streamHops(delayByOneHop(2), new Float32Array(4), () => (now += 3));
    expect([...hopMs]).toEqual([3, 3, 3]);
  });

  it('passes the error of a hop on', async () => {
    const codec = delayByOneHop(2);
    codec.processHop = () => Promise.reject(new Error('broken'));
    await expect(streamHops(codec, new Float32Array(4))).rejects.toThrow('broken');
  });
});
