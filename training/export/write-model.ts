/** Writes graphs and manifest entry of one quantizer into a model folder, keeping its other quantizers. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  parseManifest,
  type GraphEntry,
  type ModelManifest,
  type QuantizerEntry,
} from '../../src/codec/manifest.ts';
import type { CodebookUsage } from '../../src/metrics/index.ts';
import type { Quantizer } from '../quantizers/index.ts';
import type { TrainConfig } from '../trainer/config.ts';
import type { BuiltGraph, BuiltGraphs } from './build-graphs.ts';

/** What people read; quantizers are listed in this order, others follow. The first that codes is the default. */
const LABELS: Readonly<Record<string, string>> = {
  none: 'No quantizer (ceiling)',
  rvq: 'RVQ, residual codebooks',
  vq: 'VQ, one codebook',
  pq: 'PQ, one codebook per part',
  gumbel: 'Gumbel-Softmax',
  fsq: 'FSQ, scalar levels',
  bsq: 'BSQ, signs on a sphere',
  simvq: 'SimVQ, residual',
};
const ORDER = Object.keys(LABELS);

export interface ModelIdentity {
  id: string;
  name: string;
  version: string;
  license: string;
  description: string;
}

export async function writeModel(
  folder: string,
  identity: ModelIdentity,
  config: TrainConfig,
  quantizer: Pick<Quantizer, 'codebooks' | 'codebookSize' | 'macsPerFrame'>,
  graphs: BuiltGraphs,
  training: Record<string, unknown>,
  codes: readonly CodebookUsage[] = [],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { quantizerId: id, model } = config;
  const { codebooks, codebookSize } = quantizer;
  const entry: QuantizerEntry = {
    id,
    family: config.quantizer.family,
    label: LABELS[id] ?? id,
    maxCodebooks: codebooks,
    codebookSize,
    bitsPerCodebook: codebookSize === 0 ? 0 : Math.log2(codebookSize),
    latentDim: model.latentDim,
    encoder: await writeGraph(folder, `${id}.encoder.onnx`, graphs.encoder),
    decoder: await writeGraph(folder, `${id}.decoder.onnx`, graphs.decoder),
    params: graphs.encoder.parameters + graphs.decoder.parameters,
    macsPerHop: graphs.encoder.macsPerHop + graphs.decoder.macsPerHop,
    training: { ...training, quantizerMacs: quantizer.macsPerFrame },
    ...(codes.length === 0 ? {} : { codes: codes.map(rounded) }),
  };
  const path = join(folder, 'manifest.json');
  const known = existsSync(path) ? parseManifest(await readFile(path, 'utf8'), path) : undefined;
  const rank = (q: QuantizerEntry): number => {
    const index = ORDER.indexOf(q.id);
    return index < 0 ? ORDER.length : index;
  };
  const quantizers = [...(known?.quantizers ?? []).filter((q) => q.id !== id), entry];
  quantizers.sort((a, b) => rank(a) - rank(b));
  const manifest: ModelManifest = {
    format: 'residua-model',
    formatVersion: 1,
    ...identity,
    sampleRate: model.sampleRate,
    hopSamples: model.hopSamples,
    windowSamples: 2 * model.hopSamples,
    algorithmicLatencySamples: 2 * model.hopSamples,
    quantizers,
  };
  const text = JSON.stringify(manifest, null, 2) + '\n';
  parseManifest(text, path);
  await writeFile(path, text);
}

function rounded({
  usage,
  perplexity,
  effectiveBits,
}: CodebookUsage): NonNullable<QuantizerEntry['codes']>[number] {
  const to = (x: number): number => Math.round(x * 1e4) / 1e4;
  return { usage: to(usage), perplexity: to(perplexity), effectiveBits: to(effectiveBits) };
}

async function writeGraph(folder: string, file: string, graph: BuiltGraph): Promise<GraphEntry> {
  await writeFile(join(folder, file), graph.bytes);
  return {
    file,
    sha256: createHash('sha256').update(graph.bytes).digest('hex'),
    bytes: graph.bytes.length,
    stateSize: graph.stateSize,
  };
}
