import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AudioError } from './errors.ts';
import { openAudio, readAudio } from './open-audio.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/audio', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-formats-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** [file, format, rate, channels, bits, frames, least SNR against the formula in dB] */
const FILES = [
  ['mono-16k.flac', 'flac', 16000, 1, 16, 4800, 85],
  ['stereo-44k-24bit.flac', 'flac', 44100, 2, 24, 13230, 125],
  ['mono-16k-flac.ogg', 'ogg-flac', 16000, 1, 16, 4800, 85],
  ['stereo-48k.opus', 'opus', 48000, 2, undefined, 14400, 25],
  ['stereo-44k-vorbis.ogg', 'vorbis', 44100, 2, undefined, 13230, 20],
  ['stereo-44k.mp3', 'mp3', 44100, 2, undefined, 13230, 25],
] as const;

/** The tones in the fixtures: see test/fixtures/audio/README.md. */
const TONES = [
  { frequency: 440, amplitude: 0.4 },
  { frequency: 1000, amplitude: 0.3 },
];

function snrDb(samples: Float32Array, rate: number, channel: number): number {
  const { frequency, amplitude } = TONES[channel]!;
  let signal = 0;
  let noise = 0;
  // Lossy encoders need a moment to settle.
  for (let i = rate / 20; i < samples.length - rate / 20; i++) {
    const expected = amplitude * Math.sin((2 * Math.PI * frequency * i) / rate);
    signal += expected ** 2;
    noise += (samples[i]! - expected) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('openAudio', () => {
  it('tells how much has been read of a file that does not say how long it is', async () => {
    // Frames stand by themselves, so the file goes on when it is repeated; long enough to be read in pieces.
    const bytes = await readFile(join(FIXTURES, 'mono-16k-no-tag.mp3'));
    const path = join(folder, 'long.mp3');
    await writeFile(path, Buffer.concat(Array.from({ length: 30 }, () => bytes)));
    const reader = await openAudio(path);
    expect(reader.frames).toBeUndefined();
    const shares: number[] = [];
    for await (const _ of reader.read()) shares.push(reader.share);
    await reader.close();
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares[0]).toBeLessThan(0.9);
    expect(shares.at(-1)).toBe(1);
  });

  it.each(FILES)(
    '%s: %s, aligned, complete',
    async (name, format, rate, channels, bits, frames, snr) => {
      // Under a lying name: content decides.
      const path = join(folder, 'lying-name.txt');
      await copyFile(join(FIXTURES, name), path);
      const reader = await openAudio(path);
      expect(reader).toMatchObject({ format, sampleRate: rate, channels, frames });
      expect(reader.bitDepth).toBe(bits);
      await reader.close();
      const audio = await readAudio(path);
      expect(audio.channels).toHaveLength(channels);
      for (const [c, samples] of audio.channels.entries()) {
        expect(samples.length).toBe(frames);
        expect(snrDb(samples, rate, c)).toBeGreaterThan(snr);
      }
    },
  );

  it('reads MP3 without a LAME tag, whole frames', async () => {
    const { channels, sampleRate } = await readAudio(join(FIXTURES, 'mono-16k-no-tag.mp3'));
    expect(sampleRate).toBe(16000);
    expect(channels).toHaveLength(1);
    expect(channels[0]!.length % 576).toBe(0);
    expect(channels[0]!.length).toBeGreaterThanOrEqual(4800);
  });

  it('finds MP3 and FLAC behind an ID3 tag', async () => {
    const tag = Buffer.concat([
      Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 0]),
      Buffer.alloc(128),
    ]);
    for (const name of ['mono-16k.flac', 'stereo-44k.mp3']) {
      const path = join(folder, `tagged-${name}`);
      await writeFile(path, Buffer.concat([tag, await readFile(join(FIXTURES, name))]));
      const plain = await readAudio(join(FIXTURES, name));
      expect(await readAudio(path)).toEqual(plain);
    }
  });

  it('ignores an ID3v1 tag behind MP3', async () => {
    const path = join(folder, 'id3v1.mp3');
    const tag = Buffer.alloc(128);
    tag.write('TAGtitle', 0, 'latin1');
    await writeFile(path, Buffer.concat([await readFile(join(FIXTURES, 'stereo-44k.mp3')), tag]));
    expect((await readAudio(path)).channels[0]!.length).toBe(13230);
  });

  it.each([
    ['a missing file', () => join(folder, 'missing.wav'), 'AUDIO_NOT_FOUND'],
    ['a folder', () => folder, 'AUDIO_FORMAT'],
    ['an empty file', () => make('empty', ''), 'AUDIO_EMPTY'],
    [
      'text',
      () => make('text', 'Not audio at all, just a line of text.\n'.repeat(50)),
      'AUDIO_FORMAT',
    ],
    ['one byte', () => make('byte', 'x'), 'AUDIO_FORMAT'],
    ['the first letters of RIFF', () => make('ri', 'RIF'), 'AUDIO_TRUNCATED'],
    ['an M4A', () => make('m4a', '\0\0\0\x20ftypM4A \0\0\0\0isommp42'), 'AUDIO_FORMAT'],
    ['AIFF', () => make('aiff', 'FORM\0\0\0\x20AIFFCOMM........'), 'AUDIO_FORMAT'],
    ['Ogg with video only', () => oggWith('\x80theora...................'), 'AUDIO_FORMAT'],
    ['Ogg Speex', () => oggWith('Speex   1.2.................'), 'AUDIO_FORMAT'],
  ])('refuses %s', async (_, path, code) => {
    const error = await openAudio(await path()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain('\n');
  });

  it('names the format it cannot read', async () => {
    const path = await make('m4a', '\0\0\0\x20ftypM4A \0\0\0\0isommp42');
    await expect(openAudio(path)).rejects.toThrow(/MP4\/M4A/);
  });

  it('says when a file cannot be opened', async () => {
    const below = join(await make('plain', 'x'), 'below.wav');
    await expect(openAudio(below)).rejects.toMatchObject({ code: 'AUDIO_NOT_FOUND' });
    await mkdir(join(folder, 'empty-folder'));
    await expect(openAudio(join(folder, 'empty-folder'))).rejects.toThrow(/folder/);
  });
});

async function make(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, 'latin1');
  return path;
}

function oggWith(packet: string): Promise<string> {
  const head = Buffer.alloc(28);
  head.write('OggS', 0, 'latin1');
  head[5] = 6; // first and last page
  head[26] = 1;
  head[27] = packet.length;
  return make('ogg', head.toString('latin1') + packet);
}
