import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelManifest } from '../codec/manifest.ts';
import { overviewSchema } from '../ipc/messages.ts';
import { readOverview, summarizeModel } from './overview.ts';

const graph = { file: 'graph.onnx', sha256: 'a'.repeat(64), bytes: 10, stateSize: 4 };
const manifest: ModelManifest = {
  format: 'residua-model',
  formatVersion: 1,
  id: 'residua-v1',
  name: 'Residua',
  version: '1.0.0',
  license: 'MIT',
  description: 'A denoiser',
  sampleRate: 16_000,
  hopSamples: 160,
  windowSamples: 320,
  algorithmicLatencySamples: 320,
  quantizers: [
    {
      id: 'rvq',
      family: 'rvq',
      label: 'Residual VQ',
      maxCodebooks: 8,
      codebookSize: 1024,
      bitsPerCodebook: 10,
      latentDim: 64,
      params: 1_000_000,
      macsPerHop: 500_000,
      encoder: graph,
      decoder: graph,
    },
  ],
};

describe('summarizeModel', () => {
  it('converts samples and hops into ms, kbit/s and per second', () => {
    const summary = summarizeModel(manifest);
    expect(summary).toMatchObject({ sampleRateHz: 16_000, hopMs: 10, algorithmicLatencyMs: 20 });
    expect(summary.quantizers[0]).toMatchObject({ kbpsMax: 8, macsPerSecond: 50_000_000 });
  });

  it('makes what the contract accepts', () => {
    const overview = { appVersion: '0', models: [summarizeModel(manifest)], problems: [] };
    expect(overviewSchema.parse(overview)).toEqual(overview);
  });
});

describe('readOverview', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'residua-models-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function addModel(name: string, text: string) {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'manifest.json'), text);
  }

  it('shows the good models and says why the others are missing', async () => {
    await addModel('b', JSON.stringify({ ...manifest, id: 'b' }));
    await addModel('a', JSON.stringify({ ...manifest, id: 'a' }));
    await addModel('broken', '{');
    await addModel('future', JSON.stringify({ ...manifest, formatVersion: 99 }));
    await mkdir(path.join(folder, 'no-model'));
    const overview = await readOverview(folder, '0.1.0');
    expect(overview.models.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(overview.problems.map(({ code }) => code)).toEqual(['MODEL_CORRUPT', 'MODEL_VERSION']);
    expect(overviewSchema.parse(overview)).toEqual(overview);
  });

  it('is empty, not a crash, when there is no models folder', async () => {
    const overview = await readOverview(path.join(folder, 'none'), '0.1.0');
    expect(overview).toEqual({ appVersion: '0.1.0', models: [], problems: [] });
  });

  it('is a problem when the models folder is none', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const overview = await readOverview(path.join(folder, 'file'), '0.1.0');
    expect(overview.problems).toMatchObject([{ code: 'MODEL_NOT_FOUND' }]);
  });
});
