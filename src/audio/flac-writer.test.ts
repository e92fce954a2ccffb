import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlacWriter } from './flac-writer.ts';
import { openAudio, readAudio } from './open-audio.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-flac-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Any integers of 24 bits, which float32 holds exactly. */
function noise(samples: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 8) / 8388608;
  });
}

async function write(
  name: string,
  channels: readonly Float32Array[],
  sampleRate: number,
  pieces = 1000,
): Promise<string> {
  const path = join(folder, name);
  const writer = await FlacWriter.create(path, { sampleRate, channels: channels.length });
  for (let at = 0; at < channels[0]!.length; at += pieces) {
    await writer.write(channels.map((samples) => samples.subarray(at, at + pieces)));
  }
  await writer.commit();
  return path;
}

describe('FLAC that is written', () => {
  it.each([
    [1, 16000, 50_000],
    [2, 44100, 12_345],
    [2, 192000, 4096],
    [8, 48000, 5000],
    [1, 8000, 1],
  ])(
    '%i channels at %i Hz, %i samples: comes back exactly',
    async (channels, sampleRate, samples) => {
      const planes = Array.from({ length: channels }, (_, c) => noise(samples, c + 1));
      const path = await write(`exact-${channels}-${sampleRate}.flac`, planes, sampleRate);
      // The reader checks the number of samples and the MD5 sum in the header.
      const reader = await openAudio(path);
      expect(reader).toMatchObject({
        format: 'flac',
        sampleRate,
        channels,
        bitDepth: 24,
        frames: samples,
      });
      await reader.close();
      const read = await readAudio(path);
      planes.forEach((plane, c) => expect(read.channels[c]).toEqual(plane));
    },
  );

  it('is the same whatever the pieces', async () => {
    const sound = [noise(20_000, 3)];
    const [a, b] = await Promise.all([
      write('a.flac', sound, 16000, 17),
      write('b.flac', sound, 16000, 20_000),
    ]);
    expect(await readFile(a)).toEqual(await readFile(b));
  });

  it('is smaller than what went in where there is something to gain', async () => {
    const tone = Float32Array.from({ length: 48_000 }, (_, i) => 0.1 * Math.sin(i * 0.05));
    const bytes = await readFile(await write('tone.flac', [tone], 48_000));
    expect(bytes.length).toBeLessThan(48_000 * 3 * 0.7);
  });

  it('clips what is beyond full scale and counts it', async () => {
    const path = join(folder, 'loud.flac');
    const writer = await FlacWriter.create(path, { sampleRate: 16000, channels: 1 });
    await writer.write([Float32Array.of(0, 1, 1.5, -1, -2)]);
    await writer.commit();
    expect(writer.clipped).toBe(2);
    const top = 8388607 / 8388608;
    expect([...(await readAudio(path)).channels[0]!]).toEqual([0, top, top, -1, -1]);
  });

  it('leaves nothing behind when it is given up', async () => {
    const writer = await FlacWriter.create(join(folder, 'gone.flac'), {
      sampleRate: 16000,
      channels: 1,
    });
    await writer.write([noise(9000, 1)]);
    await writer.abort();
    await writer.abort();
    expect((await readdir(folder)).filter((name) => name.includes('gone'))).toEqual([]);
  });

  it('refuses what FLAC cannot hold', async () => {
    const create = FlacWriter.create(join(folder, 'never.flac'), {
      sampleRate: 700_000,
      channels: 1,
    });
    await expect(create).rejects.toMatchObject({ code: 'FLAC_ENCODER' });
    expect((await readdir(folder)).filter((name) => name.includes('never'))).toEqual([]);
  });
});
