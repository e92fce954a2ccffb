/** A network small enough for unit tests on the slowest backend. */
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
    quantizer: {
      family: 'vq',
      codebookSize: 16,
      emaDecay: 0.9,
      commitment: 0.25,
      deadBelow: 0.1,
      startStep: 1,
    },
  };
}

export function tinyBandConfig(): TrainConfig {
  const base = tinyConfig();
  const context = { width: 12, hidden: 8, dilations: [1, 2] };
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
        context,
      },
    },
  };
}
