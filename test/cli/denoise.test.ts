import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAudio } from '../../src/audio/open-audio.ts';
import { pcm16, wavBytes } from '../fixtures/wav-bytes.ts';
import { AUDIO, oneLine, run, TINY_MODEL, TINY_MODELS, type Outcome } from './run-cli.ts';

let root: string;
let folder: string;
let tests = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-denoise-'));
});
beforeEach(async () => {
  folder = join(root, String(tests++));
  await mkdir(folder);
});
afterAll(() => rm(root, { recursive: true }));

const denoise = (...args: string[]): Promise<Outcome> =>
  run('denoise', ...args, '--models', TINY_MODELS);
const sine = (samples: number, step: number, amplitude = 0.5): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => amplitude * Math.sin(i * step));

async function wav(
  name: string,
  channels: readonly Float32Array[],
  sampleRate = 16000,
): Promise<string> {
  const interleaved = Array.from({ length: channels[0]!.length }, (_, i) =>
    channels.map((samples) => samples[i]!),
  ).flat();
  const path = join(folder, name);
  await writeFile(
    path,
    wavBytes({ channels: channels.length, sampleRate, data: pcm16(interleaved) }),
  );
  return path;
}
const leftovers = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith('in'));

describe('denoise', () => {
  it.each([
    'mono-16k.flac',
    'stereo-44k-24bit.flac',
    'stereo-48k.opus',
    'stereo-44k-vorbis.ogg',
    'stereo-44k.mp3',
    'mono-16k-flac.ogg',
  ])('keeps rate, channels, length and place of %s', async (name) => {
    const output = join(folder, 'out.wav');
    // The fixture's `none` passes its input through, so what comes out must be what went in.
    const result = await denoise(join(AUDIO, name), '-o', output, '-q', 'none', '--bits', 'float');
    expect(result.stderr).not.toContain('error');
    expect(result.code).toBe(0);
    expect(result.stdout).toBe('');
    const [before, after] = await Promise.all([join(AUDIO, name), output].map(readAudio));
    expect(after!.sampleRate).toBe(before!.sampleRate);
    expect(after!.channels).toHaveLength(before!.channels.length);
    for (const [c, samples] of before!.channels.entries()) {
      const enhanced = after!.channels[c]!;
      expect(enhanced.length).toBe(samples.length);
      const edge = Math.floor(samples.length / 8);
      let error = 0;
      let signal = 0;
      for (let i = edge; i < samples.length - edge; i++) {
        error += (enhanced[i]! - samples[i]!) ** 2;
        signal += samples[i]! ** 2;
      }
      // Lossy files hold something above 8 kHz, which the model's rate cannot carry.
      expect(10 * Math.log10(signal / error)).toBeGreaterThan(25);
    }
  });

  it('reports what DESIGN names, as one JSON document', async () => {
    const input = join(AUDIO, 'mono-16k.flac');
    const output = join(folder, 'out.wav');
    const result = await denoise(input, '-o', output, '--codebooks', '2', '--json');
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
    const { files } = result.json();
    expect(files).toHaveLength(1);
    expect(files[0]).toMatchObject({
      input,
      output,
      sampleRate: 16000,
      channels: 1,
      seconds: 0.3,
      quantizer: 'rvq',
      codebooks: 2,
      bitrateKbps: 0.8,
      algorithmicLatencyMs: 20,
      provider: 'cpu',
    });
    expect(files[0].rtf).toBeGreaterThan(0);
    const { p50, p95, p99, max } = files[0].hopMs;
    expect(p50).toBeGreaterThan(0);
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
  });

  it('processes each of 8 channels by itself', async () => {
    const planes = Array.from({ length: 8 }, (_, c) => sine(3000, 0.05 * (c + 1)));
    const together = await wav('in8.wav', planes);
    expect((await denoise(together, '-o', join(folder, 'all.wav'))).code).toBe(0);
    const all = await readAudio(join(folder, 'all.wav'));
    expect(all.channels).toHaveLength(8);
    for (const c of [0, 7]) {
      const alone = await wav(`in-${c}.wav`, [planes[c]!]);
      expect((await denoise(alone, '-o', join(folder, `${c}.wav`))).code).toBe(0);
      expect((await readAudio(join(folder, `${c}.wav`))).channels[0]).toEqual(all.channels[c]);
    }
  });

  it.each([
    [8000, 777],
    [11025, 2000],
    [192000, 9001],
    [16000, 1],
    [48000, 1],
    [8000, 1],
    [16000, 0],
    [44100, 0],
  ])('%i Hz, %i samples: same number out', async (rate, samples) => {
    const input = await wav('in.wav', [sine(samples, 0.01)], rate);
    const result = await denoise(input, '-o', join(folder, 'out.wav'), '--json');
    expect(result.code).toBe(0);
    expect(result.json().files[0].seconds).toBeCloseTo(samples / rate, 12);
    const audio = await readAudio(join(folder, 'out.wav'));
    expect(audio.sampleRate).toBe(rate);
    expect(audio.channels[0]!.length).toBe(samples);
  });

  it('a longer input never changes the past', async () => {
    const long = sine(9000, 0.07);
    const outputs: Float32Array[] = [];
    for (const length of [4000, 9000]) {
      const input = await wav(`in${length}.wav`, [long.subarray(0, length)], 44100);
      await denoise(input, '-o', join(folder, 'out.wav'));
      outputs.push((await readAudio(join(folder, 'out.wav'))).channels[0]!);
    }
    // Up to the codec's window and the reach of the two resampling filters before the end.
    const known = 4000 - 900 - 2 * 64 * 3;
    expect(outputs[1]!.subarray(0, known)).toEqual(outputs[0]!.subarray(0, known));
  });

  it('--mix 0 is the input, --mix 1 the default', async () => {
    const input = await wav('in.wav', [sine(5000, 0.05), sine(5000, 0.11)], 22050);
    for (const mix of ['0', '0.5', '1']) {
      await denoise(input, '-o', join(folder, `${mix}.wav`), '--mix', mix, '--bits', 'float');
    }
    await denoise(input, '-o', join(folder, 'default.wav'), '--bits', 'float');
    const read = async (name: string): Promise<Float32Array> =>
      (await readAudio(join(folder, name))).channels[1]!;
    const dry = (await readAudio(input)).channels[1]!;
    const [none, half, full] = await Promise.all(['0.wav', '0.5.wav', '1.wav'].map(read));
    expect(none).toEqual(dry);
    expect(full).toEqual(await read('default.wav'));
    expect(full).not.toEqual(dry);
    half!.forEach((v, i) => expect(v).toBeCloseTo((dry[i]! + full![i]!) / 2, 5));
  });

  it('measures against a reference', async () => {
    const clean = sine(16000, 0.13).map((v, i) => v * Math.max(0, Math.sin(i / 900)));
    const reference = await wav('in-clean.wav', [clean]);
    const noisy = await wav('in.wav', [clean.map((v, i) => v + 0.05 * Math.sin(i * i * 0.37))]);
    const output = join(folder, 'out.wav');
    const result = await denoise(noisy, '-o', output, '-q', 'none', '-r', reference, '--json');
    expect(result.code).toBe(0);
    const { metrics } = result.json().files[0];
    expect(metrics.siSdr).toBeGreaterThan(5);
    expect(metrics.siSdrImprovement).toBeCloseTo(0, 1); // the fixture's `none` changes nothing
    for (const name of ['stoi', 'estoi', 'pesqWb']) {
      expect(metrics[name]).toBeCloseTo(metrics[`${name}Noisy`], 1);
    }
    const short = await wav('in-short.wav', [clean.subarray(0, 8000)]);
    const mismatch = await denoise(noisy, '-o', output, '-r', short, '--json');
    expect(mismatch.code).toBe(1);
    expect(mismatch.json().failures[0].error.code).toBe('REFERENCE_MISMATCH');
  });

  it('writes many inputs into a folder it makes', async () => {
    const inputs = [await wav('in1.wav', [sine(400, 0.1)]), join(AUDIO, 'mono-16k.flac')];
    const result = await denoise(...inputs, '-o', join(folder, 'new', 'cleaned'), '--json');
    expect(result.code).toBe(0);
    expect(result.json().files).toHaveLength(2);
    expect((await readdir(join(folder, 'new', 'cleaned'))).sort()).toEqual([
      'in1.wav',
      'mono-16k.wav',
    ]);
  });

  it('goes on after a bad input, and says so', async () => {
    const good = await wav('in-good.wav', [sine(400, 0.1)]);
    const bad = join(folder, 'in-bad.wav');
    await writeFile(bad, 'not audio');
    const result = await denoise(bad, good, '-o', join(folder, 'dir/'), '--json');
    expect(result.code).toBe(1);
    const { files, failures } = result.json();
    expect(files.map((file: { input: string }) => file.input)).toEqual([good]);
    expect(failures).toMatchObject([{ input: bad, error: { code: 'AUDIO_FORMAT' } }]);
    expect(oneLine(result.stderr)).toContain(bad);
    expect(await readdir(join(folder, 'dir'))).toEqual(['in-good.wav']);
  });

  it('replaces NaN and infinity, and warns with a count', async () => {
    const data = Buffer.alloc(4 * 1600);
    for (let i = 0; i < 1600; i++)
      data.writeFloatLE(i % 400 === 7 ? Number.NaN : Math.sin(i) / 2, 4 * i);
    data.writeFloatLE(-Infinity, 40);
    const input = join(folder, 'in.wav');
    await writeFile(input, wavBytes({ tag: 3, bits: 32, data }));
    const result = await denoise(input, '-o', join(folder, 'out.wav'));
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('5 NaN or infinite samples');
    const { channels } = await readAudio(join(folder, 'out.wav'));
    expect(channels[0]!.every(Number.isFinite)).toBe(true);
  });

  it('warns of clipping with a count', async () => {
    const input = await wav('in.wav', [
      sine(1600, 0.05, 3).map((v) => Math.max(-1, Math.min(1, v))),
    ]);
    const result = await denoise(input, '-o', join(folder, 'out.wav'));
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/warning: .*in\.wav: \d+ clipped samples/);
  });
});

