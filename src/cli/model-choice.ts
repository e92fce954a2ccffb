import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findModelFolders, loadModel, type LoadedModel } from '../codec/model-folder.ts';
import { ResiduaError, UsageError } from '../common/errors.ts';

export interface ModelSelection {
  /** Folder of model folders, or one model folder. Default: the models of this package. */
  models?: string;
  /** Model id; default: the last by name. */
  model?: string;
}

/** `models/` of this package. */
export const PACKAGED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** @throws ResiduaError MODEL_NOT_FOUND where the folder holds no model */
export async function listModelFolders(models: string = PACKAGED_MODELS): Promise<string[]> {
  const folders = await findModelFolders(models);
  if (folders.length > 0) return folders;
  // One model folder is accepted too: it is what people point at first.
  if (await isFile(join(models, 'manifest.json'))) return [models];
  throw new ResiduaError('MODEL_NOT_FOUND', `${models}: no model folder with a manifest.json`, {
    hint: 'Name a folder that holds model folders with --models.',
  });
}

export async function selectModel(selection: ModelSelection): Promise<LoadedModel> {
  const { models, model } = selection;
  const folders = await listModelFolders(models);
  if (model === undefined) return loadModel(folders.at(-1)!);
  const direct = folders.find((folder) => basename(folder) === model);
  if (direct !== undefined) return loadModel(direct);
  const ids: string[] = [];
  for (const folder of folders) {
    const loaded = await loadModel(folder);
    if (loaded.manifest.id === model) return loaded;
    ids.push(loaded.manifest.id);
  }
  throw new UsageError(`there is no model '${model}'`, {
    hint: `Choose one of: ${ids.join(', ')}.`,
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
