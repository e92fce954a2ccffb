import { cp, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wavBytes } from '../fixtures/wav-bytes.ts';
import { AUDIO, oneLine, run, start, TINY_MODEL, TINY_MODELS } from './run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-process-'));
});
afterAll(() => rm(folder, { recursive: true }));

const COMMANDS = ['denoise', 'encode', 'decode', 'live', 'devices', 'models', 'bench', 'evaluate'];

describe('the executable', () => {
  it('ends with 0, 1 and 2, and keeps stdout for results', async () => {
    const good = await start('models', '--json', '--models', TINY_MODELS).done;
    expect(good.code).toBe(0);
    expect(good.stderr).toBe('');
    expect(good.json().models).toHaveLength(1);
    const output = join(folder, 'x.wav');
    const failed = await start('denoise', 'missing.wav', '-o', output, '--models', TINY_MODELS)
      .done;
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe('');
    expect(oneLine(failed.stderr)).toContain('missing.wav');
    const wrong = await start('denoise').done;
    expect(wrong.code).toBe(2);
    expect(wrong.stdout).toBe('');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing behind', async (signal) => {
    // Two hours of silence, as a hole in the file.
    const input = join(folder, 'long.wav');
    const dataSize = 16000 * 2 * 7200;
    await writeFile(
      input,
      wavBytes({ dataSize: 0xffffffff, riffSize: 0xffffffff, data: new Uint8Array(0) }),
    );
    const handle = await open(input, 'r+');
    await handle.truncate(dataSize);
    await handle.close();
    const target = await mkdtemp(join(folder, 'out-'));
    const { child, done } = start(
      'denoise',
      input,
      '-o',
      join(target, 'x.wav'),
      '--models',
      TINY_MODELS,
    );
    while ((await readdir(target)).length === 0) {
      expect(child.exitCode).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill(signal);
    const { code, stdout } = await done;
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(stdout).toBe('');
    expect(await readdir(target)).toEqual([]);
  });
});

describe('help', () => {
  it.each(COMMANDS)('%s teaches with examples', async (command) => {
    const result = await run(command, '--help');
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
    expect(result.stdout).toMatch(new RegExp(`Examples:\\n +residua ${command}`));
  });

  it('lists every command; no command at all is wrong usage', async () => {
    const result = await run('--help');
    expect(result.code).toBe(0);
    for (const command of COMMANDS) expect(result.stdout).toContain(`\n  ${command} `);
    const bare = await run();
    expect(bare.code).toBe(2);
    expect(bare.stdout).toBe('');
    expect(bare.stderr).toContain('Usage: residua');
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('puts a mistyped command right', async () => {
    const result = await run('denoize', 'x', '-o', 'y');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('Did you mean denoise?');
  });
});

describe('models', () => {
  it('lists what DESIGN names', async () => {
    for (const folder of [TINY_MODELS, TINY_MODEL]) {
      const { models } = (await run('models', '--models', folder, '--json')).json();
      expect(models).toHaveLength(1);
      expect(models[0]).toMatchObject({
        id: 'tiny',
        sampleRate: 16000,
        hopMs: 10,
        algorithmicLatencyMs: 20,
      });
      const rvq = models[0].quantizers.find((q: { id: string }) => q.id === 'rvq');
      expect(rvq).toMatchObject({
        family: 'rvq',
        maxCodebooks: 3,
        bitsPerCodebook: 4,
        kbpsMax: 1.2,
      });
      for (const key of ['params', 'macsPerSecond']) expect(rvq[key]).toBeTypeOf('number');
    }
    expect((await run('models', '--models', TINY_MODELS)).stdout).toMatch(/rvq +3 +4\.0 +1\.20/);
  });

  it('says how the codes are used where the manifest does', async () => {
    const models = await mkdtemp(join(tmpdir(), 'residua-models-'));
    try {
      await cp(TINY_MODEL, join(models, 'tiny'), { recursive: true });
      const path = join(models, 'tiny', 'manifest.json');
      const manifest = JSON.parse(await readFile(path, 'utf8'));
      const codes = [0.75, 0.9, 1].map((usage) => ({ usage, perplexity: 9, effectiveBits: 3.2 }));
      manifest.quantizers.find((q: { id: string }) => q.id === 'rvq').codes = codes;
      await writeFile(path, JSON.stringify(manifest));
      const { models: listed } = (await run('models', '--models', models, '--json')).json();
      const find = (id: string) => listed[0].quantizers.find((q: { id: string }) => q.id === id);
      expect(find('rvq').codes).toEqual(codes);
      expect(find('none')).not.toHaveProperty('codes');
      expect((await run('models', '--models', models)).stdout).toMatch(/rvq .*≥ 75% +3\.2/);
    } finally {
      await rm(models, { recursive: true, force: true });
    }
  });

  it('refuses a folder without models', async () => {
    const result = await run('models', '--models', AUDIO, '--json');
    expect(result.code).toBe(1);
    expect(result.json().error.code).toBe('MODEL_NOT_FOUND');
  });
});

describe('bench', () => {
  it('measures in a fresh process', async () => {
    const result = await run(
      'bench',
      '-q',
      'rvq',
      '--seconds',
      '0.5',
      '--models',
      TINY_MODELS,
      '--json',
    );
    expect(result.code).toBe(0);
    const [figures] = result.json().results;
    expect(figures).toMatchObject({ quantizer: 'rvq', codebooks: 3, provider: 'cpu' });
    const { p50, p95, p99, max } = figures.hopMs;
    expect(p50).toBeGreaterThan(0);
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
    expect(figures.rtf).toBeGreaterThan(0);
    expect(figures.rssMiB).toBeGreaterThan(20);
    expect(figures.coldStartMs).toBeGreaterThan(50);
  });

  it('passes on what goes wrong there', async () => {
    const result = await run('bench', '-q', 'bogus', '--models', TINY_MODELS, '--json');
    expect(result.code).toBe(2);
    expect(result.json().error.code).toBe('QUANTIZER_UNKNOWN');
  });
});
