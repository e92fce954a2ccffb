import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCorpus } from './corpora/index.ts';
import { readManifest } from './corpora/residua.ts';
import { type BatchSourceOptions, createBatchSource, loadEvalPairs } from './index.ts';
import { fakeSpeech, largestDifference, writeResiduaCorpus, writeWav } from './test-corpus.ts';

let dir: string;
let options: BatchSourceOptions;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'residua-data-'));
  writeResiduaCorpus(join(dir, 'audio'));
  options = {
    corpus: [{ path: join(dir, 'audio') }],
    seed: 11,
    batchSize: 3,
    segmentSeconds: 1,
    sampleRate: 16000,
    snrDb: [-5, 20],
    augment: { rirCount: 4 },
    cacheDir: join(dir, 'cache'),
  };
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function batches(count: number, change: Partial<BatchSourceOptions> = {}) {
  const source = await createBatchSource({ ...options, ...change });
  try {
    const made = [];
    for (let i = 0; i < count; i++) made.push(await source.next());
    return { made, stats: source.stats(), text: source.describe() };
  } finally {
    await source.close();
  }
}

describe('createBatchSource', () => {
  it('gives batches of the shape asked for and says what it has', async () => {
    const { made, stats, text } = await batches(3);
    for (const batch of made) {
      expect(batch).toMatchObject({ batchSize: 3, samples: 16000, audioSeconds: 3 });
      expect(batch.noisy).toHaveLength(48000);
      expect(batch.clean).toHaveLength(48000);
      expect(batch.noisy.every(Number.isFinite)).toBe(true);
    }
    expect(stats).toMatchObject({
      batches: 3,
      examples: 9,
      audioSeconds: 9,
      speechFiles: 14,
      noiseFiles: 4,
      speakers: 8,
      skipped: [],
    });
    expect(stats.mixMsPerExample).toBeGreaterThan(0);
    expect(text).toContain('14 files');
  });

  it('repeats for a seed, with any number of workers, and from any batch on', async () => {
    const reference = (await batches(5)).made;
    const two = (await batches(5, { workers: 2, prefetch: 7 })).made;
    const resumed = (await batches(2, { startBatch: 3, prefetch: 1 })).made;
    const other = (await batches(1, { seed: 12 })).made;
    for (const [i, batch] of reference.entries()) {
      expect(largestDifference(batch.noisy, two[i]?.noisy ?? new Float32Array())).toBe(0);
      expect(largestDifference(batch.clean, two[i]?.clean ?? new Float32Array())).toBe(0);
    }
    for (const i of [0, 1]) {
      const [a, b] = [reference[3 + i], resumed[i]];
      expect(
        largestDifference(a?.noisy ?? new Float32Array(1), b?.noisy ?? new Float32Array()),
      ).toBe(0);
    }
    expect(
      largestDifference(
        reference[0]?.noisy ?? new Float32Array(),
        other[0]?.noisy ?? new Float32Array(1),
      ),
    ).toBeGreaterThan(1e-3);
  });

  it('names a missing folder, and each unreadable recording once', async () => {
    await expect(batches(1, { corpus: [{ path: join(dir, 'nowhere') }] })).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringContaining('nowhere') as string,
    });
    const broken = join(dir, 'broken');
    mkdirSync(broken);
    writeResiduaCorpus(broken);
    writeFileSync(join(broken, 'train/noise/esc10/n1.wav'), 'no audio');
    const warnings: string[] = [];
    const { stats } = await batches(1, {
      corpus: [{ path: broken }],
      onWarning: (line) => warnings.push(line),
    });
    expect(stats.noiseFiles).toBe(3);
    expect(stats.skipped).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('n1.wav');
  });

  it('refuses to start without speech to draw', async () => {
    const corpus = [{ path: join(dir, 'audio'), weight: 0 }];
    await expect(batches(1, { corpus })).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  it.each([
    [{ batchSize: 0 }],
    [{ segmentSeconds: 0.1 }],
    [{ segmentSeconds: NaN }],
    [{ workers: 0 }],
    [{ prefetch: 0.5 }],
    [{ startBatch: -1 }],
    [{ snrDb: [20, -5] as const }],
    [{ sampleRate: 48000 as 16000 }],
    [{ corpus: [] }],
    [{ augment: { reverb: 2 } }],
  ])('refuses %j', async (change) => {
    await expect(batches(1, change)).rejects.toMatchObject({ code: 'DATA_OPTIONS' });
  });

  it('rejects next() once closed, also while it waits', async () => {
    const source = await createBatchSource({ ...options, batchSize: 64 });
    const pending = source.next();
    const outcome = expect(pending).rejects.toMatchObject({ code: 'DATA_WORKER' });
    await source.close();
    await outcome;
    await expect(source.next()).rejects.toMatchObject({ code: 'DATA_WORKER' });
  });
});

describe('loadEvalPairs', () => {
  it('reads pairs in the order of pairs.csv', async () => {
    const folder = join(dir, 'pairs');
    mkdirSync(folder);
    writeFileSync(join(folder, 'pairs.csv'), 'id,snr_db,seconds\nb,-5,1\na,10,1\n');
    await expect(loadEvalPairs(folder)).rejects.toMatchObject({ code: 'AUDIO_NOT_FOUND' });
    for (const [i, id] of ['a', 'b'].entries()) {
      for (const kind of ['noisy', 'clean']) {
        // The content tells the format, not the name.
        writeWav(join(folder, kind, `${id}.flac`), fakeSpeech(1, i));
      }
    }
    const pairs = await loadEvalPairs(folder);
    expect(pairs.map((p) => [p.id, p.snrDb, p.noisy.length, p.clean.length])).toEqual([
      ['b', -5, 16000, 16000],
      ['a', 10, 16000, 16000],
    ]);
    writeWav(join(folder, 'clean', 'a.flac'), fakeSpeech(0.9, 0));
    await expect(loadEvalPairs(folder)).rejects.toMatchObject({ code: 'DATA_FORMAT' });
    await expect(loadEvalPairs(join(dir, 'nowhere'))).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
    });
  });
});

const AUDIO = resolve(process.env['RESIDUA_AUDIO'] ?? '../shared/audio');

describe.skipIf(!existsSync(join(AUDIO, 'manifest.csv')))('the shared recordings', () => {
  it('are trained on by their train split alone', () => {
    const { rows } = readManifest(AUDIO);
    const listing = listCorpus({ path: AUDIO });
    const used = [...listing.speech, ...listing.noise].map((f) => f.path);
    const train = rows.filter((r) => r.split === 'train').map((r) => join(AUDIO, r.file));
    expect(new Set(used)).toEqual(new Set(train));
    const heldOut = rows.filter((r) => r.split !== 'train');
    expect(heldOut.length).toBeGreaterThan(50);
    const usedSet = new Set(used);
    for (const row of heldOut) expect(usedSet.has(join(AUDIO, row.file))).toBe(false);
    // No reader of a held-out recording is trained on either, nor any recording under another name.
    const name = (path: string): string => path.replace(/^.*\//, '');
    const usedNames = new Set(used.map(name));
    const readers = new Set(listing.speech.map((f) => f.speaker));
    for (const row of heldOut) {
      if (row.source !== 'librispeech') continue;
      expect(usedNames.has(name(row.file))).toBe(false);
      expect(readers.has(`librispeech-${name(row.file).split('-')[0] ?? ''}`)).toBe(false);
    }
    const pairs = readFileSync(join(AUDIO, 'test', 'pairs.csv'), 'utf8');
    for (const path of used) expect(pairs.includes(path.slice(AUDIO.length + 1))).toBe(false);
  });
});
