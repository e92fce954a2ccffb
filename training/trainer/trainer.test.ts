import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { readCheckpoint } from './checkpoint.ts';
import { parseTrainConfig } from './config.ts';
import { tinyBandConfig, tinyConfig, tinyVqConfig } from './test-config.ts';
import { Trainer, type AudioBatch } from './trainer.ts';

function batch(seed: number, samples = 32 * 24): AudioBatch {
  const random = mulberry32(seed);
  const clean = Float32Array.from(
    { length: 2 * samples },
    (_, n) => 0.2 * Math.sin(n * 0.07) * Math.sin(n * 0.002),
  );
  const noisy = clean.map((x) => x + 0.05 * gaussian(random));
  return { noisy, clean, batchSize: 2, samples };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-train-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('Trainer', () => {
  it('lowers the loss', () => {
    const trainer = new Trainer(tinyConfig());
    const first = trainer.trainStep(batch(1)).loss;
    let last = first;
    for (let i = 0; i < 15; i++) last = trainer.trainStep(batch(1)).loss;
    expect(last).toBeLessThan(first - 0.05);
  });

  it.each([tinyConfig(), tinyBandConfig()])(
    'starts as nearly the identity, aligned in time',
    (config) => {
      const trainer = new Trainer(config);
      const { noisy } = batch(2);
      const out = trainer.enhance(noisy.subarray(0, 700));
      let error = 0;
      let energy = 0;
      for (let n = 0; n < out.length; n++) {
        error += (out[n]! - noisy[n]!) ** 2;
        energy += noisy[n]! ** 2;
      }
      expect(out).toHaveLength(700);
      expect(10 * Math.log10(energy / error)).toBeGreaterThan(8);
    },
  );

  it.each([tinyConfig(), tinyVqConfig(), tinyBandConfig()])(
    'resumes exactly where it stopped ($quantizerId, $model.denoiser.kind)',
    async (config) => {
      const straight = new Trainer(config);
      for (let i = 0; i < 3; i++) straight.trainStep(batch(i));
      const path = join(folder, `${config.quantizerId}-${config.model.denoiser.kind}`);
      await straight.save(path);
      const expected = straight.trainStep(batch(9));
      const resumed = new Trainer({ ...config, seed: 99 });
      await resumed.resume(path);
      expect(resumed.step).toBe(3);
      expect(resumed.audioSeconds).toBeCloseTo((3 * 2 * 768) / 16000, 9);
      const report = resumed.trainStep(batch(9));
      expect(report.loss).toBeCloseTo(expected.loss, 5);
      expect(resumed.enhance(batch(3).noisy)).toEqual(straight.enhance(batch(3).noisy));
    },
  );

  it.each([tinyVqConfig(), tinyBandConfig()])(
    'never changes past output when more input follows',
    (config) => {
      const trainer = new Trainer(config);
      for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
      const { noisy } = batch(4);
      const short = trainer.enhance(noisy.slice(0, 32 * 10));
      const long = trainer.enhance(noisy.slice(0, 32 * 20));
      // The last hop of the short output still waits for its second half.
      for (let n = 0; n < 32 * 9; n++) expect(long[n]).toBeCloseTo(short[n]!, 6);
    },
  );

  it('trains nothing that is frozen', () => {
    const trainer = new Trainer(tinyConfig({ freeze: ['denoise/'] }));
    const weights = () => trainer.store.variables.get('denoise/in/w')!.dataSync().slice();
    const before = weights();
    trainer.trainStep(batch(1));
    expect(weights()).toEqual(before);
    expect(trainer.store.trainable().every(([name]) => name.startsWith('codec/'))).toBe(true);
  });

  it('stops with a typed error when the input is not finite', () => {
    const trainer = new Trainer(tinyConfig());
    const bad = batch(1);
    bad.noisy[100] = Number.NaN;
    expect(() => trainer.trainStep(bad)).toThrow(expect.objectContaining({ code: 'DIVERGED' }));
  });

  it('leaks no tensors from step to step', async () => {
    const { tf } = await import('../tf.ts');
    const trainer = new Trainer(tinyVqConfig());
    for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('checkpoints', () => {
  it('refuse damage and a foreign network with typed errors', async () => {
    const trainer = new Trainer(tinyConfig());
    const path = join(folder, 'damaged');
    await trainer.save(path);
    const wider = tinyConfig();
    wider.model.decoder.width = 16;
    await expect(new Trainer(wider).resume(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
    });
    await writeFile(join(path, 'tensors.bin'), new Uint8Array(10));
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    await expect(readCheckpoint(join(folder, 'absent'))).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    });
  });
});

describe('parseTrainConfig', () => {
  it.each([
    ['an unknown key', { colour: 'red' }],
    ['a zero batch', { data: { ...tinyConfig().data, batchSize: 0 } }],
    ['an unknown family', { quantizer: { family: 'magic' } }],
    ['an odd STFT window', { loss: { ...tinyConfig().loss, windows: [63] } }],
  ])('refuses %s', (_what, change) => {
    expect(() => parseTrainConfig({ ...tinyConfig(), ...change }, 'test')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
