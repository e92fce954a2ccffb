import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCache, readIndex } from './cache.ts';
import { listCorpus } from './corpora/index.ts';
import { activeRms, gainToDb, NOISE_RANGE_DB, peak, rms, SPEECH_RANGE_DB } from './levels.ts';
import { type ExampleInfo, Mixer, type MixerOptions } from './mixer.ts';
import { type AugmentOptions, resolveAugment } from './options.ts';
import type { PoolPart } from './pool.ts';
import {
  fakeNoise,
  fakeSpeech,
  largestDifference,
  writeResiduaCorpus,
  writeWav,
} from './test-corpus.ts';

const SAMPLES = 24000;
let dir: string;
let part: PoolPart;
let pairPart: PoolPart;

async function partOf(path: string): Promise<PoolPart> {
  const cache = await buildCache(path, listCorpus({ path }), join(dir, 'cache'));
  const { speech, noise, pairs = [] } = readIndex(cache);
  return {
    dir: cache,
    corpus: 0,
    weight: 1,
    speech,
    noise,
    pairs,
    speechWeights: {},
    noiseWeights: {},
  };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'residua-mixer-'));
  writeResiduaCorpus(join(dir, 'audio'));
  part = await partOf(join(dir, 'audio'));
  const clean = fakeSpeech(1, 1);
  const noise = fakeNoise(1, 1);
  const vb = join(dir, 'vb');
  writeWav(join(vb, 'clean_trainset_28spk_wav', 'p226_001.wav'), clean);
  writeWav(
    join(vb, 'noisy_trainset_28spk_wav', 'p226_001.wav'),
    clean.map((v, i) => v + (noise[i] ?? 0)),
  );
  pairPart = await partOf(vb);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Made extends ExampleInfo {
  noisy: Float32Array;
  clean: Float32Array;
}

function make(
  count: number,
  augment: Partial<AugmentOptions> = {},
  rest: Partial<MixerOptions> = {},
  order = Array.from({ length: count }, (_, i) => i),
): Made[] {
  const mixer = new Mixer({
    parts: [part],
    seed: 1,
    samples: SAMPLES,
    snrDb: [-5, 20],
    augment: resolveAugment({ rirCount: 4, ...augment }),
    ...rest,
  });
  const made: Made[] = [];
  for (const index of order) {
    const noisy = new Float32Array(SAMPLES);
    const clean = new Float32Array(SAMPLES);
    made[index] = { ...mixer.example(index, noisy, clean), noisy, clean };
  }
  mixer.close();
  return made;
}

const difference = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((v, i) => v - (b[i] ?? 0));
const finite = (x: Float32Array): boolean => x.every(Number.isFinite);

