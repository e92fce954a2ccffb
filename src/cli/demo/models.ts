import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findQuantizer, type QuantizerEntry } from '../../codec/manifest.ts';
import { loadModel, type LoadedModel } from '../../codec/model-folder.ts';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import { listModelFolders, selectModel, type ModelSelection } from '../model-choice.ts';

/** A model and the quantizers of it to show. */
export interface DemoModel {
  readonly model: LoadedModel;
  readonly quantizers: readonly QuantizerEntry[];
}

/**
 * Without a choice: every quantizer of every model there is.
 * @throws ResiduaError as `listModelFolders` and `loadModel`
 * @throws UsageError QUANTIZER_UNKNOWN where no model has the quantizer
 */
export async function loadDemoModels(
  selection: ModelSelection & { readonly quantizer?: string },
): Promise<DemoModel[]> {
  const models = await loadSelection(selection);
  const { quantizer = 'all' } = selection;
  if (quantizer === 'all') {
    return models.map((model) => ({ model, quantizers: model.manifest.quantizers }));
  }
  const having = models.filter(({ manifest }) =>
    manifest.quantizers.some((entry) => entry.id === quantizer),
  );
  if (having.length === 0) {
    const ids = new Set(models.flatMap(({ manifest }) => manifest.quantizers.map(({ id }) => id)));
    throw new UsageError(`no model has a quantizer '${quantizer}'`, {
      code: 'QUANTIZER_UNKNOWN',
      hint: `Choose one of: ${[...ids].join(', ')}.`,
    });
  }
  return having.map((model) => ({
    model,
    quantizers: [findQuantizer(model.manifest, quantizer)],
  }));
}

async function loadSelection(selection: ModelSelection): Promise<LoadedModel[]> {
  const { models, model } = selection;
  const isOne = models !== undefined && existsSync(join(models, 'manifest.json'));
  if (model !== undefined || isOne) return [await selectModel(selection)];
  return Promise.all((await listModelFolders(models)).map((folder) => loadModel(folder)));
}

/**
 * All models of a run must work at one rate, that of the recordings.
 * @returns Hz
 * @throws ResiduaError DEMO_RATES
 */
export function commonSampleRate(models: readonly DemoModel[]): number {
  const rates = new Set(models.map(({ model }) => model.manifest.sampleRate));
  const [rate] = rates;
  if (rates.size !== 1 || rate === undefined) {
    throw new ResiduaError('DEMO_RATES', `the models work at ${[...rates].join(' and ')} Hz`, {
      hint: 'Choose one with --model.',
    });
  }
  return rate;
}
