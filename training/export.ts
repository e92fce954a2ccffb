/**
 * Exports a checkpoint to ONNX and proves it against the trainer:
 * `npm run export -- --checkpoint training/checkpoints/none-v1 --out models/residua-v1`.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, exitCodeOf, ResiduaError, UsageError } from '../src/common/errors.ts';
import { errorLine } from './log/error-line.ts';
import { buildGraphs } from './export/build-graphs.ts';
import { checkParity } from './export/parity.ts';
import { writeModel } from './export/write-model.ts';
import { gaussian, mulberry32 } from './graph/random.ts';
import { loadEvalPairs, type EvalPair } from './data/index.ts';
import { readCheckpoint, writeCheckpoint } from './trainer/checkpoint.ts';
import { parseTrainConfig } from './trainer/config.ts';
import { Trainer } from './trainer/trainer.ts';

const HELP = `Export a trained checkpoint to ONNX graphs and a manifest entry.

  npm run export -- --checkpoint training/checkpoints/none-v1 [--out models/residua-v1]

The averaged weights are exported. Afterwards the graphs are streamed hop by hop in onnxruntime over
noise and, where there are any, real recordings, and must equal the trainer's output to 1e-4.

  --checkpoint DIR  what to export
  --out DIR         model folder; other quantizers in it are kept (default models/residua-v1)
  --denoiser DIR    take the denoiser from this checkpoint instead: one that was trained on after the codec
                    was trained against it
  --weights DIR     also keep the averaged weights as a small checkpoint that a config can start from
  --pairs DIR       folder with pairs.csv for the check (default ../shared/audio/test)
`;

const TOLERANCE = 1e-4;
/** Codes that may differ because two were equally near but for rounding. */
const CODES_EQUAL = 0.995;
const root = resolve(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      checkpoint: { type: 'string' },
      out: { type: 'string', default: join(root, 'models', 'residua-v1') },
      weights: { type: 'string' },
      denoiser: { type: 'string' },
      pairs: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.checkpoint === undefined)
    throw new UsageError('Which checkpoint? --checkpoint DIR is missing.');
  const folder = resolve(values.checkpoint);
  const { meta } = await readCheckpoint(folder);
  const config = parseTrainConfig(meta.config, folder);
  const trainer = new Trainer(config);
  await loadAverages(trainer, folder);
  if (values.denoiser !== undefined) {
    const taken = await trainer.initialise(resolve(values.denoiser), ['denoise/']);
    process.stderr.write(`${taken} parameters of the denoiser taken from ${values.denoiser}\n`);
  }
  const weights = trainer.roundedWeights();
  const graphs = buildGraphs(trainer.network, weights);
  const out = resolve(values.out);
  const identity = {
    id: 'residua-v1',
    name: 'Residua v1',
    version: '1',
    license: 'MIT (weights); training data: see MODEL_CARD.md',
    description:
      'Causal codec-denoiser: complex filter on the spectrum, MDCT latent, 16 kHz, 20 ms.',
  };
  const training = {
    run: config.name,
    steps: meta.step,
    audioHours: Math.round(meta.audioSeconds / 36) / 100,
  };
  const pairs = await recordings(values.pairs);
  const codes = trainer.codeUse(pairs.map(({ noisy }) => noisy));
  await writeModel(out, identity, config, trainer.network.quantizer, graphs, training, codes);
  await prove(trainer, out, pairs);
  if (values.weights !== undefined) {
    const small = new Map([...weights].map(([name, tensor]) => [`ema/${name}`, tensor]));
    for (const [name, values] of trainer.network.quantizer.state()) {
      small.set(`quantizer/${name}`, { shape: [values.length], values });
    }
    await writeCheckpoint(resolve(values.weights), meta, small);
  }
}

/**
 * The averaged weights of any checkpoint, one that holds nothing else included.
 * @throws ResiduaError CHECKPOINT_MISMATCH when one is missing
 */
async function loadAverages(trainer: Trainer, folder: string): Promise<void> {
  const { size } = trainer.store.variables;
  const taken = await trainer.initialise(folder);
  if (taken === size) return;
  throw new ResiduaError('CHECKPOINT_MISMATCH', `${folder} has ${taken} of ${size} parameters`, {
    hint: 'Export with the config that the checkpoint was made with.',
  });
}

/** The recordings to check against and to count codes on; none when the default folder is not there. */
async function recordings(folder: string | undefined): Promise<EvalPair[]> {
  const audio = process.env['RESIDUA_AUDIO'] ?? join(root, '..', 'shared', 'audio');
  try {
    return await loadEvalPairs(resolve(folder ?? join(audio, 'test')));
  } catch (error) {
    if (folder !== undefined) throw error;
    process.stderr.write(`no recordings to check against: ${describeError(error)}\n`);
    return [];
  }
}

/** @throws ResiduaError PARITY when the graphs do not compute what the trainer does. */
async function prove(trainer: Trainer, folder: string, pairs: readonly EvalPair[]): Promise<void> {
  const random = mulberry32(7);
  const noise = Float32Array.from({ length: 16000 * 2 + 37 }, () => 0.1 * gaussian(random));
  const signals: [string, Float32Array][] = [
    ['noise', noise],
    ...pairs.slice(0, 3).map(({ id, noisy }): [string, Float32Array] => [id, noisy]),
  ];
  for (const [name, signal] of signals) {
    const expected = trainer.run(signal);
    const parity = await checkParity(folder, trainer.config.quantizerId, signal, expected);
    const { worst, codesEqual } = parity;
    process.stderr.write(
      `parity on ${name}: largest difference ${worst.toExponential(2)}` +
        `${expected.codes === null ? '' : `, ${(100 * codesEqual).toFixed(2)}% of the codes equal`}\n`,
    );
    if (!(worst <= TOLERANCE && codesEqual >= CODES_EQUAL)) {
      throw new ResiduaError(
        'PARITY',
        `The exported graphs differ from the trainer on ${name}: by ${worst}, ` +
          `${(100 * codesEqual).toFixed(2)}% of the codes equal`,
        {
          hint: 'Do not ship this export; compare training/graph/tf-ops.ts and onnx-ops.ts.',
        },
      );
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
