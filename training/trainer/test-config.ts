/** A network small enough for unit tests on the slowest backend. */
import { quantizerSchema } from '../quantizers/index.ts';
import { parseTrainConfig, type TrainConfig } from './config.ts';

export function tinyConfig(overrides: Record<string, unknown> = {}): TrainConfig {
  const network = { width: 12, hidden: 8, dilations: [1, 2] };
  return parseTrainConfig(
    {
      name: 'tiny',
      seed: 5,
      model: {
        sampleRate: 16000,
        hopSamples: 32,
        denoiser: { kind: 'full-band', ...network, filterTaps: 2 },
        encoder: network,
        decoder: network,
        latentDim: 32,
      },
      quantizer: { family: 'none' },
      quantizerId: 'none',
      data: {
        corpora: [{ path: 'unused' }],
        evaluate: 'unused',
        segmentSeconds: 1,
        batchSize: 2,
        snrDb: [0, 10],
      },
      loss: { waveform: 0.1, magnitude: 1, complex: 1, windows: [64] },
      optimizer: {
        peakLearningRate: 0.003,
        floorLearningRate: 0.0003,
        warmupSteps: 2,
        totalSteps: 50,
      },
      ...overrides,
    },
    'tiny config',
  );
}

export function tinyVqConfig(): TrainConfig {
  const base = tinyConfig();
  return {
    ...base,
    model: { ...base.model, latentDim: 4 },
    quantizerId: 'vq',
    quantizer: quantizerSchema.parse({
      family: 'vq',
      codebook: { size: 16, normalised: true, emaDecay: 0.9, deadBelow: 0.1 },
      startStep: 1,
    }),
  };
}

export function tinyBandConfig(): TrainConfig {
  const base = tinyConfig();
  const context = { width: 12, hidden: 8, dilations: [1, 2], decays: [0.8] };
  return {
    ...base,
    model: {
      ...base.model,
      denoiser: {
        kind: 'band-shared',
        filterTaps: 2,
        binsPerBand: 4,
        channels: 6,
        hidden: 5,
        before: [1],
        after: [2],
        squeeze: 3,
        decays: [0.9, 0.5],
        context,
      },
    },
  };
}

const codebook = { size: 16, emaDecay: 0.9, deadBelow: 0.1 };

/** One of every family, small. The latent has 8 dimensions. */
export const tinyQuantizers: readonly Record<string, unknown>[] = [
  { family: 'vq', codebook: { ...codebook, normalised: true }, codeDim: 4, startStep: 1 },
  { family: 'rvq', codebooks: 3, dropout: 0.5, codebook, startStep: 1 },
  { family: 'rvq', codebooks: 3, codebook, codeDim: 3, startStep: 1 },
  { family: 'simvq', codebooks: 2, codebook, startStep: 1 },
  { family: 'pq', codebooks: 4, dropout: 0.5, codebook, rotation: true, startStep: 1 },
  { family: 'gumbel', codebooks: 4, dropout: 0.5, size: 16, startStep: 1 },
  { family: 'fsq', codebooks: 4, dropout: 0.5, levels: [4, 3] },
  { family: 'bsq', codebooks: 2, dropout: 0.5, bits: 4 },
];

export function tinyQuantizedConfig(quantizer: Record<string, unknown>): TrainConfig {
  const base = tinyConfig();
  return {
    ...base,
    model: { ...base.model, latentDim: 8 },
    quantizerId: String(quantizer['family']),
    quantizer: quantizerSchema.parse(quantizer),
  };
}

/** A codec whose latent is the band-companded frame, as the gain codebooks want it. */
export function tinyCompandedConfig(
  quantizer: Record<string, unknown>,
  model: Partial<TrainConfig['model']> = {},
): TrainConfig {
  const base = tinyConfig();
  return {
    ...base,
    model: { ...base.model, bandCompanding: 0.35, ...model },
    quantizerId: `companded-${String(quantizer['family'])}`,
    quantizer: quantizerSchema.parse(quantizer),
  };
}

const gain = { size: 16 };

/** Band companding with and without an encoder's network, a gain codebook, and noise filling. */
export const tinyCompandedConfigs = (): TrainConfig[] => [
  tinyCompandedConfig(
    { family: 'rvq', codebooks: 3, dropout: 0.5, codebook, codeDim: 8, gain },
    { encoder: null, encoderSees: 'denoised', noiseFill: true },
  ),
  tinyCompandedConfig({ family: 'fsq', codebooks: 3, dropout: 0.5, levels: [4, 4], gain }),
  tinyCompandedConfig({ family: 'none' }, { noiseFill: true }),
];
