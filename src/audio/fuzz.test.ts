import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcm16, wavBytes } from '../../test/fixtures/wav-bytes.ts';
import { AudioError } from './errors.ts';
import { openAudio } from './open-audio.ts';

/** RESIDUA_FUZZ_SEED repeats a run; RESIDUA_FUZZ_ROUNDS makes it longer. */
const SEED = Number(process.env.RESIDUA_FUZZ_SEED ?? Date.now() % 1e9);
const ROUNDS = Number(process.env.RESIDUA_FUZZ_ROUNDS ?? 60);
const FIXTURES = fileURLToPath(new URL('../../test/fixtures/audio', import.meta.url));
const NAMES = [
  'mono-16k.flac',
  'mono-16k-flac.ogg',
  'stereo-48k.opus',
  'stereo-44k-vorbis.ogg',
  'stereo-44k.mp3',
  'mono-16k-no-tag.mp3',
];
/** No input of a few kB may keep a reader busy longer than this. */
const LONGEST_MS = 20_000;

let folder: string;
beforeAll(async () => {
  console.log(`audio reader fuzz seed: ${SEED}`);
  folder = await mkdtemp(join(tmpdir(), 'residua-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true }));

function randomSource(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Reads to the end. @returns the error's code, or the number of samples. */
async function outcome(bytes: Uint8Array): Promise<string | number> {
  const path = join(folder, 'input.bin');
  await writeFile(path, bytes);
  const started = performance.now();
  try {
    const reader = await openAudio(path);
    try {
      let samples = 0;
      for await (const block of reader.read()) {
        expect(block).toHaveLength(reader.channels);
        for (const plane of block) expect(plane.every(Number.isFinite)).toBe(true);
        samples += block[0]!.length;
      }
      return samples;
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.code;
  } finally {
    expect(performance.now() - started).toBeLessThan(LONGEST_MS);
  }
}

async function source(name: string): Promise<Uint8Array> {
  if (name !== 'wav') return readFile(join(FIXTURES, name));
  const samples = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i / 5) / 2);
  return wavBytes({
    channels: 2,
    data: pcm16(samples),
    extra: [{ id: 'LIST', body: new Uint8Array(9) }],
  });
}

describe('hostile audio', () => {
  it('every prefix of a WAV file is refused', async () => {
    const whole = await source('wav');
    for (let length = 0; length < whole.length; length++) {
      const expected = length === 0 ? /EMPTY/ : length < 4 ? /TRUNCATED|FORMAT/ : /TRUNCATED/;
      expect(String(await outcome(whole.subarray(0, length)))).toMatch(expected);
    }
    expect(await outcome(whole)).toBe(150);
  });

  it.each(NAMES)('prefixes of %s are refused, or are shorter audio', async (name) => {
    const whole = await source(name);
    const full = await outcome(whole);
    expect(full).toBeTypeOf('number');
    // Every one near the start, where headers are; further on, a scattered choice.
    const random = randomSource(SEED);
    const lengths = Array.from({ length: 48 }, (_, i) => i);
    for (let i = 0; i < ROUNDS; i++) lengths.push(48 + Math.floor(random() * (whole.length - 48)));
    for (const length of lengths) {
      const result = await outcome(whole.subarray(0, length));
      if (name === 'mono-16k-no-tag.mp3') {
        // Cut between two frames such a file is whole: nothing in it says how long it was.
        if (typeof result === 'number') expect(result).toBeLessThanOrEqual(full as number);
      } else {
        expect(result, `first ${length} bytes`).toMatch(/^AUDIO_(EMPTY|TRUNCATED|FORMAT|CORRUPT)$/);
      }
    }
  });

  it.each(['wav', ...NAMES])('%s with flipped bytes never crashes a reader', async (name) => {
    const whole = await source(name);
    const random = randomSource(SEED + 1);
    for (let round = 0; round < ROUNDS; round++) {
      const damaged = Uint8Array.from(whole);
      for (let flips = 1 + random() * 12; flips > 0; flips--) {
        damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
      }
      await outcome(damaged);
    }
  });

  it('random bytes, bare or behind every magic number, never crash a reader', async () => {
    const random = randomSource(SEED + 2);
    const magics = [
      '',
      'RIFF\xff\xff\xff\xffWAVE',
      'RF64',
      'fLaC\0\0\0\x22',
      'OggS\0\x02',
      'ID3\x04\0\0',
      '\xff\xfb\x90\x64',
    ];
    for (let round = 0; round < ROUNDS; round++) {
      const magic = Buffer.from(magics[round % magics.length]!, 'latin1');
      const noise = Buffer.from(Array.from({ length: 3000 * random() }, () => random() * 256));
      await outcome(Buffer.concat([magic, noise]));
    }
  });
});
