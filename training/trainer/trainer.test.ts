import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tf.ts';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { readCheckpoint } from './checkpoint.ts';
import { parseTrainConfig, type TrainConfig } from './config.ts';
import {
  tinyBandConfig,
  tinyCompandedConfig,
  tinyCompandedConfigs,
  tinyConfig,
  tinyQuantizedConfig,
  tinyQuantizers,
  tinyVqConfig,
} from './test-config.ts';
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

  it.each([
    tinyConfig(),
    tinyBandConfig(),
    tinyCompandedConfig({ family: 'none' }, { noiseFill: true }),
    tinyCompandedConfig({ family: 'none' }, { encoder: null, encoderSees: 'denoised' }),
  ])('starts as nearly the identity, aligned in time', (config) => {
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
  });

  it('learns what its switch asks for', () => {
    const options = { encoderSees: 'noisy', denoiseSwitch: true } as const;
    const trainer = new Trainer(tinyCompandedConfig({ family: 'none' }, options));
    const data = batch(3);
    for (let i = 0; i < 200; i++) trainer.trainStep(batch(3 + (i % 4)));
    // How far the output lies from the noisy sound.
    const change = (on: number): number =>
      tf.tidy(() => {
        const noisy = tf.tensor2d(data.noisy, [2, data.samples]);
        const context = { store: trainer.store, training: false, active: 0 };
        const denoising = tf.tensor2d([[on], [on]]);
        const { enhanced } = trainer.network.forward(noisy, context, undefined, denoising);
        const same = tf.slice(noisy, [0, 0], enhanced.shape);
        return tf.mean(tf.square(tf.sub(enhanced, same))).dataSync()[0]!;
      });
    expect(change(1)).toBeGreaterThan(1.2 * change(0));
  });

  it.each([tinyConfig(), tinyBandConfig(), ...tinyQuantizers.map(tinyQuantizedConfig)])(
    'resumes exactly where it stopped ($quantizerId, $model.denoiser.kind)',
    async (config) => {
      const straight = new Trainer(config);
      for (let i = 0; i < 3; i++) straight.trainStep(batch(i));
      const path = join(folder, `${config.quantizerId}-${config.model.denoiser.kind}`);
      await straight.save(path);
      const expected = straight.trainStep(batch(9));
      const resumed = new Trainer(config);
      await resumed.resume(path);
      expect(resumed.step).toBe(3);
      expect(resumed.audioSeconds).toBeCloseTo((3 * 2 * 768) / 16000, 9);
      const report = resumed.trainStep(batch(9));
      expect(report.loss).toBeCloseTo(expected.loss, 5);
      expect(resumed.enhance(batch(3).noisy)).toEqual(straight.enhance(batch(3).noisy));
    },
  );

  it.each([
    tinyBandConfig(),
    ...tinyQuantizers.map(tinyQuantizedConfig),
    ...tinyCompandedConfigs(),
  ])('never changes past output when more input follows', async (config) => {
    const trainer = new Trainer(config);
    await trainer.fitQuantizer(() => batch(9), 2);
    for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
    const { noisy } = batch(4);
    const short = trainer.enhance(noisy.slice(0, 32 * 10));
    const long = trainer.enhance(noisy.slice(0, 32 * 20));
    // The last hop of the short output still waits for its second half.
    for (let n = 0; n < 32 * 9; n++) expect(long[n]).toBeCloseTo(short[n]!, 6);
  });

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

  it.each([tinyVqConfig(), ...tinyQuantizers.map(tinyQuantizedConfig)])(
    'leaks no tensors from step to step ($quantizerId)',
    async (config) => {
      const { tf } = await import('../tf.ts');
      // With quantizer dropout the number of stages differs from step to step, and what they keep.
      if ('dropout' in config.quantizer) config.quantizer.dropout = 0;
      const trainer = new Trainer(config);
      for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
      const before = tf.memory().numTensors;
      for (let i = 0; i < 3; i++) trainer.trainStep(batch(i));
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('with quantizer dropout learns to do with fewer codebooks, the same ones when run again', () => {
    const run = (): number[] => {
      const trainer = new Trainer(tinyQuantizedConfig({ ...tinyQuantizers[1], dropout: 1 }));
      for (let i = 0; i < 4; i++) trainer.trainStep(batch(i));
      const { noisy, clean } = batch(7);
      const pair = { id: 'x', noisy: noisy.slice(0, 640), clean: clean.slice(0, 640) };
      const counts = [1, 2, 3].map((active) => trainer.evaluate([pair], active).codes.length);
      expect(counts).toEqual([1, 2, 3]);
      return [1, 3].map((active) => trainer.enhance(pair.noisy, active)[300]!);
    };
    const first = run();
    expect(first[0]).not.toBe(first[1]);
    expect(run()).toEqual(first);
  });

  it('computes the same from prepared coefficients as from the recording itself', () => {
    const config = tinyQuantizedConfig({ family: 'none' });
    config.model.encoderSees = 'denoised';
    const whole = batch(5);
    const denoised = new Trainer(config).denoise(whole);
    const a = new Trainer(config).trainStep(whole);
    const b = new Trainer(config).trainStep({ ...whole, denoised });
    expect(b.loss).toBeCloseTo(a.loss, 5);
    const c = new Trainer(config).trainStep({ ...whole, denoised: denoised.map((x) => -3 * x) });
    expect(c.loss).not.toBeCloseTo(a.loss, 4);
  });

  it('takes over the codec of another quantizer under its own name', async () => {
    const base = { ...tinyQuantizedConfig({ family: 'none' }), quantizerId: 'base' };
    const from = new Trainer(base);
    for (let i = 0; i < 2; i++) from.trainStep(batch(i));
    const path = join(folder, 'base');
    await from.save(path);
    const to = new Trainer(tinyQuantizedConfig(tinyQuantizers[1]!));
    expect(await to.initialise(path, ['codec/'])).toBeGreaterThan(5);
    const weights = ({ store }: Trainer, id: string): Float32Array =>
      store.variables.get(`codec/${id}/decoder/in/w`)!.dataSync() as Float32Array;
    const averaged = from.optimizer.slots.get('codec/base/decoder/in/w')!.ema.dataSync();
    expect(weights(to, 'rvq')).toEqual(averaged);
    expect(to.store.variables.get('denoise/in/w')!.dataSync()).not.toEqual(
      from.store.variables.get('denoise/in/w')!.dataSync(),
    );
  });
});

