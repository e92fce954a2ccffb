import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcm16, wavBytes } from '../fixtures/wav-bytes.ts';
import { AUDIO, oneLine, run, TINY_MODEL, TINY_MODELS } from './run-cli.ts';

const SEED = Number(process.env.RESIDUA_FUZZ_SEED ?? Date.now() % 1e9);

let folder: string;
beforeAll(async () => {
  console.log(`code stream fuzz seed: ${SEED}`);
  folder = await mkdtemp(join(tmpdir(), 'residua-codes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const MODELS = ['--models', TINY_MODELS];

async function wav(
  name: string,
  channels: number,
  sampleRate: number,
  frames: number,
): Promise<string> {
  const samples = Float32Array.from({ length: frames * channels }, (_, i) => {
    const c = i % channels;
    return 0.5 * Math.sin((i - c) * 0.02 * (c + 1)) * Math.sin(i * 0.0007);
  });
  await writeFile(at(name), wavBytes({ channels, sampleRate, data: pcm16(samples) }));
  return at(name);
}

describe('encode and decode', () => {
  it.each([
    [1, 16000, 16000, []],
    [1, 16000, 12345, ['-n', '1']],
    [2, 44100, 30001, ['-n', '2']],
    [1, 8000, 4003, []],
    [1, 192000, 20011, []],
    [8, 48000, 5000, []],
    [1, 16000, 0, []],
    [2, 48000, 1, []],
  ])(
    '%i channels at %i Hz, %i samples: decode(encode(x)) is denoise(x)',
    async (channels, rate, frames, options) => {
      const input = await wav('in.wav', channels, rate, frames);
      for (const bits of ['16', 'float']) {
        const direct = await run(
          'denoise',
          input,
          '-o',
          at('direct.wav'),
          '--bits',
          bits,
          ...options,
          ...MODELS,
        );
        const encoded = await run('encode', input, '-o', at('x.rsd'), ...options, ...MODELS);
        const decoded = await run(
          'decode',
          at('x.rsd'),
          '-o',
          at('decoded.wav'),
          '--bits',
          bits,
          ...MODELS,
        );
        expect([direct.code, encoded.code, decoded.code]).toEqual([0, 0, 0]);
        expect(await readFile(at('decoded.wav'))).toEqual(await readFile(at('direct.wav')));
      }
    },
  );

  it('and from a lossy file', async () => {
    const input = join(AUDIO, 'stereo-44k.mp3');
    await run('denoise', input, '-o', at('direct.wav'), ...MODELS);
    await run('encode', input, '-o', at('x.rsd'), ...MODELS);
    await run('decode', at('x.rsd'), '-o', at('decoded.wav'), ...MODELS);
    expect(await readFile(at('decoded.wav'))).toEqual(await readFile(at('direct.wav')));
  });

  it('report in JSON', async () => {
    const input = await wav('in.wav', 2, 44100, 44100);
    const encoded = await run('encode', input, '-o', at('x.rsd'), '--json', ...MODELS);
    const { files } = encoded.json();
    expect(files[0]).toMatchObject({
      sampleRate: 44100,
      channels: 2,
      seconds: 1,
      bitrateKbps: 1.2,
    });
    expect(files[0].bytes).toBe((await readFile(at('x.rsd'))).length);
    const decoded = await run('decode', at('x.rsd'), '-o', at('out.wav'), '--json', ...MODELS);
    expect(decoded.json().files[0]).toMatchObject({ seconds: 1, quantizer: 'rvq', lostPackets: 0 });
  });

  it('refuse a quantizer without codes', async () => {
    const input = await wav('in.wav', 1, 16000, 100);
    const result = await run('encode', input, '-o', at('none.rsd'), '-q', 'none', ...MODELS);
    expect(result.code).toBe(2);
    expect(oneLine(result.stderr)).toContain('rvq');
    expect(await readdir(folder)).not.toContain('none.rsd');
  });

  it('refuse a stream of another model, or of another build of it', async () => {
    const input = await wav('in.wav', 1, 16000, 1000);
    await run('encode', input, '-o', at('x.rsd'), ...MODELS);
    for (const change of ['id', 'decoder'] as const) {
      const models = at(`models-${change}`);
      await cp(TINY_MODEL, join(models, 'tiny'), { recursive: true });
      const path = join(models, 'tiny', 'manifest.json');
      const manifest = JSON.parse(await readFile(path, 'utf8'));
      if (change === 'id') manifest.id = 'other';
      else manifest.quantizers[1].decoder.sha256 = createHash('sha256').digest('hex');
      await writeFile(path, JSON.stringify(manifest));
      const result = await run(
        'decode',
        at('x.rsd'),
        '-o',
        at('never.wav'),
        '--models',
        models,
        '--json',
      );
      expect(result.code).toBe(1);
      expect(result.json().error.code).toBe('RSD_MODEL_MISMATCH');
      oneLine(result.stderr);
    }
    expect(await readdir(folder)).not.toContain('never.wav');
  });

  it('refuse what is no stream', async () => {
    await writeFile(at('text.rsd'), 'hello');
    await writeFile(at('empty.rsd'), '');
    for (const input of [at('text.rsd'), at('empty.rsd'), at('missing.rsd'), folder]) {
      const result = await run('decode', input, '-o', at('never.wav'), ...MODELS);
      expect(result.code).toBe(1);
      oneLine(result.stderr);
    }
    expect(await readdir(folder)).not.toContain('never.wav');
  });

  it('refuse a stream cut anywhere, leaving nothing behind', async () => {
    const input = await wav('in.wav', 1, 16000, 12000);
    await run('encode', input, '-o', at('x.rsd'), ...MODELS);
    const whole = await readFile(at('x.rsd'));
    for (let length = 0; length < whole.length; length += 1 + (length % 3)) {
      await writeFile(at('cut.rsd'), whole.subarray(0, length));
      const result = await run('decode', at('cut.rsd'), '-o', at('never.wav'), ...MODELS);
      expect(result.code, `first ${length} bytes`).toBe(1);
      oneLine(result.stderr);
    }
    expect((await readdir(folder)).filter((name) => /never|part/.test(name))).toEqual([]);
  });

  it('survive flipped bits: an error, or a warning and the full length', async () => {
    const input = await wav('in.wav', 1, 16000, 12000);
    await run('encode', input, '-o', at('x.rsd'), ...MODELS);
    const { length } = await readFile(
      (await run('decode', at('x.rsd'), '-o', at('good.wav'), ...MODELS), at('good.wav')),
    );
    const whole = await readFile(at('x.rsd'));
    let state = (SEED % 2147483646) + 1;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let round = 0; round < 60; round++) {
      const damaged = Buffer.from(whole);
      damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8);
      await writeFile(at('bad.rsd'), damaged);
      await rm(at('bad.wav'), { force: true });
      const result = await run('decode', at('bad.rsd'), '-o', at('bad.wav'), ...MODELS);
      if (result.code === 0) {
        // CRC-32 finds every single flipped bit, so at least one packet is gone, and said to be.
        expect(result.stderr).toMatch(/1 damaged packets? /);
        expect((await readFile(at('bad.wav'))).length).toBe(length);
      } else {
        expect(result.code).toBe(1);
        expect(await readdir(folder)).not.toContain('bad.wav');
      }
    }
  });
});
