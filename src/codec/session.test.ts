import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import { ABSENT_CODE, createCodecSession } from './session.ts';
import type { CodecSession, CodecSessionOptions } from './session.ts';
import { loadModel } from './model-folder.ts';

const FIXTURE = join(import.meta.dirname, '../../test/fixtures/tiny-model');
const loader = new OrtLoader();
const opened: CodecSession[] = [];

async function open(options: Partial<CodecSessionOptions> = {}): Promise<CodecSession> {
  const session = await createCodecSession(await loadModel(FIXTURE), loader, {
    quantizer: 'rvq',
    ...options,
  });
  opened.push(session);
  return session;
}

afterEach(async () => {
  for (const session of opened.splice(0)) await session.dispose();
});

/** Repeatable generator (mulberry32) of numbers in 0…1. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A low tone and noise: both coded and uncoded coefficients move. */
function signal(length: number, seed = 1): Float32Array {
  const next = random(seed);
  return Float32Array.from(
    { length },
    (_, n) => 0.5 * Math.sin(n * 0.09) + 0.3 * Math.sin(n * 0.013) + 0.1 * (next() - 0.5),
  );
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function whole(session: CodecSession, input: Float32Array): Promise<Float32Array> {
  return concat([await session.process(input), await session.flush()]);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0);
}

describe('recordings', () => {
  it.each([0, 1, 159, 160, 161, 320, 1000, 4801])(
    '%i samples come back as many, aligned: the unquantized entry is the identity',
    async (length) => {
      const input = signal(length);
      const output = await whole(await open({ quantizer: 'none' }), input);
      expect(largestDifference(output, input)).toBeLessThan(1e-5);
    },
  );

  it.each(['none', 'rvq'])('%s: any chunking gives the same samples', async (quantizer) => {
    const session = await open({ quantizer });
    const input = signal(5000);
    const expected = await whole(session, input);
    expect(expected.some((v) => v !== 0)).toBe(true);
    for (let seed = 1; seed <= 4; seed++) {
      const next = random(seed);
      const parts: Float32Array[] = [];
      for (let at = 0; at < input.length;) {
        // Mostly small chunks, some of many hops, some empty.
        const size = Math.floor(next() ** 3 * 900);
        parts.push(await session.process(input.subarray(at, at + size)));
        at += size;
      }
      parts.push(await session.flush());
      expect(concat(parts), `seed ${seed}`).toEqual(expected);
    }
  });

  it('decode(encode(x)) equals process(x), codes exact in any chunking', async () => {
    for (const codebooks of [1, 2, 3]) {
      const session = await open({ codebooks });
      const input = signal(3333);
      const expected = await whole(session, input);
      const codes = [...(await session.encode(input)), ...(await session.encodeFlush())];
      expect(codes.length).toBe(Math.ceil((3333 + 160) / 160) * codebooks);
      expect(new Set(codes).size).toBeGreaterThan(4);

      const again: number[] = [];
      for (let at = 0; at < input.length; at += 77) {
        again.push(...(await session.encode(input.subarray(at, at + 77))));
      }
      again.push(...(await session.encodeFlush()));
      expect(again).toEqual(codes);

      const half = codebooks * 7;
      const decoded = concat([
        await session.decode(Int32Array.from(codes.slice(0, half))),
        await session.decode(Int32Array.from(codes.slice(half))),
      ]);
      expect(decoded.slice(0, input.length)).toEqual(expected);
      expect(decoded.length).toBeGreaterThanOrEqual(input.length);
    }
  });

  it('a longer input never changes past output', async () => {
    const session = await open();
    const long = signal(4000, 9);
    const full = await whole(session, long);
    for (const cut of [160, 801, 2345]) {
      const short = await session.process(long.subarray(0, cut));
      session.reset();
      expect(short.length).toBe(Math.max(0, Math.floor(cut / 160) * 160 - 160));
      expect(short).toEqual(full.slice(0, short.length));
    }
  });
});

