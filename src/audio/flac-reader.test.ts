import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flacParts, joinFlac, resealed } from '../../test/fixtures/flac-bytes.ts';
import { wavBytes } from '../../test/fixtures/wav-bytes.ts';
import { openAudio, readAudio } from './open-audio.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/audio', import.meta.url));
/** fLaC, block header, STREAMINFO: where the fields of a file from `flac` stand. */
const DEPTH_AT = 8 + 12;
const TOTAL_AT = 8 + 13;
const MD5_AT = 8 + 18;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-flac-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** White noise over the whole range; both extremes first. */
function noise(count: number, bits: number): number[] {
  const full = 2 ** (bits - 1);
  let state = 1;
  return Array.from({ length: count }, (_, i) => {
    state = (state * 48271) % 2147483647;
    if (i < 2) return i === 0 ? -full : full - 1;
    return Math.floor((state / 2147483647) * 2 * full) - full;
  });
}

/** Zeros with a 1 now and then; coded as long runs of one bits. */
function quiet(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i % 97 === 0 ? 1 : 0));
}

/** [fixture, bits, channels, rate, the integers in it, interleaved] */
const FILES: readonly [string, number, number, number, number[]][] = [
  ['noise-short-end.flac', 16, 1, 16000, [...noise(192, 16), ...new Array<number>(7).fill(0)]],
  ['noise-ones-end.flac', 16, 1, 16000, [...noise(100, 16), ...quiet(500), ...quiet(600)]],
  ['noise-24bit.flac', 24, 2, 44100, noise(600, 24)],
];

async function fixture(name: string): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(join(FIXTURES, name)));
}

