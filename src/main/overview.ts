import type { ModelManifest } from '../codec/manifest.ts';
import { quantizerKbps } from '../codec/manifest.ts';
import { findModelFolders, loadModel } from '../codec/model-folder.ts';
import { samplesToMs } from '../common/units.ts';
import { toProblem } from '../common/problem.ts';
import type { ModelSummary, Overview, Problem } from '../ipc/messages.ts';

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

/**
 * Describes every model below `modelsFolder`, in order of folder name. Reads manifests only. A model
 * that cannot be read becomes a problem and does not hide the others.
 */
export async function readOverview(modelsFolder: string, appVersion: string): Promise<Overview> {
  const models: ModelSummary[] = [];
  const problems: Problem[] = [];
  const folders = await findModelFolders(modelsFolder).catch((error: unknown) => {
    problems.push(toProblem(error));
    return [];
  });
  for (const folder of folders) {
    try {
      models.push(summarizeModel((await loadModel(folder)).manifest));
    } catch (error) {
      problems.push(toProblem(error));
    }
  }
  return { appVersion, models, problems };
}
