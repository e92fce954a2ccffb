import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcm16, wavBytes, type WavParts } from '../../test/fixtures/wav-bytes.ts';
import { openAudio, readAudio } from './open-audio.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-wav-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function write(parts: WavParts): Promise<string> {
  const path = join(folder, `${files++}.bin`); // the name says nothing: content decides
  await writeFile(path, wavBytes(parts));
  return path;
}
async function samplesOf(parts: WavParts): Promise<number[][]> {
  const { channels } = await readAudio(await write(parts));
  return channels.map((samples) => Array.from(samples));
}
const bytes = (fill: (buffer: Buffer) => void, length: number): Uint8Array => {
  const buffer = Buffer.alloc(length);
  fill(buffer);
  return Uint8Array.from(buffer);
};

describe('WAV sample formats', () => {
  it('8 bit is unsigned', async () => {
    const data = Uint8Array.of(0, 64, 128, 192, 255);
    expect(await samplesOf({ bits: 8, data })).toEqual([[-1, -0.5, 0, 0.5, 127 / 128]]);
  });

  it('16 bit', async () => {
    const data = bytes(
      (b) => [-32768, -1, 0, 1, 32767].forEach((v, i) => b.writeInt16LE(v, i * 2)),
      10,
    );
    expect(await samplesOf({ data })).toEqual([[-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768]]);
  });

  it('24 bit', async () => {
    const values = [-8388608, -1, 0, 1, 8388607, 65536, -65536];
    const data = bytes(
      (b) => values.forEach((v, i) => b.writeIntLE(v, i * 3, 3)),
      values.length * 3,
    );
    expect(await samplesOf({ bits: 24, data })).toEqual([values.map((v) => v / 8388608)]);
  });

  it('32 bit', async () => {
    const values = [-2147483648, 0, 1073741824];
    const data = bytes((b) => values.forEach((v, i) => b.writeInt32LE(v, i * 4)), 12);
    expect(await samplesOf({ bits: 32, data })).toEqual([[-1, 0, 0.5]]);
  });

  it('32- and 64-bit float', async () => {
    const values = [-1, 0.25, 0, 2.5];
    const single = bytes((b) => values.forEach((v, i) => b.writeFloatLE(v, i * 4)), 16);
    const double = bytes((b) => values.forEach((v, i) => b.writeDoubleLE(v, i * 8)), 32);
    expect(await samplesOf({ tag: 3, bits: 32, data: single })).toEqual([values]);
    expect(await samplesOf({ tag: 3, bits: 64, data: double })).toEqual([values]);
  });

  it('A-law and µ-law, at the values of G.711', async () => {
    // A-law 0xd5/0x55 are the smallest steps, 0xaa/0x2a the largest; µ-law 0xff is 0, 0x80 the largest.
    const a = (
      await samplesOf({ tag: 6, bits: 8, data: Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a) })
    )[0];
    expect(a).toEqual([8 / 32768, -8 / 32768, 32256 / 32768, -32256 / 32768]);
    const mu = (await samplesOf({ tag: 7, bits: 8, data: Uint8Array.of(0xff, 0x80, 0x00) }))[0];
    expect(mu![0]).toBeCloseTo(0, 10);
    expect(mu!.slice(1)).toEqual([32124 / 32768, -32124 / 32768]);
  });

  it('extensible, many channels, interleaved', async () => {
    const data = pcm16([0.1, 0.2, 0.3, 0.4, 0.5, 0.6].flatMap((v) => [v, -v, v / 2]));
    const [a, b, c] = await samplesOf({ tag: 0xfffe, channels: 3, data });
    expect(a![5]).toBeCloseTo(0.6, 4);
    expect(b![0]).toBeCloseTo(-0.1, 4);
    expect(c![2]).toBeCloseTo(0.15, 4);
  });
});