describe('denoise refuses', () => {
  it.each([
    ['a missing file', undefined, 'AUDIO_NOT_FOUND'],
    ['an empty file', new Uint8Array(0), 'AUDIO_EMPTY'],
    ['text', Buffer.from('hello, this is not audio'), 'AUDIO_FORMAT'],
    ['a cut WAV', wavBytes({ data: pcm16(sine(5000, 0.1)) }).subarray(0, 3000), 'AUDIO_TRUNCATED'],
    ['9 channels', wavBytes({ channels: 9, data: new Uint8Array(180) }), 'AUDIO_CHANNELS'],
    ['4 kHz', wavBytes({ sampleRate: 4000, data: new Uint8Array(180) }), 'AUDIO_RATE'],
  ])('%s, in one line and with no output', async (_, content, code) => {
    const input = join(folder, 'in.wav');
    if (content) await writeFile(input, content);
    const output = join(folder, 'out.wav');
    const result = await denoise(input, '-o', output, '--json');
    expect(result.code).toBe(1);
    expect(result.json()).toMatchObject({ files: [], failures: [{ input, error: { code } }] });
    expect(oneLine(result.stderr)).toContain(input);
    expect(await leftovers()).toEqual([]);
  });

  it('a FLAC cut in the middle leaves nothing half-written, and an older output as it was', async () => {
    const whole = await readFile(join(AUDIO, 'stereo-44k-24bit.flac'));
    const input = join(folder, 'in.flac');
    await writeFile(input, whole.subarray(0, whole.length / 2));
    await writeFile(join(folder, 'out.wav'), 'older');
    const result = await denoise(input, '-o', join(folder, 'out.wav'));
    expect(result.code).toBe(1);
    expect(oneLine(result.stderr)).toContain('cut off');
    expect(await leftovers()).toEqual(['out.wav']);
    expect(await readFile(join(folder, 'out.wav'), 'utf8')).toBe('older');
  });

  it('an output that cannot be written', async () => {
    const input = await wav('in.wav', [sine(400, 0.1)]);
    for (const output of [join(folder, 'missing', 'out.wav'), join(input, 'out.wav')]) {
      const result = await denoise(input, '-o', output, '--json');
      expect(result.code).toBe(1);
      expect(result.json().failures[0].error.code).toBe('AUDIO_OUTPUT');
      oneLine(result.stderr);
    }
  });

  it.each([
    ['an unknown quantizer', ['-q', 'bogus'], 'QUANTIZER_UNKNOWN'],
    ['too many codebooks', ['-n', '4'], 'CODEBOOKS_RANGE'],
    ['no codebooks', ['-n', '0'], 'USAGE'],
    ['codebooks without a codec', ['-q', 'none', '-n', '1'], 'CODEBOOKS_RANGE'],
    ['a fraction of a codebook', ['-n', '1.5'], 'USAGE'],
    ['a mix above 1', ['--mix', '1.01'], 'USAGE'],
    ['a mix that is no number', ['--mix', ''], 'USAGE'],
    ['an unknown provider', ['--provider', 'abacus'], 'USAGE'],
    ['an unknown option', ['--frobnicate'], 'USAGE'],
    ['an unknown model', ['--model', 'residua-v99'], 'USAGE'],
  ])('%s with exit status 2', async (_, args, code) => {
    const input = await wav('in.wav', [sine(400, 0.1)]);
    const result = await denoise(input, '-o', join(folder, 'out.wav'), ...args, '--json');
    expect(result.code).toBe(2);
    expect(result.json().error.code).toBe(code);
    expect(result.stderr).not.toBe('');
    expect(await leftovers()).toEqual([]);
  });

  it('outputs that would collide or destroy an input', async () => {
    const a = await wav('in.wav', [sine(400, 0.1)]);
    await mkdir(join(folder, 'in-other'));
    const b = join(folder, 'in-other', 'in.wav');
    await cp(a, b);
    await link(a, join(folder, 'in-link.wav'));
    const before = await readFile(a);
    for (const args of [
      [a, b, '-o', join(folder, 'out')], // both would be out/in.wav
      [a, b, '-o', join(folder, 'out.wav')], // one file for two inputs
      [a, '-o', a],
      [a, '-o', folder],
      [a, '-o', join(folder, 'in-link.wav')], // another name of the same file
      [a, '-o', join(folder, 'out.flac')],
    ]) {
      const result = await denoise(...args);
      expect(result.code, args.join(' ')).toBe(2);
      oneLine(result.stderr);
    }
    expect(await readFile(a)).toEqual(before);
  });

  it('a broken model before it touches anything', async () => {
    const input = await wav('in.wav', [sine(400, 0.1)]);
    const models = join(folder, 'in-models');
    const cases: [string, string, (graph: string) => Promise<unknown>][] = [
      ['missing', 'MODEL_NOT_FOUND', (graph) => rm(graph)],
      [
        'cut',
        'MODEL_HASH_MISMATCH',
        async (g) => writeFile(g, (await readFile(g)).subarray(0, 100)),
      ],
      [
        'one bit',
        'MODEL_HASH_MISMATCH',
        async (graph) => {
          const bytes = await readFile(graph);
          bytes[bytes.length >> 1]! ^= 1;
          await writeFile(graph, bytes);
        },
      ],
    ];
    for (const [name, code, spoil] of cases) {
      await rm(models, { recursive: true, force: true });
      await cp(TINY_MODEL, join(models, 'tiny'), { recursive: true });
      await spoil(join(models, 'tiny', 'encoder-rvq.onnx'));
      const result = await run(
        'denoise',
        input,
        '-o',
        join(folder, 'out.wav'),
        '--models',
        models,
        '--json',
      );
      expect(result.code, name).toBe(1);
      expect(result.json().error.code, name).toBe(code);
      oneLine(result.stderr);
    }
    await writeFile(join(models, 'tiny', 'manifest.json'), '{');
    const result = await run(
      'denoise',
      input,
      '-o',
      join(folder, 'out.wav'),
      '--models',
      models,
      '--json',
    );
    expect(result.json().error.code).toBe('MODEL_CORRUPT');
    const none = await run(
      'denoise',
      input,
      '-o',
      join(folder, 'out.wav'),
      '--models',
      folder,
      '--json',
    );
    expect(none.json().error.code).toBe('MODEL_NOT_FOUND');
    expect(await leftovers()).toEqual([]);
  });
});
