import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transparentSessions } from '../../test/fixtures/transparent-session.ts';
import { loadModel } from '../codec/model-folder.ts';
import { createCodecSession } from '../codec/session.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import {
  disposeSessions,
  openSessions,
  type LiveSession,
  type SessionSet,
} from './live-session.ts';
import { PREROLL_HOPS, WarmCodec } from './warm-codec.ts';

const model = await loadModel(join(import.meta.dirname, '../../test/fixtures/tiny-model'));
const { manifest } = model;
const HOP = manifest.hopSamples;
const loader = new OrtLoader();
const openReal = (quantizer: string) => createCodecSession(model, loader, { quantizer });

/** A tone and noise, different in every hop. */
function hop(k: number): Float32Array {
  return Float32Array.from({ length: HOP }, (_, i) => {
    const n = k * HOP + i;
    return 0.4 * Math.sin(0.05 * n) + 0.05 * Math.sin(n * n * 0.37);
  });
}

async function open(set?: SessionSet) {
  const sessions =
    set ?? (await openSessions(manifest, openReal, { quantizer: 'rvq', provider: 'cpu' }));
  const failed: string[] = [];
  const codec = new WarmCodec(sessions, {
    hopSamples: HOP,
    voice: { quantizer: 'rvq', codebooks: 3 },
    onSwitchFailed: (quantizer) => failed.push(quantizer),
  });
  return { codec, sessions, failed };
}

async function play(codec: WarmCodec, from: number, to: number): Promise<Float32Array[]> {
  const outs: Float32Array[] = [];
  for (let k = from; k < to; k++) {
    const out = new Float32Array(HOP);
    expect(await codec.process(hop(k), out)).toBe(true);
    outs.push(out);
  }
  return outs;
}

const settle = async (codec: WarmCodec) => {
  while (await codec.background());
};

const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((m, x, i) => Math.max(m, Math.abs(x - b[i]!)), 0);

describe('openSessions', () => {
  it('opens every quantizer and leaves them as new', async () => {
    const { sessions } = await open();
    expect([...sessions.sessions.keys()].sort()).toEqual(['none', 'rvq']);
    for (const session of sessions.sessions.values()) {
      expect(session.encoderState.every((x) => x === 0)).toBe(true);
    }
    await disposeSessions(sessions);
  });

  it('finds what encoders have in common: the last hop, and no more, in the tiny model', async () => {
    const { sessions } = await open();
    expect(sessions.sharedHistory('none', 'rvq')).toBe(HOP);
    expect(sessions.sharedHistory('rvq', 'none')).toBe(HOP);
    expect(sessions.sharedHistory('rvq', 'fsq')).toBe(0);
    await disposeSessions(sessions);
  });

  it('frees what is open when one cannot be opened', async () => {
    const count = { count: 0 };
    const openOne = transparentSessions({ open: count })(manifest);
    const openSome = (quantizer: string, provider: string): Promise<LiveSession> =>
      quantizer === 'rvq' ? Promise.reject(new Error('no')) : openOne(quantizer, provider);
    await expect(
      openSessions(manifest, openSome, { quantizer: 'none', provider: 'cpu' }),
    ).rejects.toThrow('no');
    expect(count.count).toBe(0);
  });
});

