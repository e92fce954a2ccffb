import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { flacParts, memorySource } from '../../test/fixtures/flac-bytes.ts';
import { AudioError } from './errors.ts';
import { flacFrames } from './flac-frames.ts';
import type { AudioInfo } from './reader.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures', import.meta.url));
const NAMES = ['noise-short-end.flac', 'noise-ones-end.flac', 'noise-24bit.flac'];

async function fixture(name: string): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(`${FIXTURES}/${name}`));
}

/** @returns the lengths of the frames, or the code of the error */
async function outcome(bytes: Uint8Array, info: AudioInfo): Promise<number[] | string> {
  const lengths: number[] = [];
  try {
    for await (const frame of flacFrames(memorySource(bytes), 0, info)) {
      lengths.push(frame.bytes.length);
    }
    return lengths;
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    return error.code;
  }
}

describe('flacFrames', () => {
  it('holds one frame at a time, and reads never far ahead', async () => {
    const bytes = await fixture('metrics/audio/clean/snr-05_06.flac');
    const { info, head, frames } = await flacParts(bytes);
    expect(frames.length).toBeGreaterThan(20);
    let reach = 0;
    const source = memorySource(bytes, (end) => (reach = Math.max(reach, end)));
    let end = head.length;
    let samples = 0;
    for await (const frame of flacFrames(source, end, info)) {
      end += frame.bytes.length;
      samples += frame.header.blockSize;
      expect(reach - end).toBeLessThanOrEqual(2 * 16384);
    }
    expect(end).toBe(bytes.length);
    expect(samples).toBe(info.frames);
  });

  it.each(NAMES)('finds every cut in %s, except between frames', async (name) => {
    const { info, frames } = await flacParts(await fixture(`audio/${name}`));
    const first = frames[0]!.length;
    const audio = Uint8Array.from(Buffer.concat(frames));
    expect(await outcome(audio, info)).toEqual([first, audio.length - first]);
    for (let length = 1; length < audio.length; length++) {
      const expected = length === first ? [first] : 'AUDIO_TRUNCATED';
      expect(await outcome(audio.subarray(0, length), info), `${length}`).toEqual(expected);
    }
  });

  it.each(NAMES)('finds one wrong bit anywhere in %s', async (name) => {
    const { info, frames } = await flacParts(await fixture(`audio/${name}`));
    const first = frames[0]!.length;
    const audio = Uint8Array.from(Buffer.concat(frames));
    for (let at = 0; at < audio.length; at++) {
      const damaged = Uint8Array.from(audio);
      damaged[at]! ^= 1 << (at % 8);
      // What is damaged in or behind the last header cannot be told from what is cut.
      const expected = at < first ? /^AUDIO_CORRUPT$/ : /^AUDIO_(CORRUPT|TRUNCATED)$/;
      expect(await outcome(damaged, info), `byte ${at}`).toMatch(expected);
    }
  });

  it('refuses frames of another stream', async () => {
    const { info, frames } = await flacParts(await fixture('audio/noise-24bit.flac'));
    const audio = Uint8Array.from(Buffer.concat(frames));
    for (const other of [{ channels: 1 }, { sampleRate: 48000 }, { bitDepth: 16 }]) {
      expect(await outcome(audio, { ...info, ...other })).toBe('AUDIO_CORRUPT');
    }
  });
});
