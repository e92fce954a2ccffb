import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcm16, wavBytes } from '../fixtures/wav-bytes.ts';
import { oneLine, run, TINY_MODELS, type Outcome } from './run-cli.ts';

let folder: string;
let random = 1;
const noise = (): number => (random = (random * 48271) % 2147483647) / 1073741824 - 1;

/** Voice-like enough for the measures: harmonics under a syllable envelope. */
function voice(seconds: number, pitch: number): Float32Array {
  return Float32Array.from({ length: 16000 * seconds }, (_, i) => {
    const t = i / 16000;
    let sum = 0;
    for (let h = 1; h < 20; h++) sum += Math.sin(2 * Math.PI * pitch * h * t + h * h) / h;
    return 0.15 * sum * Math.max(0.05, Math.sin(2 * Math.PI * 2.5 * t));
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-evaluate-'));
  for (const side of ['noisy', 'clean']) await mkdir(join(folder, side));
  const rows = ['id,snr_db,speech'];
  for (const [i, level] of [0.1, 0.1, 0.01].entries()) {
    const clean = voice(1.5, 110 + 40 * i);
    const noisy = clean.map((v) => v + level * noise());
    await writeFile(join(folder, 'clean', `p${i}.wav`), wavBytes({ data: pcm16(clean) }));
    await writeFile(join(folder, 'noisy', `p${i}.wav`), wavBytes({ data: pcm16(noisy) }));
    rows.push(`p${i},${i < 2 ? 0 : 20},x`);
  }
  await writeFile(join(folder, 'pairs.csv'), rows.join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const evaluate = (...args: string[]): Promise<Outcome> =>
  run('evaluate', ...args, '--models', TINY_MODELS, '--jobs', '2');

describe('evaluate', () => {
  it('gives means as DESIGN names them, the noisy figures, and groups by SNR', async () => {
    const result = await evaluate(folder, '--json');
    expect(result.code).toBe(0);
    const { results, noisy } = result.json();
    expect(results.map((r: { quantizer: string }) => r.quantizer)).toEqual(['none', 'rvq']);
    const [none, rvq] = results;
    expect(none).toMatchObject({ codebooks: 0, bitrateKbps: 0, files: 3 });
    expect(rvq).toMatchObject({ codebooks: 3, bitrateKbps: 1.2, files: 3 });
    for (const key of ['siSdr', 'stoi', 'estoi', 'pesqWb', 'lsd']) {
      expect(noisy[key]).toBeTypeOf('number');
      expect(none.metrics[key]).toBeTypeOf('number');
    }
    // The fixture's `none` passes its input through: it must score as the noisy input does.
    expect(none.metrics.siSdr).toBeCloseTo(noisy.siSdr, 3);
    expect(none.metrics.siSdrImprovement).toBeCloseTo(0, 3);
    expect(none.metrics.stoiNoisy).toBe(noisy.stoi);
    expect(none.metrics.estoiNoisy).toBe(noisy.estoi);
    expect(none.metrics.pesqWbNoisy).toBe(noisy.pesqWb);
    expect(none.metrics.pesqWb).toBeCloseTo(noisy.pesqWb, 2);
    expect(none.bySnr.map((row: object) => Object.values(row).slice(0, 2))).toEqual([
      [0, 2],
      [20, 1],
    ]);
    expect(noisy.bySnr[1].siSdr).toBeGreaterThan(noisy.bySnr[0].siSdr + 10);
    const mean = (2 * noisy.bySnr[0].siSdr + noisy.bySnr[1].siSdr) / 3;
    expect(noisy.siSdr).toBeCloseTo(mean, 3);
    expect(rvq.codebookUsage).toHaveLength(3);
    for (const { usage, perplexity, effectiveBits } of rvq.codebookUsage) {
      expect(usage).toBeGreaterThan(0);
      expect(usage).toBeLessThanOrEqual(1);
      expect(perplexity).toBeCloseTo(2 ** effectiveBits, 2);
    }
  });

  it('is the same whatever the number of processes', async () => {
    const args = ['evaluate', folder, '-q', 'rvq', '--no-pesq', '--json', '--models', TINY_MODELS];
    const [one, three] = [await run(...args, '-j', '1'), await run(...args, '-j', '3')];
    expect(three.json()).toEqual(one.json());
    expect(one.json().results[0].metrics).not.toHaveProperty('pesqWb');
  });

  it('runs every number of codebooks, and clean input', async () => {
    const sweep = await evaluate(folder, '-q', 'rvq', '-n', 'all', '--no-pesq', '--json');
    expect(sweep.json().results.map((r: { codebooks: number }) => r.codebooks)).toEqual([1, 2, 3]);
    const some = await evaluate(folder, '-n', '3,1,3', '--no-pesq', '--json');
    expect(
      some
        .json()
        .results.map((r: { quantizer: string; codebooks: number }) => [r.quantizer, r.codebooks]),
    ).toEqual([
      ['none', 0],
      ['rvq', 3],
      ['rvq', 1],
    ]);
    expect(some.json().results[1]).toEqual(sweep.json().results[2]);
    const control = await evaluate(folder, '-q', 'none', '--clean-input', '--no-pesq', '--json');
    const document = control.json();
    expect(document).not.toHaveProperty('noisy');
    expect(document.results[0].metrics.stoi).toBeCloseTo(1, 3);
  });

  it('prints a table for people', async () => {
    const result = await evaluate(folder, '-q', 'rvq', '--no-pesq');
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/SI-SDR dB[\s\S]*noisy[\s\S]*rvq x3 +1\.20[\s\S]*3 pairs/);
  });

  it('works without pairs.csv', async () => {
    const plain = join(folder, 'plain');
    for (const side of ['noisy', 'clean']) {
      await mkdir(join(plain, side), { recursive: true });
      await writeFile(join(plain, side, 'a.wav'), wavBytes({ data: pcm16(voice(1, 120)) }));
    }
    const result = await evaluate(plain, '-q', 'rvq', '--no-pesq', '--json');
    expect(result.code).toBe(0);
    expect(result.json().results[0]).toMatchObject({ files: 1 });
    expect(result.json().results[0]).not.toHaveProperty('bySnr');
    expect(result.stderr).toContain('siSdr is Infinity'); // noisy equals clean here: said, not hidden
  });

  it('says what is wrong with a folder', async () => {
    const broken = join(folder, 'broken');
    await mkdir(join(broken, 'noisy'), { recursive: true });
    const check = async (code: string, status: number, ...args: string[]): Promise<void> => {
      const result = await evaluate(...args, '--json');
      expect(result.code).toBe(status);
      expect(result.json().error.code).toBe(code);
      oneLine(result.stderr);
    };
    await check('PAIRS_NOT_FOUND', 1, broken); // no clean/
    await mkdir(join(broken, 'clean'));
    await check('PAIRS_NOT_FOUND', 1, broken); // nothing in them
    await writeFile(join(broken, 'noisy', 'a.wav'), wavBytes({ data: pcm16(voice(1, 100)) }));
    await check('PAIRS_INCOMPLETE', 1, broken); // no clean a
    await writeFile(
      join(broken, 'clean', 'a.wav'),
      wavBytes({ data: pcm16(voice(1, 100).subarray(1)) }),
    );
    await check('PAIRS_INCOMPLETE', 1, broken); // one sample short
    await writeFile(join(broken, 'clean', 'a.wav'), 'text');
    await check('AUDIO_FORMAT', 1, broken);
    await writeFile(join(broken, 'pairs.csv'), 'name\na');
    await check('PAIRS_INCOMPLETE', 1, broken);
    await check('QUANTIZER_UNKNOWN', 2, folder, '-q', 'bogus');
    await check('CODEBOOKS_RANGE', 2, folder, '-q', 'rvq', '-n', '9');
    await check('CODEBOOKS_RANGE', 2, folder, '-q', 'rvq', '-n', '2,9');
  });

  it.each(['0', '1,', '1,,2', '1, 2', 'some'])('refuses --codebooks %j', async (list) => {
    const result = await evaluate(folder, '-n', list, '--json');
    expect(result.code).toBe(2);
    expect(result.json().error.code).toBe('USAGE');
  });
});