async function store(bytes: Uint8Array, name = 'input.flac'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function refusal(bytes: Uint8Array): Promise<{ code: string; message: string }> {
  try {
    await readAudio(await store(bytes));
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('accepted');
}

describe('FLAC', () => {
  it.each(FILES)('%s is bit-identical to WAV', async (name, bits, channels, sampleRate, values) => {
    const data = Buffer.alloc((values.length * bits) / 8);
    values.forEach((value, i) => data.writeIntLE(value, (i * bits) / 8, bits / 8));
    const wav = await store(wavBytes({ channels, sampleRate, bits, data }), 'same.wav');
    const flac = await readAudio(join(FIXTURES, name));
    expect(flac).toEqual(await readAudio(wav));
    expect(flac.channels[0]![0]).toBe(-1);
  });

  it('in Ogg is bit-identical to FLAC alone', async () => {
    const ogg = await readAudio(join(FIXTURES, 'mono-16k-flac.ogg'));
    expect(ogg).toEqual(await readAudio(join(FIXTURES, 'mono-16k.flac')));
    expect(ogg.channels[0]!.every((value) => Number.isInteger(value * 32768))).toBe(true);
  });

  it('cut or damaged is refused', async () => {
    const bytes = await fixture('noise-24bit.flac');
    const { head, frames } = await flacParts(bytes);
    const between = bytes.length - frames[1]!.length;
    const cuts = [6, 43, head.length - 1, head.length, head.length + 3, between, between + 9];
    for (const length of [...cuts, bytes.length - 1]) {
      const { code } = await refusal(bytes.subarray(0, length));
      expect(code, `first ${length} bytes`).toBe('AUDIO_TRUNCATED');
    }
    for (const at of [head.length, head.length + 4, head.length + 500, between - 1]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 4;
      expect((await refusal(damaged)).code, `byte ${at}`).toBe('AUDIO_CORRUPT');
    }
  });

  it('with a frame twice, or too few or too many, is refused', async () => {
    const { head, frames } = await flacParts(await fixture('noise-24bit.flac'));
    const [first, second] = frames as [Uint8Array, Uint8Array];
    expect(frames).toHaveLength(2);
    const twice = await refusal(joinFlac({ head, frames: [first, first, second] }));
    expect(twice).toMatchObject({ code: 'AUDIO_CORRUPT' });
    expect(twice.message).toMatch(/frame 0 follows frame 0/);
    const few = await refusal(joinFlac({ head, frames: [second] }));
    expect(few).toMatchObject({ code: 'AUDIO_TRUNCATED' });
    expect(few.message).toMatch(/108 of 300/);
    head[TOTAL_AT + 4] = 200;
    head[TOTAL_AT + 3] = 0;
    const many = await refusal(joinFlac({ head, frames }));
    expect(many).toMatchObject({ code: 'AUDIO_CORRUPT' });
    expect(many.message).toMatch(/300 samples instead of 200/);
  });

  it('whose samples do not have its MD5 sum is refused; a sum of zeros is none', async () => {
    const bytes = await fixture('noise-24bit.flac');
    const whole = await readAudio(await store(bytes));
    bytes[MD5_AT]! ^= 1;
    const error = await refusal(bytes);
    expect(error).toMatchObject({ code: 'AUDIO_CORRUPT' });
    expect(error.message).toMatch(/MD5/);
    bytes.fill(0, MD5_AT, MD5_AT + 16);
    expect(await readAudio(await store(bytes))).toEqual(whole);
    // As a live stream is written: no length either.
    bytes[TOTAL_AT]! &= 0xf0;
    bytes.fill(0, TOTAL_AT + 1, TOTAL_AT + 5);
    const reader = await openAudio(await store(bytes));
    expect(reader.frames).toBeUndefined();
    await reader.close();
    expect(await readAudio(reader.path)).toEqual(whole);
  });

  it('may leave rate and depth to its header, and count samples', async () => {
    const bytes = await fixture('noise-short-end.flac');
    const { head, frames } = await flacParts(bytes);
    const [first, second] = frames as [Uint8Array, Uint8Array];
    const whole = await readAudio(await store(bytes));
    const bare = [first, second].map((frame, i) => {
      const copy = Uint8Array.from(frame);
      copy[2]! &= 0xf0;
      copy[3]! &= 0xf1;
      return resealed(copy, 6 + i);
    });
    expect(bare[0]).not.toEqual(first);
    expect(await readAudio(await store(joinFlac({ head, frames: bare })))).toEqual(whole);
    // Variable block sizes: the second frame begins with sample 192, two bytes in UTF-8.
    const variable = [
      resealed(Uint8Array.of(0xff, 0xf9, ...first.subarray(2)), 6),
      resealed(
        Uint8Array.of(0xff, 0xf9, second[2]!, second[3]!, 0xc3, 0x80, ...second.subarray(5)),
        8,
      ),
    ];
    expect(await readAudio(await store(joinFlac({ head, frames: variable })))).toEqual(whole);
  });

  it('may have an ID3v1 tag behind it', async () => {
    const tag = Buffer.alloc(128);
    tag.write('TAGtitle', 0, 'latin1');
    for (const [name] of FILES) {
      const bytes = await fixture(name);
      const path = await store(Uint8Array.from(Buffer.concat([bytes, tag])));
      expect(await readAudio(path)).toEqual(await readAudio(join(FIXTURES, name)));
    }
  });

  it('of a depth the decoder cannot scale is refused on opening', async () => {
    const bytes = await fixture('noise-24bit.flac');
    bytes[DEPTH_AT + 1] = ((20 - 1) << 4) | (bytes[DEPTH_AT + 1]! & 15);
    const error = await refusal(bytes);
    expect(error).toMatchObject({ code: 'AUDIO_FORMAT' });
    expect(error.message).toMatch(/20-bit FLAC/);
  });

  it('with a header that never ends is refused soon', async () => {
    const bytes = await fixture('noise-24bit.flac');
    const endless = new Uint8Array(1e6);
    endless.set(bytes.subarray(0, 42));
    expect(await refusal(endless)).toMatchObject({ code: 'AUDIO_CORRUPT' });
  });
});
