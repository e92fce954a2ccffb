import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeUnfinishedFiles } from './atomic-file.ts';
import { openAudio, readAudio } from './open-audio.ts';
import { WavWriter, type WavSampleFormat } from './wav-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-writer-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ramp = (length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * ((2 * i) / length - 1));

describe('WavWriter', () => {
  it.each([
    ['16', 1, 2 ** -16],
    ['16', 2, 2 ** -16],
    ['24', 1, 2 ** -24],
    ['24', 3, 2 ** -24],
    ['float', 1, 0],
    ['float', 8, 0],
  ] as const)(
    '%s with %i channels is read back to half a step',
    async (format, channels, error) => {
      const path = join(folder, 'out.wav');
      const sampleFormat: WavSampleFormat = format;
      const planes = Array.from({ length: channels }, (_, c) => ramp(100001, 1 / (c + 1)));
      const writer = await WavWriter.create(path, { sampleRate: 44100, channels, sampleFormat });
      for (let at = 0; at < 100001; at += 33333) {
        await writer.write(planes.map((plane) => plane.subarray(at, at + 33333)));
      }
      await writer.commit();
      const audio = await readAudio(path);
      expect(audio.sampleRate).toBe(44100);
      for (const [c, plane] of planes.entries()) {
        expect(audio.channels[c]!.length).toBe(100001);
        const worst = audio.channels[c]!.reduce(
          (w, v, i) => Math.max(w, Math.abs(v - plane[i]!)),
          0,
        );
        expect(worst).toBeLessThanOrEqual(error);
      }
    },
  );

  it('clips beyond full scale and counts it', async () => {
    const path = join(folder, 'loud.wav');
    const writer = await WavWriter.create(path, { sampleRate: 16000, channels: 1 });
    await writer.write([Float32Array.of(1.5, -1.5, 1, -1)]);
    await writer.commit();
    expect(writer.clipped).toBe(2);
    expect(Array.from((await readAudio(path)).channels[0]!)).toEqual([
      32767 / 32768,
      -1,
      32767 / 32768,
      -1,
    ]);
  });

  it('writes a valid file without samples', async () => {
    const path = join(folder, 'empty.wav');
    await (await WavWriter.create(path, { sampleRate: 8000, channels: 2 })).commit();
    const reader = await openAudio(path);
    expect(reader.frames).toBe(0);
    await reader.close();
  });

  it('pads an odd number of bytes', async () => {
    const path = join(folder, 'odd.wav');
    const options = { sampleRate: 8000, channels: 1, sampleFormat: '24' } as const;
    const writer = await WavWriter.create(path, options);
    await writer.write([Float32Array.of(0.5)]);
    await writer.commit();
    const file = await readFile(path);
    expect(file.length % 2).toBe(0);
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
  });

  it('turns into RF64 when RIFF cannot hold it', async () => {
    const path = join(folder, 'long.wav');
    const options = { sampleRate: 16000, channels: 1, rf64FromBytes: 1000 };
    const writer = await WavWriter.create(path, options);
    await writer.write([ramp(2000)]);
    await writer.commit();
    const file = await readFile(path);
    expect(file.toString('latin1', 0, 4)).toBe('RF64');
    expect(file.toString('latin1', 12, 16)).toBe('ds64');
    expect(file.readBigUInt64LE(20)).toBe(BigInt(file.length - 8));
    expect(file.readBigUInt64LE(28)).toBe(4000n);
    expect((await readAudio(path)).channels[0]!.length).toBe(2000);
  });

  it('shows nothing under its name before commit, and nothing at all after abort', async () => {
    const place = join(folder, 'atomic');
    await mkdir(place);
    const path = join(place, 'out.wav');
    await writeFile(path, 'old');
    const writer = await WavWriter.create(path, { sampleRate: 16000, channels: 1 });
    await writer.write([ramp(500000)]);
    expect(await readFile(path, 'utf8')).toBe('old');
    await writer.abort();
    await writer.abort();
    expect(await readdir(place)).toEqual(['out.wav']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('leaves nothing behind when the process is interrupted', async () => {
    const place = join(folder, 'interrupted');
    await mkdir(place);
    const path = join(place, 'out.wav');
    const writer = await WavWriter.create(path, { sampleRate: 16000, channels: 1 });
    expect(await readdir(place)).toHaveLength(1);
    removeUnfinishedFiles();
    expect(await readdir(place)).toEqual([]);
    await writer.abort();
  });

  it('says why it cannot write', async () => {
    const options = { sampleRate: 16000, channels: 1 };
    const missing = join(folder, 'no', 'such', 'out.wav');
    await expect(WavWriter.create(missing, options)).rejects.toMatchObject({
      code: 'AUDIO_OUTPUT',
    });
    const file = join(folder, 'file');
    await writeFile(file, '');
    const below = join(file, 'out.wav');
    await expect(WavWriter.create(below, options)).rejects.toMatchObject({ code: 'AUDIO_OUTPUT' });
    const taken = join(folder, 'taken.wav');
    await mkdir(taken);
    const writer = await WavWriter.create(taken, options);
    await expect(writer.commit()).rejects.toMatchObject({ code: 'AUDIO_OUTPUT' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('refuses blocks of another channel count', async () => {
    const path = join(folder, 'never.wav');
    const writer = await WavWriter.create(path, { sampleRate: 16000, channels: 2 });
    await expect(writer.write([ramp(10)])).rejects.toThrow(RangeError);
    await writer.abort();
  });
});