describe('live hops', () => {
  it('an impulse comes out exactly algorithmicLatencySamples later, played without a gap', async () => {
    const session = await open({ quantizer: 'none' });
    const { hopSamples, algorithmicLatencySamples } = session;
    for (const position of [0, 1, 159, 160, 479]) {
      session.reset();
      const length = 8 * hopSamples;
      const input = new Float32Array(length);
      input[position] = 1;
      // A player that starts one hop behind the microphone, sample by sample; it must never run dry.
      const queue: number[] = Array.from({ length: hopSamples }, () => 0);
      const played: number[] = [];
      const hop = new Float32Array(hopSamples);
      const out = new Float32Array(hopSamples);
      for (let n = 0; n < length; n++) {
        hop[n % hopSamples] = input[n]!;
        expect(queue.length).toBeGreaterThan(0);
        played.push(queue.shift()!);
        if ((n + 1) % hopSamples !== 0) continue;
        await session.processHop(hop, out);
        queue.push(...out);
      }
      const peak = played.reduce(
        (best, v, i) => (Math.abs(v) > Math.abs(played[best]!) ? i : best),
        0,
      );
      expect(peak - position).toBe(algorithmicLatencySamples);
      expect(played[peak]).toBeCloseTo(1, 4);
    }
  });

  it('processHop equals encodeHop and decodeHop, and shows its codes', async () => {
    const [a, b, c] = [await open(), await open(), await open()];
    const input = signal(160 * 20);
    const codes = new Int32Array(3);
    const [whole1, split] = [new Float32Array(160), new Float32Array(160)];
    for (let hop = 0; hop < 20; hop++) {
      const samples = input.subarray(hop * 160, (hop + 1) * 160);
      await a.processHop(samples, whole1);
      await b.encodeHop(samples, codes);
      await c.decodeHop(codes, split);
      expect(split).toEqual(whole1);
      expect(a.lastCodes).toEqual(codes);
    }
  });

  it('codebooks can change while it runs; codes beyond them are absent', async () => {
    const session = await open({ codebooks: 2 });
    const input = signal(160);
    const out = new Float32Array(160);
    await session.processHop(input, out);
    expect(session.lastCodes[1]).toBeGreaterThanOrEqual(0);
    expect(session.lastCodes[2]).toBe(ABSENT_CODE);
    expect(session.bitrateKbps).toBe(0.8);
    session.setCodebooks(1);
    await session.processHop(input, out);
    expect([...session.lastCodes.subarray(1)]).toEqual([ABSENT_CODE, ABSENT_CODE]);
    expect(session.bitrateKbps).toBe(0.4);
    expect(() => session.setCodebooks(4)).toThrow(
      expect.objectContaining({ code: 'CODEBOOKS_RANGE' }),
    );
    expect(session.codebooks).toBe(1);
  });

  it('more codebooks come closer to what can be coded', async () => {
    const input = signal(8000);
    const all = await open();
    const error = async (codebooks: number) => {
      const session = await open({ codebooks });
      const hop = new Float32Array(160);
      let sum = 0;
      for (let at = 0; at + 160 <= input.length; at += 160) {
        await session.processHop(input.subarray(at, at + 160), hop);
        if (at > 0) sum += hop.reduce((s, v, i) => s + (v - input[at - 160 + i]!) ** 2, 0);
      }
      return sum;
    };
    const errors = [await error(1), await error(2), await error(3)];
    expect(errors[1]!).toBeLessThan(errors[0]!);
    expect(errors[2]!).toBeLessThan(errors[1]!);
    expect(all.quantizer.maxCodebooks).toBe(3);
  });

  it('a lost packet decodes as absent codes and costs no more than its own frames and memory', async () => {
    const [clean, lossy] = [await open(), await open()];
    const input = signal(160 * 30);
    const codes = await clean.encode(input);
    clean.reset();
    const hit = codes.slice();
    hit.fill(ABSENT_CODE, 10 * 3, 12 * 3);
    const [a, b] = [await clean.decode(codes), await lossy.decode(hit)];
    const changed = Array.from(a, (v, i) => v !== b[i]);
    // Frame k is heard in output hops k and k + 1, minus the hop of delay; the memory adds one more.
    expect(changed.indexOf(true)).toBeGreaterThanOrEqual(9 * 160);
    expect(changed.lastIndexOf(true)).toBeLessThan(13 * 160);
    expect(b.slice(13 * 160)).toEqual(a.slice(13 * 160));
  });
});