describe('fitting the quantizer', () => {
  const [config] = tinyCompandedConfigs() as [TrainConfig];

  it('happens once, on as many batches as asked for, and keeps no tensors', async () => {
    const { tf } = await import('../tf.ts');
    const trainer = new Trainer(config);
    expect(trainer.network.quantizer.started).toBe(false);
    const before = tf.memory().numTensors;
    let asked = 0;
    const next = (): AudioBatch => batch(++asked);
    await trainer.fitQuantizer(next, 3);
    expect(asked).toBe(3);
    expect(trainer.network.quantizer.started).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    await trainer.fitQuantizer(next, 3);
    expect(asked).toBe(3);
  });

  it('comes back with a checkpoint, and lets training go on where it stopped', async () => {
    const straight = new Trainer(config);
    await straight.fitQuantizer(() => batch(1), 1);
    straight.trainStep(batch(2));
    const path = join(folder, 'fitted');
    await straight.save(path);
    const resumed = new Trainer(config);
    await resumed.resume(path);
    await resumed.fitQuantizer(() => {
      throw new Error('asked for a batch');
    }, 1);
    const { noisy } = batch(3);
    expect(resumed.run(noisy).codes).toEqual(straight.run(noisy).codes);
    expect(resumed.trainStep(batch(4)).loss).toBeCloseTo(straight.trainStep(batch(4)).loss, 5);
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
