/** Refuses a plan that cannot be carried out, before hours are spent on its first runs. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeError } from '../../src/common/errors.ts';
import { createQuantizer } from '../quantizers/index.ts';
import { parseTrainConfig, type TrainConfig } from '../trainer/config.ts';
import { checkpointsOf, invalid, type PlannedRun } from './plan.ts';

/**
 * Checks every run's config, its quantizer's cut of the latent, its rates, and the checkpoints it starts from.
 * @param root relative checkpoint paths start here
 * @param toTrain runs that will be trained: the checkpoints they start from must exist, or be made by the plan
 * @returns the parsed configs by run id
 * @throws ResiduaError PLAN_INVALID naming run and field
 */
export function validatePlan(
  runs: readonly PlannedRun[],
  source: string,
  root: string,
  toTrain: readonly PlannedRun[] = runs,
): Map<string, TrainConfig> {
  const configs = new Map<string, TrainConfig>();
  for (const run of runs) {
    const fail = (field: string, what: string): never => {
      throw invalid(source, `run "${run.id}" at "${field}": ${what}`);
    };
    const parsed = attempt(
      () => parseTrainConfig(run.config, `run "${run.id}"`),
      (what) => fail('config', what),
    );
    const { quantizer, model, seed, quantizerId, data } = parsed;
    if (data.prepared !== undefined && model.encoderSees !== 'denoised') {
      const why = `prepared batches hold what the denoiser made, but the encoder sees "${model.encoderSees}"`;
      fail('config.data.prepared', `${why}; null removes it`);
    }
    const { codebooks } = attempt(
      () => createQuantizer(quantizer, model, seed, quantizerId),
      (what) => fail('config.quantizer', what),
    );
    const highest = run.rates.at(-1) ?? 0;
    if (highest > codebooks) {
      fail('rates', `${highest} codebooks cannot be measured, the quantizer has ${codebooks}`);
    }
    if (codebooks > 0 && run.rates.length === 0) {
      fail('rates', 'name the numbers of codebooks to measure');
    }
    configs.set(run.id, parsed);
  }
  const made = new Set(runs.map(({ id }) => resolve(root, `training/checkpoints/study-${id}`)));
  for (const run of toTrain) {
    for (const path of checkpointsOf(run.config)) {
      const folder = resolve(root, path);
      if (made.has(folder) || existsSync(join(folder, 'checkpoint.json'))) continue;
      throw invalid(
        source,
        `run "${run.id}" at "config.init": there is no checkpoint in ${path}, and no run makes it`,
      );
    }
  }
  return configs;
}

function attempt<T>(work: () => T, onError: (what: string) => never): T {
  try {
    return work();
  } catch (error) {
    return onError(describeError(error));
  }
}