describe('life cycle and misuse', () => {
  it('reset makes it new', async () => {
    const session = await open();
    const input = signal(2000);
    const first = await session.process(input);
    const different = await session.process(input);
    expect(different).not.toEqual(first);
    session.reset();
    expect(await session.process(input)).toEqual(first);
  });

  it('refuses concurrent use, and works on afterwards', async () => {
    const session = await open();
    const running = session.process(signal(1600));
    await expect(session.process(signal(10))).rejects.toMatchObject({ code: 'SESSION_BUSY' });
    await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_BUSY' });
    expect(() => session.reset()).toThrow(expect.objectContaining({ code: 'SESSION_BUSY' }));
    expect((await running).length).toBe(1600 - 160);
    expect((await session.flush()).length).toBe(160);
  });

  it('dispose waits, can be repeated, and ends the session', async () => {
    const session = await open();
    const running = session.processHop(signal(160), new Float32Array(160));
    await Promise.all([session.dispose(), session.dispose(), running.catch(() => undefined)]);
    await expect(session.process(signal(160))).rejects.toMatchObject({ code: 'SESSION_DISPOSED' });
  });

  it('NaN, infinite and absurd samples are replaced and counted, and leave no trace', async () => {
    const session = await open({ quantizer: 'none' });
    const broken = signal(1600);
    const repaired = broken.slice();
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30];
    values.forEach((v, i) => {
      broken[100 + 300 * i] = v;
      repaired[100 + 300 * i] = v === 1e30 ? 1000 : 0;
    });
    const output = await whole(session, broken);
    expect(session.sanitizedSamples).toBe(4);
    expect(output).toEqual(await whole(session, repaired));
    expect(session.sanitizedSamples).toBe(4);
    expect(output.every(Number.isFinite)).toBe(true);
  });

  it('the continuous entry has no codes to write', async () => {
    const session = await open({ quantizer: 'none' });
    const refused = { code: 'QUANTIZER_CONTINUOUS' };
    await expect(session.encode(signal(160))).rejects.toMatchObject(refused);
    await expect(session.encodeHop(signal(160), new Int32Array(0))).rejects.toMatchObject(refused);
    await expect(session.decode(new Int32Array(3))).rejects.toMatchObject(refused);
    expect(session.codebooks).toBe(0);
    expect(session.bitrateKbps).toBe(0);
  });

  it('refuses wrong lengths and codes out of range, and works on afterwards', async () => {
    const session = await open();
    const hop = signal(160);
    const length = { code: 'BUFFER_LENGTH' };
    await expect(session.processHop(hop.subarray(1), new Float32Array(160))).rejects.toMatchObject(
      length,
    );
    await expect(session.processHop(hop, new Float32Array(159))).rejects.toMatchObject(length);
    await expect(session.encodeHop(hop, new Int32Array(2))).rejects.toMatchObject(length);
    await expect(session.decodeHop(new Int32Array(4), new Float32Array(160))).rejects.toMatchObject(
      length,
    );
    await expect(session.decode(new Int32Array(4))).rejects.toMatchObject(length);
    const range = { code: 'CODE_RANGE' };
    for (const code of [-2, 16, 2 ** 31 - 1]) {
      await expect(session.decode(Int32Array.of(0, code, 0))).rejects.toMatchObject(range);
    }
    session.reset();
    const fresh = await open();
    expect(await whole(session, signal(500))).toEqual(await whole(fresh, signal(500)));
  });

  it('refuses unknown quantizers, codebooks and providers with exit status 2', async () => {
    const cases: [Partial<CodecSessionOptions>, string][] = [
      [{ quantizer: 'opus' }, 'QUANTIZER_UNKNOWN'],
      [{ codebooks: 4 }, 'CODEBOOKS_RANGE'],
      [{ codebooks: 0 }, 'CODEBOOKS_RANGE'],
      [{ codebooks: 1.5 }, 'CODEBOOKS_RANGE'],
      [{ quantizer: 'none', codebooks: 1 }, 'CODEBOOKS_RANGE'],
      [{ provider: 'abacus' }, 'PROVIDER_UNKNOWN'],
    ];
    for (const [options, code] of cases) {
      await expect(open(options)).rejects.toMatchObject({ code, exitCode: 2 });
    }
  });
});

describe('history', () => {
  it('handed to another session, that one goes on as the first would have', async () => {
    const [first, second] = [await open(), await open()];
    const input = signal(160 * 12);
    const hop = (k: number) => input.subarray(160 * k, 160 * (k + 1));
    const [a, b] = [new Float32Array(160), new Float32Array(160)];
    for (let k = 0; k < 5; k++) await first.processHop(hop(k), a);
    second.encoderState.set(first.encoderState);
    second.decoderState.set(first.decoderState);
    for (let k = 5; k < 12; k++) {
      await first.processHop(hop(k), a);
      await second.processHop(hop(k), b);
      expect(b).toEqual(a);
    }
  });
});
