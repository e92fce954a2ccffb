import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcm16, wavBytes } from '../../test/fixtures/wav-bytes.ts';
import { openWavFile } from './wav-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-wav-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('a WAV file read anywhere', () => {
  it('gives the frames asked for, mixed to one channel', async () => {
    const interleaved = Array.from({ length: 2000 }, (_, i) => (i % 2 ? 0.5 : i / 4096));
    const path = await file('stereo.wav', wavBytes({ channels: 2, data: pcm16(interleaved) }));
    const wav = await openWavFile(path);
    expect(wav).toMatchObject({ sampleRate: 16000, channels: 2, frames: 1000 });
    const some = await wav.readMono(300, 5);
    expect([...some]).toEqual([300, 301, 302, 303, 304].map((i) => (i / 2048 + 0.5) / 2));
    expect(await wav.readMono(998, 100)).toHaveLength(2);
    expect(await wav.readMono(1000, 100)).toHaveLength(0);
    expect(await wav.readMono(1e9, 1)).toHaveLength(0);
    await wav.close();
  });

  it('hears NaN as silence', async () => {
    const data = new Uint8Array(Float32Array.of(0.25, Number.NaN, Infinity, -0.25).buffer);
    const wav = await openWavFile(await file('nan.wav', wavBytes({ tag: 3, bits: 32, data })));
    expect([...(await wav.readMono(0, 4))]).toEqual([0.25, 0, 0, -0.25]);
    await wav.close();
  });

  it('refuses anything else', async () => {
    await expect(openWavFile(await file('text.wav', Buffer.from('hello there')))).rejects.toThrow(
      /not a WAV file/,
    );
    await expect(openWavFile(await file('empty.wav', new Uint8Array(0)))).rejects.toMatchObject({
      code: 'AUDIO_EMPTY',
    });
    await expect(openWavFile(folder)).rejects.toMatchObject({ code: 'AUDIO_FORMAT' });
  });
});
