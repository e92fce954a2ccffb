import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import {
  tinyBandConfig,
  tinyCompandedConfigs,
  tinyConfig,
  tinyQuantizedConfig,
  tinyQuantizers,
} from '../trainer/test-config.ts';
import { Trainer } from '../trainer/trainer.ts';
import { buildGraphs } from './build-graphs.ts';
import { checkParity } from './parity.ts';
import { writeModel } from './write-model.ts';

const identity = { id: 'tiny', name: 'Tiny', version: '1', license: 'MIT', description: 'test' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-export-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it.each([
  tinyConfig(),
  tinyBandConfig(),
  ...tinyQuantizers.map(tinyQuantizedConfig),
  ...tinyCompandedConfigs(),
])(
  'exports graphs that stream what the trainer computes ($quantizerId, $model.denoiser.kind)',
  async (config) => {
    const trainer = new Trainer(config);
    const random = mulberry32(11);
    const samples = 32 * 20;
    const noisy = Float32Array.from({ length: 2 * samples }, () => 0.1 * gaussian(random));
    const clean = noisy.map((x) => 0.5 * x);
    const batch = { noisy, clean, batchSize: 2, samples };
    if (config.model.bandCompanding !== undefined) await trainer.fitQuantizer(() => batch, 1);
    for (let i = 0; i < 4; i++) trainer.trainStep(batch);
    const graphs = buildGraphs(trainer.network, trainer.roundedWeights());
    await writeModel(folder, identity, config, trainer.network.quantizer, graphs, {});
    const signal = Float32Array.from({ length: 5000 }, () => 0.1 * gaussian(random));
    const { worst, codesEqual } = await checkParity(
      folder,
      config.quantizerId,
      signal,
      trainer.run(signal),
    );
    expect(worst).toBeLessThan(1e-4);
    expect(codesEqual).toBeGreaterThan(0.99);
    // The comparison means something: the output is neither silence nor the input.
    const out = trainer.enhance(signal);
    expect(Math.max(...out.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(Math.max(...out.map((x, i) => Math.abs(x - signal[i]!)))).toBeGreaterThan(1e-2);
  },
);
