/** Model folders on disk: `manifest.json` and the graphs it names, checked by their SHA-256. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ResiduaError } from '../common/errors.ts';
import { parseManifest } from './manifest.ts';
import type { GraphEntry, ModelManifest } from './manifest.ts';

export interface LoadedModel {
  readonly folder: string;
  readonly manifest: ModelManifest;
  /**
   * Reads one graph and checks its size and SHA-256.
   * @throws ResiduaError `MODEL_NOT_FOUND` when the file is missing, `MODEL_HASH_MISMATCH` when it is
   * not the one the manifest was written for
   */
  readGraph(entry: GraphEntry): Promise<Uint8Array>;
}

/**
 * Reads the manifest only: graphs are read and checked when they are used.
 * @throws ResiduaError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `MODEL_VERSION`
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const path = join(folder, 'manifest.json');
  const text = await readOrExplain(path, `no model in ${folder}: manifest.json`);
  const manifest = parseManifest(text.toString('utf8'), path);
  return { folder, manifest, readGraph: (entry) => readGraph(folder, entry) };
}

/** Folders below `root` that hold a manifest, sorted by name; none when `root` does not exist. */
export async function findModelFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw new ResiduaError('MODEL_NOT_FOUND', `cannot list ${root}: ${errorCode(error)}`, {
      cause: error,
    });
  });
  const folders: string[] = [];
  for (const name of entries.map((e) => e.name).sort()) {
    const inside: string[] = await readdir(join(root, name)).catch(() => []);
    if (inside.includes('manifest.json')) folders.push(join(root, name));
  }
  return folders;
}

/** Reads every graph of a model. @throws as `readGraph` for the first one that is wrong. */
export async function verifyModel(model: LoadedModel): Promise<void> {
  for (const quantizer of model.manifest.quantizers) {
    await model.readGraph(quantizer.encoder);
    await model.readGraph(quantizer.decoder);
  }
}

async function readGraph(folder: string, entry: GraphEntry): Promise<Uint8Array> {
  const path = join(folder, entry.file);
  const bytes = await readOrExplain(path, `the model's graph ${path}`);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length === entry.bytes && hash === entry.sha256) return bytes;
  const what =
    bytes.length === entry.bytes
      ? 'has another SHA-256 than its manifest says'
      : `has ${bytes.length} bytes instead of ${entry.bytes}`;
  throw new ResiduaError('MODEL_HASH_MISMATCH', `${path} ${what}`, {
    hint: 'Install the model again.',
  });
}

async function readOrExplain(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = errorCode(cause);
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new ResiduaError('MODEL_NOT_FOUND', `${what} ${reason}`, {
      hint: 'Check the model folder, or install the model again.',
      cause,
    });
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
