import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildCache, PoolReader, readIndex } from './cache.ts';
import type { CorpusListing } from './corpora/types.ts';
import { rms } from './levels.ts';
import { fakeNoise, fakeSpeech, largestDifference, writeWav } from './test-corpus.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'residua-cache-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string): string => join(dir, name);
const listing = (parts: Partial<CorpusListing>): CorpusListing => ({
  format: 'x',
  speech: [],
  noise: [],
  pairs: [],
  ...parts,
});

function read(cache: string, kind: string, offset: number, length: number): Float32Array {
  const reader = new PoolReader(join(cache, `${kind}.i16`));
  const out = new Float32Array(length);
  reader.add(offset, length, out, 0, 1);
  reader.close();
  return out;
}

describe('buildCache', () => {
  it('keeps every recording, one after another, to 16 bits', async () => {
    const [a, b] = [fakeSpeech(1.5, 1), fakeSpeech(2, 2)];
    writeWav(file('a.wav'), a);
    writeWav(file('b.wav'), b);
    const speech = [
      { path: file('a.wav'), source: 's', speaker: 'p1' },
      { path: file('b.wav'), source: 's' },
    ];
    const cache = await buildCache(dir, listing({ speech }), file('cache'));
    const { speech: clips, skipped } = readIndex(cache);
    expect(skipped).toEqual([]);
    expect(clips.map((c) => [c.offset, c.length, c.speaker])).toEqual([
      [0, a.length, 'p1'],
      [a.length, b.length, undefined],
    ]);
    expect(largestDifference(read(cache, 'speech', a.length, b.length), b)).toBeLessThan(1 / 32000);
  });

  it('brings any rate to 16 kHz, aligned in time and at its level', async () => {
    const at48 = Float32Array.from(
      { length: 48000 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / 48000),
    );
    const at16 = Float32Array.from(
      { length: 16000 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / 16000),
    );
    writeWav(file('a.wav'), at48, 48000);
    const noise = [{ path: file('a.wav'), source: 'n' }];
    const cache = await buildCache(dir, listing({ noise }), file('cache'));
    const x = read(cache, 'noise', 0, readIndex(cache).noise[0]?.length ?? 0);
    expect(x).toHaveLength(16000);
    const middle = (v: Float32Array): Float32Array => v.subarray(1000, 15000);
    expect(largestDifference(middle(x), middle(at16))).toBeLessThan(1e-3);
  });

  it('skips and names what cannot be used, once each', async () => {
    writeWav(file('good.wav'), fakeSpeech(1, 1));
    writeWav(file('silent.wav'), new Float32Array(16000));
    writeWav(file('empty.wav'), new Float32Array(0));
    writeFileSync(file('junk.flac'), 'this is no audio');
    writeWav(file('cut.wav'), fakeSpeech(1, 2));
    truncateSync(file('cut.wav'), 3001);
    const names = ['good.wav', 'silent.wav', 'empty.wav', 'junk.flac', 'cut.wav', 'gone.wav'];
    const speech = names.map((name) => ({ path: file(name), source: 's' }));
    const cache = await buildCache(dir, listing({ speech }), file('cache'));
    const index = readIndex(cache);
    expect(index.speech).toHaveLength(1);
    expect(index.skipped.map((s) => s.path)).toEqual(speech.slice(1).map((s) => s.path));
    for (const { reason } of index.skipped) expect(reason).toMatch(/^[^\n]{5,}$/);
  });

  it('is made once, and anew when a file changes', async () => {
    writeWav(file('a.wav'), fakeSpeech(1, 1));
    const speech = [{ path: file('a.wav'), source: 's' }];
    let decoded = 0;
    const count = (): void => void decoded++;
    const first = await buildCache(dir, listing({ speech }), file('cache'), count);
    expect(decoded).toBeGreaterThan(0);
    decoded = 0;
    expect(await buildCache(dir, listing({ speech }), file('cache'), count)).toBe(first);
    expect(decoded).toBe(0);
    writeWav(file('a.wav'), fakeSpeech(1.1, 1));
    expect(await buildCache(dir, listing({ speech }), file('cache'), count)).not.toBe(first);
    expect(decoded).toBeGreaterThan(0);
    expect(readdirSync(file('cache')).filter((n) => n.includes('partial'))).toEqual([]);
  });

  it('keeps pairs together and skips those of different length', async () => {
    const clean = fakeSpeech(1, 1);
    const noise = fakeNoise(1, 1);
    const noisy = clean.map((v, i) => v + (noise[i] as number));
    writeWav(file('c.wav'), clean);
    writeWav(file('n.wav'), noisy);
    writeWav(file('short.wav'), clean.subarray(0, 9000));
    const pairs = [
      { noisy: file('n.wav'), clean: file('c.wav'), source: 'p' },
      { noisy: file('n.wav'), clean: file('short.wav'), source: 'p' },
    ];
    const cache = await buildCache(dir, listing({ pairs }), file('cache'));
    const index = readIndex(cache);
    expect(index.pairs).toHaveLength(1);
    expect(index.skipped[0]?.reason).toContain('differ in length');
    expect(largestDifference(read(cache, 'pairs', 0, 16000), noisy)).toBeLessThan(1 / 32000);
    expect(largestDifference(read(cache, 'pairs', 16000, 16000), clean)).toBeLessThan(1 / 32000);
  });
});

describe('readIndex', () => {
  it('refuses a damaged cache and says what to do', async () => {
    writeWav(file('a.wav'), fakeSpeech(1, 1));
    const cache = await buildCache(
      dir,
      listing({ speech: [{ path: file('a.wav'), source: 's' }] }),
      file('cache'),
    );
    expect(rms(read(cache, 'speech', 0, 16000))).toBeGreaterThan(0.01);
    truncateSync(join(cache, 'speech.i16'), 100);
    expect(() => readIndex(cache)).toThrow(/wrong length/);
    appendFileSync(join(cache, 'index.json'), '}');
    expect(() => readIndex(cache)).toThrow(expect.objectContaining({ code: 'DATA_FORMAT' }));
    rmSync(join(cache, 'index.json'));
    expect(existsSync(cache)).toBe(true);
    expect(() => readIndex(cache)).toThrow(/no readable index.json/);
  });
});