describe('Mixer', () => {
  it('makes examples from seed and index alone, in whatever order they are asked for', () => {
    const first = make(24);
    const backwards = make(
      24,
      {},
      {},
      Array.from({ length: 24 }, (_, i) => 23 - i),
    );
    for (const [i, example] of first.entries()) {
      expect(largestDifference(example.noisy, (backwards[i] as Made).noisy)).toBe(0);
      expect(largestDifference(example.clean, (backwards[i] as Made).clean)).toBe(0);
    }
    const [other] = make(1, {}, { seed: 2 });
    expect(largestDifference((first[0] as Made).noisy, (other as Made).noisy)).toBeGreaterThan(
      1e-3,
    );
  });

  it('is finite, within ±maxPeak, and at a level in range', () => {
    const made = make(150, { nearClipping: 0 });
    for (const { noisy, clean, levelDb } of made) {
      expect(finite(noisy) && finite(clean)).toBe(true);
      expect(Math.max(peak(noisy), peak(clean))).toBeLessThanOrEqual(0.99001);
      expect(gainToDb(rms(noisy))).toBeCloseTo(levelDb, 4);
      expect(levelDb).toBeGreaterThan(-40.01);
      expect(levelDb).toBeLessThan(-11.99);
    }
    const levels = made.map((m) => m.levelDb).sort((a, b) => a - b);
    expect((levels[140] ?? 0) - (levels[10] ?? 0)).toBeGreaterThan(15);
  });

  it('mixes at the SNR it says, to 0.1 dB, though speech and noise are gated', () => {
    const made = make(150, { reverb: 0, cleanToClean: 0, noiseToSilence: 0 });
    let worst = 0;
    for (const { noisy, clean, snrDb, kind } of made) {
      expect(kind).toBe('mixture');
      expect(snrDb).toBeGreaterThanOrEqual(-5);
      expect(snrDb).toBeLessThanOrEqual(20);
      const noise = difference(noisy, clean);
      const measured = gainToDb(
        activeRms(clean, SPEECH_RANGE_DB) / activeRms(noise, NOISE_RANGE_DB),
      );
      worst = Math.max(worst, Math.abs(measured - snrDb));
    }
    expect(worst).toBeLessThan(0.1);
    const snrs = made.map((m) => m.snrDb);
    expect(Math.min(...snrs)).toBeLessThan(-3);
    expect(Math.max(...snrs)).toBeGreaterThan(17);
  });

  it('passes clean speech through unchanged when asked to', () => {
    for (const { noisy, clean, kind } of make(20, {
      cleanToClean: 1,
      noiseToSilence: 0,
      pairs: 0,
    })) {
      expect(kind).toBe('clean');
      expect(largestDifference(noisy, clean)).toBe(0);
      expect(rms(clean)).toBeGreaterThan(1e-3);
    }
  });

  it('asks for digital silence where there is only noise', () => {
    for (const { noisy, clean, kind } of make(20, {
      cleanToClean: 0,
      noiseToSilence: 1,
      pairs: 0,
    })) {
      expect(kind).toBe('noise');
      expect(clean.every((v) => v === 0)).toBe(true);
      expect(rms(noisy)).toBeGreaterThan(1e-3);
    }
  });

  it('draws every kind as often as its probability says', () => {
    const made = make(400, { cleanToClean: 0.2, noiseToSilence: 0.1, babble: 0.3, synthetic: 0.2 });
    const share = (test: (m: Made) => boolean): number => made.filter(test).length / made.length;
    expect(share((m) => m.kind === 'clean')).toBeCloseTo(0.2, 1);
    expect(share((m) => m.kind === 'noise')).toBeCloseTo(0.1, 1);
    const noises = made.filter((m) => m.noise !== 'none');
    expect(noises.filter((m) => m.noise === 'babble').length / noises.length).toBeCloseTo(0.3, 1);
    expect(share((m) => m.reverberant)).toBeCloseTo(0.25 * 0.7, 1);
  });

  it('fills a segment from short clips, mostly with speech', () => {
    const made = make(40, {
      cleanToClean: 1,
      noiseToSilence: 0,
      pairs: 0,
      trailingNoise: 0,
      leadingNoise: 0,
    });
    for (const { clean } of made) {
      // The made-up speech pauses for 0.2 s of each 0.4 s; a second without any would be a hole.
      let quiet = 0;
      let longest = 0;
      for (let start = 0; start + 160 <= SAMPLES; start += 160) {
        quiet = peak(clean.subarray(start, start + 160)) < 1e-5 ? quiet + 160 : 0;
        longest = Math.max(longest, quiet);
      }
      expect(longest).toBeLessThan(19200);
    }
  });

  it('keeps the target dry in a room: the input has more than noise beside it', () => {
    const made = make(20, { reverb: 1, cleanToClean: 0, noiseToSilence: 0 }, { snrDb: [60, 60] });
    for (const { noisy, clean, reverberant } of made) {
      expect(reverberant).toBe(true);
      const tail = gainToDb(rms(clean) / rms(difference(noisy, clean)));
      expect(tail).toBeGreaterThan(-10);
      expect(tail).toBeLessThan(50);
    }
  });

  it('reaches full scale only where near-clipping or clipping is configured', () => {
    for (const { noisy } of make(20, { nearClipping: 1 })) {
      expect(peak(noisy)).toBeLessThanOrEqual(1);
    }
    const clipped = make(30, { clipping: 1, nearClipping: 0 });
    for (const { noisy } of clipped) expect(peak(noisy)).toBeLessThanOrEqual(1);
    expect(clipped.some(({ noisy }) => noisy.filter((v) => Math.abs(v) === 1).length > 3)).toBe(
      true,
    );
  });

  it('does with synthetic noise and babble when a corpus has no noise', () => {
    const made = make(40, {}, { parts: [{ ...part, noise: [] }] });
    expect(made.every((m) => finite(m.noisy) && m.noise !== 'recorded')).toBe(true);
  });

  it('uses ready-made pairs with their timing kept', () => {
    const made = make(20, { pairs: 1, cleanToClean: 0, noiseToSilence: 0 }, { parts: [pairPart] });
    for (const { noisy, clean, kind } of made) {
      expect(kind).toBe('pair');
      const residue = difference(noisy, clean);
      // What is left is the steady noise of the pair, not speech out of step with itself.
      expect(gainToDb(rms(clean) / rms(residue))).toBeGreaterThan(-6);
      expect(gainToDb(rms(residue.subarray(0, 12000)) / rms(residue.subarray(12000)))).toBeLessThan(
        3,
      );
    }
  });
});

describe('resolveAugment', () => {
  it('refuses what cannot be meant', () => {
    for (const bad of [
      { reverb: 1.5 },
      { reverb: NaN },
      { levelDb: [-10, -40] },
      { cleanToClean: 0.6, noiseToSilence: 0.6 },
      { reverbs: 1 },
      { snr: [1, 2] },
      { levelDb: -20 },
    ]) {
      expect(() => resolveAugment(bad as unknown as Partial<AugmentOptions>)).toThrow(
        expect.objectContaining({ code: 'DATA_OPTIONS' }),
      );
    }
  });
});