describe('WAV headers', () => {
  const data = pcm16([0.5, -0.5, 0.25]);
  const expected = [[0.5, -0.5, 0.25]];

  it('skips unknown chunks, odd sizes padded', async () => {
    const extra = [
      { id: 'LIST', body: new Uint8Array(7) },
      { id: 'junk', body: new Uint8Array(0) },
    ];
    expect(await samplesOf({ extra, data })).toEqual(expected);
  });

  it('reads to the end where the size was never filled in', async () => {
    expect(await samplesOf({ dataSize: 0xffffffff, riffSize: 0xffffffff, data })).toEqual(expected);
    expect(await samplesOf({ dataSize: 0, riffSize: 0, data })).toEqual(expected);
    expect(await samplesOf({ dataSize: 0x7ffff000, riffSize: 0x7ffff024, data })).toEqual(expected);
  });

  it('zero-length and one-sample audio are audio', async () => {
    expect(await samplesOf({ data: new Uint8Array(0) })).toEqual([[]]);
    expect(await samplesOf({ data: pcm16([0.5]) })).toEqual([[0.5]]);
  });

  it('ignores a last partial frame', async () => {
    expect(await samplesOf({ channels: 2, data: pcm16([0.5, 0.25, 0.125]) })).toEqual([
      [0.5],
      [0.25],
    ]);
  });

  it('RF64 takes its size from ds64', async () => {
    const parts = { riff: 'RF64', riffSize: 0xffffffff, dataSize: 0xffffffff, ds64: 6n, data };
    expect(await samplesOf({ ...parts, data: Buffer.concat([data, data]) })).toEqual(expected);
  });

  it('RF64 beyond 4 GiB', async () => {
    const size = 5 * 2 ** 30;
    const path = await write({
      riff: 'RF64',
      riffSize: 0xffffffff,
      dataSize: 0xffffffff,
      ds64: BigInt(size),
      data: new Uint8Array(0),
    });
    const handle = await open(path, 'r+');
    await handle.truncate((await handle.stat()).size + size); // a hole in the file: no disk used
    await handle.close();
    const reader = await openAudio(path);
    expect(reader.frames).toBe(size / 2);
    await reader.close();
  });

  it.each([
    ['cut samples', { dataSize: 1000, data }, 'AUDIO_TRUNCATED'],
    [
      'a cut RF64',
      { riff: 'RF64', riffSize: 0xffffffff, dataSize: 0xffffffff, ds64: 5n * 2n ** 30n, data },
      'AUDIO_TRUNCATED',
    ],
    ['a cut file of 3 GB', { riffSize: 3e9 + 36, dataSize: 3e9, data }, 'AUDIO_TRUNCATED'],
    ['no channels', { channels: 0, blockAlign: 2, data }, 'AUDIO_CHANNELS'],
    ['9 channels', { channels: 9, data: pcm16(new Float32Array(9)) }, 'AUDIO_CHANNELS'],
    ['7999 Hz', { sampleRate: 7999, data }, 'AUDIO_RATE'],
    ['192001 Hz', { sampleRate: 192001, data }, 'AUDIO_RATE'],
    ['0 Hz', { sampleRate: 0, data }, 'AUDIO_RATE'],
    ['ADPCM', { tag: 2, bits: 4, blockAlign: 1, data }, 'AUDIO_FORMAT'],
    ['5-byte samples', { bits: 40, data }, 'AUDIO_FORMAT'],
    ['0-bit samples', { bits: 0, blockAlign: 2, data }, 'AUDIO_FORMAT'],
    ['16-bit float', { tag: 3, bits: 16, data }, 'AUDIO_FORMAT'],
    ['a block size that does not fit', { channels: 2, blockAlign: 3, data }, 'AUDIO_FORMAT'],
    ['AVI', { wave: 'AVI ', data }, 'AUDIO_FORMAT'],
  ])('refuses %s', async (_, parts, code) => {
    const path = await write(parts as WavParts);
    await expect(readAudio(path)).rejects.toMatchObject({ code, exitCode: 1 });
    await expect(readAudio(path)).rejects.toThrow(path);
  });

  it('accepts the ends of the range: 8 kHz and 192 kHz, 8 channels', async () => {
    for (const sampleRate of [8000, 192000]) {
      expect(await samplesOf({ sampleRate, data })).toEqual(expected);
    }
    expect(await samplesOf({ channels: 8, data: pcm16(new Float32Array(16)) })).toHaveLength(8);
  });
});

describe('sample check', () => {
  it('replaces NaN and infinity by 0 and counts them', async () => {
    const values = [0.1, Number.NaN, Infinity, -Infinity, 0.2];
    const data = bytes((b) => values.forEach((v, i) => b.writeFloatLE(v, i * 4)), 20);
    const reader = await openAudio(await write({ tag: 3, bits: 32, data }));
    const blocks: number[] = [];
    for await (const [samples] of reader.read()) blocks.push(...samples!);
    await reader.close();
    expect(blocks).toEqual([Math.fround(0.1), 0, 0, 0, Math.fround(0.2)]);
    expect(reader.health).toEqual({ nonFinite: 3, clipped: 0 });
  });

  it('counts clipped runs but not lone peaks', async () => {
    const reader = await openAudio(
      await write({ data: pcm16([1, 0, 1, 1, 0, 1, 1, 1, 1, 0, -1, -1, -1]) }),
    );
    for await (const _ of reader.read());
    await reader.close();
    expect(reader.health).toEqual({ nonFinite: 0, clipped: 7 });
  });
});
