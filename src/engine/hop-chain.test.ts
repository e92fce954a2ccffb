import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  transparentSessions,
  type TransparentOptions,
} from '../../test/fixtures/transparent-session.ts';
import { loadModel } from '../codec/model-folder.ts';
import type { LiveControls } from './contract.ts';
import { initialControls } from './controls.ts';
import { HopChain } from './hop-chain.ts';
import { openSessions } from './live-session.ts';
import { WarmCodec } from './warm-codec.ts';

const { manifest } = await loadModel(join(import.meta.dirname, '../../test/fixtures/tiny-model'));
const HOP = manifest.hopSamples;

/** The "model" makes half of everything. */
async function chain(controls: Partial<LiveControls> = {}, model: TransparentOptions = {}) {
  const open = transparentSessions({ gain: () => 0.5, ...model })(manifest);
  const sessions = await openSessions(manifest, open, { quantizer: 'rvq', provider: 'cpu' });
  const codec = new WarmCodec(sessions, {
    hopSamples: HOP,
    voice: { quantizer: 'rvq', codebooks: 3 },
    onSwitchFailed: () => undefined,
  });
  return new HopChain(manifest, codec, initialControls(manifest, controls));
}

/** Feeds constant hops and returns the last output. */
async function settled(chain: HopChain, level: number, hops = 5): Promise<Float32Array> {
  const [raw, heard] = [new Float32Array(HOP), new Float32Array(HOP)];
  for (let k = 0; k < hops; k++) {
    await chain.process(new Float32Array(HOP).fill(level), raw, heard, false);
  }
  return heard;
}

describe('HopChain', () => {
  it.each<[string, Partial<LiveControls>, number]>([
    ['enhanced', {}, 0.2],
    ['dry at mix 0', { mix: 0 }, 0.4],
    ['half and half', { mix: 0.5 }, 0.3],
    // Enhanced + 10^(−6/20) of what was removed.
    ['limited to 6 dB', { attenuationLimitDb: 6 }, 0.2 + 0.2 * 10 ** (-6 / 20)],
    ['limited and mixed', { attenuationLimitDb: 6, mix: 0.5 }, 0.4 - 0.1 * (1 - 10 ** (-6 / 20))],
    ['louder at the input', { inputGainDb: 6 }, 0.2 * 10 ** (6 / 20)],
    ['muted', { mute: true }, 0],
  ])('%s', async (_name, controls, wanted) => {
    const heard = await settled(await chain(controls), 0.4);
    for (const value of heard) expect(value).toBeCloseTo(wanted, 6);
  });

  it('lines up raw and heard: both are the input one hop before', async () => {
    const c = await chain({}, { gain: () => 1 });
    const hop = (k: number) => Float32Array.from({ length: HOP }, (_, i) => (k * HOP + i) / 10_000);
    const [raw, heard] = [new Float32Array(HOP), new Float32Array(HOP)];
    for (let k = 0; k < 4; k++) await c.process(hop(k), raw, heard, false);
    expect(raw).toEqual(hop(2));
    expect(heard).toEqual(hop(2));
  });

  it('moves over one hop, monotonically, and then stands', async () => {
    const c = await chain();
    await settled(c, 0.4);
    c.update(initialControls(manifest, { mix: 0 }));
    const first = (await settled(c, 0.4, 1)).slice();
    expect(first[0]).toBeCloseTo(0.2, 3);
    expect(first[HOP - 1]).toBeCloseTo(0.4, 6);
    for (let i = 1; i < HOP; i++) expect(first[i]).toBeGreaterThanOrEqual(first[i - 1]!);
    expect((await settled(c, 0.4, 1))[0]).toBeCloseTo(0.4, 6);
  });

  it('counts samples that are none, and lets none through', async () => {
    const c = await chain();
    const input = new Float32Array(HOP).fill(0.1);
    input.set([Number.NaN, Infinity, -Infinity, 1e9], 20);
    const [raw, heard] = [new Float32Array(HOP), new Float32Array(HOP)];
    const report = await c.process(input, raw, heard, false);
    expect(report).toEqual({ failed: false, sanitized: 4, bypass: false });
    await c.process(input, raw, heard, false);
    expect([...raw, ...heard].every(Number.isFinite)).toBe(true);
  });

  it('an hour of silence after sound: exactly silent, no denormal left behind', async () => {
    const c = await chain();
    await settled(c, 0.4);
    const [raw, heard] = [new Float32Array(HOP), new Float32Array(HOP)];
    const silence = new Float32Array(HOP);
    // Decays far below what a float can hold, then stays.
    let level = 0.1;
    for (let k = 0; k < 360_000; k++) {
      level *= 0.9;
      await c.process(
        level > 0 && k < 2000 ? silence.fill(level) : silence.fill(0),
        raw,
        heard,
        false,
      );
    }
    expect([...raw, ...heard].every((x) => x === 0)).toBe(true);
  }, 120_000);

  it('closes the seam where sound was dropped', async () => {
    const c = await chain({}, { gain: () => 1 });
    const [raw, heard] = [new Float32Array(HOP), new Float32Array(HOP)];
    for (let k = 0; k < 3; k++) {
      await c.process(new Float32Array(HOP).fill(0.5), raw, heard, false);
    }
    let last = heard[HOP - 1]!;
    let step = 0;
    for (let k = 0; k < 3; k++) {
      await c.process(new Float32Array(HOP).fill(-0.5), raw, heard, k === 0);
      for (const value of heard) {
        step = Math.max(step, Math.abs(value - last));
        last = value;
      }
    }
    expect(last).toBeCloseTo(-0.5, 6);
    // A raised cosine over 5 ms instead of a step of 1.
    expect(step).toBeLessThan(0.03);
  });
});
