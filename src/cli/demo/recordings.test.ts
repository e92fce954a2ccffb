import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WavWriter } from '../../audio/wav-writer.ts';
import { loadRecordings } from './recordings.ts';

const RATE = 16000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-recordings-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function wav(name: string, frames: number, channels = 1, sampleRate = RATE): Promise<void> {
  const writer = await WavWriter.create(join(folder, name), { sampleRate, channels });
  await writer.write(Array.from({ length: channels }, () => new Float32Array(frames).fill(0.25)));
  await writer.commit();
}

const source = { source: 's', author: 'a', license: 'CC0 1.0', url: 'https://example.org/' };
const entry = {
  id: 'one',
  title: 'One',
  snrDb: 5,
  noisy: 'noisy.wav',
  clean: 'clean.wav',
  speech: source,
  noise: source,
};

async function list(...recordings: object[]): Promise<void> {
  const head = { format: 'residua-demo', formatVersion: 1, license: '' };
  await writeFile(join(folder, 'demo.json'), JSON.stringify({ ...head, recordings }));
}

describe('loadRecordings', () => {
  it('reads a pair', async () => {
    await wav('noisy.wav', 500);
    await wav('clean.wav', 500);
    await list(entry);
    const [recording] = await loadRecordings(folder, RATE);
    expect(recording!.title).toBe('One');
    expect(recording!.noisySamples).toHaveLength(500);
    expect(recording!.cleanSamples[499]).toBeCloseTo(0.25, 3);
  });

  it.each([
    ['two channels', 2, RATE, 500, /2 channels at 16000 Hz.*mono at 16000 Hz/],
    ['another rate', 1, 8000, 500, /1 channels at 8000 Hz/],
    ['another length', 1, RATE, 501, /500 samples, its clean reference 501/],
  ])('refuses a clean recording of %s', async (_, channels, rate, frames, message) => {
    await wav('noisy.wav', 500);
    await wav('clean.wav', frames, channels, rate);
    await list(entry);
    const loading = loadRecordings(folder, RATE);
    await expect(loading).rejects.toMatchObject({ code: 'DEMO_RECORDINGS' });
    await expect(loading).rejects.toThrow(message);
  });

  it('names the audio file that is not there', async () => {
    await wav('noisy.wav', 500);
    await list(entry);
    const loading = loadRecordings(folder, RATE);
    await expect(loading).rejects.toMatchObject({ code: 'AUDIO_NOT_FOUND' });
    await expect(loading).rejects.toThrow('clean.wav');
  });

  it.each([
    ['no recording', []],
    ['an id that is no file name', [{ ...entry, id: '../one' }]],
    ['the same id twice', [entry, entry]],
    [
      'an address that is no web page',
      [{ ...entry, speech: { ...source, url: 'javascript:alert(1)' } }],
    ],
    ['no author', [{ ...entry, noise: { ...source, author: undefined } }]],
  ])('refuses a list with %s', async (_, recordings) => {
    await list(...recordings);
    await expect(loadRecordings(folder, RATE)).rejects.toMatchObject({ code: 'DEMO_RECORDINGS' });
  });

  it('refuses a list of another version', async () => {
    await writeFile(join(folder, 'demo.json'), '{"format":"residua-demo","formatVersion":2}');
    await expect(loadRecordings(folder, RATE)).rejects.toThrow('formatVersion');
  });
});
