import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isContinuous, quantizerKbps } from '../codec/manifest.ts';
import type { ModelManifest, QuantizerEntry } from '../codec/manifest.ts';
import { findModelFolders, loadModel, type LoadedModel } from '../codec/model-folder.ts';
import { ResiduaError } from '../common/errors.ts';
import { toProblem } from '../common/problem.ts';
import { samplesToMs } from '../common/units.ts';
import type { ModelSummary, Problem } from '../ipc/messages.ts';

/** The models there are, read from their manifests alone. */

/** Turns samples and hops of the manifest into the units people read. */
export function summarizeModel(manifest: ModelManifest): ModelSummary {
  const { id, name, version, license, description, sampleRate, hopSamples } = manifest;
  return {
    id,
    name,
    version,
    license,
    description,
    sampleRateHz: sampleRate,
    hopMs: samplesToMs(hopSamples, sampleRate),
    algorithmicLatencyMs: samplesToMs(manifest.algorithmicLatencySamples, sampleRate),
    quantizers: manifest.quantizers.map((quantizer) => ({
      id: quantizer.id,
      family: quantizer.family,
      label: quantizer.label,
      maxCodebooks: quantizer.maxCodebooks,
      bitsPerCodebook: quantizer.bitsPerCodebook,
      kbpsMax: quantizerKbps(manifest, quantizer),
      params: quantizer.params,
      macsPerSecond: (quantizer.macsPerHop * sampleRate) / hopSamples,
    })),
  };
}

export interface ModelShelf {
  readonly summaries: readonly ModelSummary[];
  readonly problems: readonly Problem[];
}

/**
 * Describes every model in `folder`, in order of folder name. One that cannot be read becomes a problem and does
 * not hide the others; none at all is a problem too.
 */
export async function readModels(folder: string): Promise<ModelShelf> {
  const { models, problems } = await loadAll(folder);
  return { summaries: models.map(({ manifest }) => summarizeModel(manifest)), problems };
}

/**
 * The model in use.
 * @param id of its manifest, or the name of its folder; `null`: the last by folder name
 * @throws ResiduaError `MODEL_NOT_FOUND` with what there is, or what is wrong with it
 */
export async function chooseModel(folder: string, id: string | null): Promise<LoadedModel> {
  const { models, problems } = await loadAll(folder);
  const chosen =
    id === null
      ? models.at(-1)
      : (models.find(({ manifest }) => manifest.id === id) ??
        models.find((model) => basename(model.folder) === id));
  if (chosen) return chosen;
  const [problem] = problems;
  if (models.length === 0 && problem) {
    throw new ResiduaError(problem.code, problem.message, { hint: problem.hint ?? INSTALL });
  }
  throw new ResiduaError('MODEL_NOT_FOUND', `There is no model "${id}" in ${folder}`, {
    hint: `Choose one of: ${models.map(({ manifest }) => manifest.id).join(', ')}.`,
  });
}

/** What a model starts with: its first quantizer that codes. */
export function defaultQuantizer({ quantizers }: ModelManifest): QuantizerEntry {
  return quantizers.find((entry) => !isContinuous(entry)) ?? quantizers[0]!;
}

const INSTALL = 'Choose another model folder in the settings, or install Residua again.';

async function loadAll(
  folder: string,
): Promise<{ models: readonly LoadedModel[]; problems: readonly Problem[] }> {
  const models: LoadedModel[] = [];
  const problems: Problem[] = [];
  const folders = await findModelFolders(folder).catch((error: unknown): string[] => {
    problems.push(toProblem(error));
    return [];
  });
  // One model folder is accepted too: it is what people point at first.
  if (folders.length === 0 && (await isFile(join(folder, 'manifest.json')))) folders.push(folder);
  for (const one of folders) {
    try {
      models.push(await loadModel(one));
    } catch (error) {
      problems.push(toProblem(error));
    }
  }
  if (folders.length === 0 && problems.length === 0) {
    problems.push({
      code: 'MODEL_NOT_FOUND',
      message: `There is no model in ${folder}`,
      hint: INSTALL,
    });
  }
  return { models, problems };
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