describe('WarmCodec', () => {
  it('sounds like a session of its own', async () => {
    const { codec, sessions } = await open();
    const session = await openReal('rvq');
    const outs = await play(codec, 0, 10);
    for (let k = 0; k < 10; k++) {
      const wanted = new Float32Array(HOP);
      await session.processHop(hop(k), wanted);
      expect(outs[k]).toEqual(wanted);
    }
    await session.dispose();
    await disposeSessions(sessions);
  });

  it('after a prepared switch it sounds like a session that had always run', async () => {
    const { codec, sessions } = await open();
    const reference = await openReal('none');
    const wanted = new Float32Array(HOP);
    for (let k = 0; k < 40; k++) await reference.processHop(hop(k), wanted);
    await play(codec, 0, 40);
    codec.request({ quantizer: 'none', codebooks: 0 });
    await settle(codec);
    expect(codec.voice.quantizer).toBe('rvq');
    const [crossfaded, ...after] = await play(codec, 40, 50);
    expect(codec.voice).toEqual({ quantizer: 'none', codebooks: 0 });
    expect(codec.switches).toBe(1);
    await reference.processHop(hop(40), wanted);
    // The end of the crossfade is the new one already, to the sample.
    expect(Math.abs(crossfaded![HOP - 1]! - wanted[HOP - 1]!)).toBeLessThan(1e-6);
    for (const out of after) {
      await reference.processHop(hop(41 + after.indexOf(out)), wanted);
      expect(largest(out, wanted)).toBeLessThan(1e-6);
    }
    await reference.dispose();
    await disposeSessions(sessions);
  });

  it('switches with the second hop, prepared or not', async () => {
    const { codec, sessions } = await open();
    await play(codec, 0, 20);
    codec.request({ quantizer: 'none', codebooks: 0 });
    await play(codec, 20, 21);
    expect(codec.voice.quantizer).toBe('rvq');
    await play(codec, 21, 22);
    expect(codec.voice.quantizer).toBe('none');
    await disposeSessions(sessions);
  });

  it('pre-rolls no more than it needs, and only while a switch is on its way', async () => {
    const { codec, sessions } = await open();
    await play(codec, 0, 20);
    expect(await codec.background()).toBe(false);
    codec.request({ quantizer: 'none', codebooks: 0 });
    let steps = 0;
    while (await codec.background()) steps++;
    expect(steps).toBe(PREROLL_HOPS);
    codec.request({ quantizer: 'rvq', codebooks: 3 });
    expect(await codec.background()).toBe(false);
    await play(codec, 20, 25);
    expect(codec.switches).toBe(0);
    await disposeSessions(sessions);
  });

  it('changes the number of codebooks by decoding one encoding twice', async () => {
    const { codec, sessions } = await open();
    const [three, one] = [await openReal('rvq'), await openReal('rvq')];
    await play(codec, 0, 10);
    const wanted = new Float32Array(HOP);
    for (let k = 0; k < 10; k++) await three.processHop(hop(k), wanted);
    one.encoderState.set(three.encoderState);
    one.decoderState.set(three.decoderState);
    one.setCodebooks(1);
    codec.request({ quantizer: 'rvq', codebooks: 1 });
    const outs = await play(codec, 10, 14);
    expect(codec.voice).toEqual({ quantizer: 'rvq', codebooks: 1 });
    const codes = new Float32Array(3);
    codec.codesInto(codes);
    expect([...codes].slice(1)).toEqual([-1, -1]);
    for (const [k, out] of outs.entries()) {
      await one.processHop(hop(10 + k), wanted);
      if (k === 0) {
        const before = new Float32Array(HOP);
        await three.processHop(hop(10), before);
        expect(Math.abs(out[0]! - before[0]!)).toBeLessThan(1e-4);
        expect(Math.abs(out[HOP - 1]! - wanted[HOP - 1]!)).toBeLessThan(1e-6);
      } else {
        expect(largest(out, wanted)).toBeLessThan(1e-6);
      }
    }
    await one.dispose();
    await three.dispose();
    await disposeSessions(sessions);
  });

  it('a quantizer that fails is not switched to: what was heard goes on, and it is said', async () => {
    const openOne = transparentSessions({ fails: (quantizer) => broken && quantizer === 'none' });
    let broken = false;
    const set = await openSessions(manifest, openOne(manifest), {
      quantizer: 'rvq',
      provider: 'cpu',
    });
    broken = true;
    const { codec, failed } = await open(set);
    await play(codec, 0, 5);
    codec.request({ quantizer: 'none', codebooks: 0 });
    await settle(codec);
    await play(codec, 5, 10);
    expect(codec.voice.quantizer).toBe('rvq');
    expect(failed).toEqual(['none']);
  });

  it('while the session fails there is no enhanced sound; it is tried again more and more rarely', async () => {
    let broken = false;
    let tried = 0;
    const openOne = transparentSessions({
      fails: () => {
        tried += 1;
        return broken;
      },
    });
    const set = await openSessions(manifest, openOne(manifest), {
      quantizer: 'rvq',
      provider: 'cpu',
    });
    const { codec } = await open(set);
    await play(codec, 0, 5);
    broken = true;
    tried = 0;
    const out = new Float32Array(HOP);
    for (let k = 5; k < 1005; k++) {
      expect(await codec.process(hop(k), out)).toBe(false);
      await settle(codec);
    }
    expect(tried).toBeLessThan(20);
    expect(codec.lastFailure).toMatchObject({ code: 'MODEL_OUTPUT_NOT_FINITE' });
    broken = false;
    let ok = false;
    for (let k = 1005; k < 1205; k++) {
      ok = await codec.process(hop(k), out);
      await settle(codec);
    }
    expect(ok).toBe(true);
    expect(codec.failuresInRow).toBe(0);
    expect(out).toEqual(hop(1203));
  });
});
