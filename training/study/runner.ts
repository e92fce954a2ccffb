/** Carries a plan out, run by run, and says what became of each. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../src/common/errors.ts';
import { findMissingData } from './data-folders.ts';
import { takeLock } from './lock.ts';
import { measure, sameRates } from './measure-stage.ts';
import type { StudyPaths } from './paths.ts';
import type { PlannedRun } from './plan.ts';
import { isFinal, readResult, writeResult, type RunResult, type RunStatus } from './result.ts';
import {
  checkpointStep,
  discard,
  totalSteps,
  train,
  trainedHash,
  type StageContext,
} from './train-stage.ts';

/** all: train and measure; time: measure only the time per hop again, for all finished runs in a row. */
export type StageChoice = 'all' | 'train' | 'measure' | 'time';

export interface StudyOptions extends Omit<StageContext, 'say'> {
  runs: readonly PlannedRun[];
  /** Runs to work on. */
  selected: ReadonlySet<string>;
  /** Runs to begin anew: their training, or with stage `measure` their measurements. */
  force: ReadonlySet<string>;
  stage: StageChoice;
  say(line: string): void;
}

export interface RunOutcome {
  id: string;
  /**
   * The status of its result, or why there is none: `changed` its config is not the one it was trained with,
   * `waiting` something that it needs is missing, `stopped` by the person, `busy` in another process.
   */
  status: RunStatus | 'changed' | 'waiting' | 'stopped' | 'busy';
  reason?: string;
  /** It was finished before. */
  skipped?: boolean;
}

/** Whether a run still has to be trained: neither finished nor trained to its end here. */
export function needsTraining(run: PlannedRun, paths: StudyPaths): boolean {
  const result = readResult(paths.result(run.id));
  const same = result?.configHash === run.configHash;
  return !(same && result !== undefined && isFinal(result)) && !isTrainedHere(run, paths);
}

/** Works through the runs in order; a failure of one does not stop the others. */
export async function runStudy(options: StudyOptions): Promise<RunOutcome[]> {
  const { runs, selected, force, stage, paths, stop } = options;
  const chosen = runs.filter(({ id }) => selected.has(id));
  for (const { id } of chosen) {
    if (!force.has(id) || stage === 'time') continue;
    if (stage === 'measure') forgetMeasurements(paths, id);
    else discard(paths, id);
  }
  const missing = findMissingData(chosen.filter((run) => !isFinished(run, paths)));
  for (const { path, needed } of missing.values()) {
    options.say(`${path} is missing: ${needed.length} of the runs need it`);
  }
  const outcomes: RunOutcome[] = [];
  for (const run of chosen) {
    if (stop.aborted) {
      outcomes.push({ id: run.id, status: 'stopped' });
      continue;
    }
    const say = (line: string): void => options.say(`${run.id}: ${line}`);
    const lacking = [...missing.values()].find(({ needed }) => needed.includes(run.id))?.path;
    const outcome = await runOne(run, lacking, { ...options, say });
    if (outcome.status !== 'stopped' && outcome.skipped !== true) {
      say(outcome.reason === undefined ? outcome.status : `${outcome.status}: ${outcome.reason}`);
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runOne(
  run: PlannedRun,
  lacking: string | undefined,
  options: StudyOptions,
): Promise<RunOutcome> {
  const { id } = run;
  const release = takeLock(options.paths.lock(id));
  if (release === undefined) {
    return { id, status: 'busy', reason: 'another study process works on it' };
  }
  try {
    return await advance(run, lacking, options);
  } catch (error) {
    // Nothing is written: what there is of the run stays as it is.
    return { id, status: 'failed', reason: describeError(error) };
  } finally {
    release();
  }
}

async function advance(
  run: PlannedRun,
  lacking: string | undefined,
  options: StudyOptions,
): Promise<RunOutcome> {
  const { id } = run;
  const { paths, stage } = options;
  let result = readResult(paths.result(id));
  const known =
    result?.configHash ?? (hasCheckpoint(paths, id) ? trainedHash(paths, id) : run.configHash);
  if (known !== run.configHash) {
    const reason = `its config is not the one it was trained with; --force ${id} begins it anew`;
    return { id, status: 'changed', reason };
  }
  if (result !== undefined && isFinished(run, paths) && stage !== 'time') {
    return { ...outcomeOf(result), skipped: true };
  }
  if (lacking !== undefined) return { id, status: 'waiting', reason: `${lacking} is missing` };

  const measurable =
    result !== undefined &&
    result.status !== 'diverged' &&
    (isTrainedHere(run, paths) ? result.steps >= totalSteps(run) : isExported(paths, result));
  if (!measurable) {
    if (stage === 'measure' || stage === 'time') {
      return { id, status: 'waiting', reason: 'it is not trained, or its checkpoint is not here' };
    }
    if (result !== undefined && isFinal(result)) {
      const reason = `other rates are asked for, but its checkpoint is not here; --force ${id} trains it again`;
      return { id, status: 'waiting', reason };
    }
    const waiting = missingStart(run, options);
    if (waiting !== undefined) return { id, status: 'waiting', reason: waiting };
    result = await train(run, options);
    if (result === undefined) return { id, status: 'stopped' };
  }
  if (result === undefined || result.status === 'diverged' || stage === 'train') {
    return result === undefined ? { id, status: 'waiting' } : outcomeOf(result);
  }
  if (result.status === 'failed' && result.steps < totalSteps(run)) return outcomeOf(result);
  if (stage === 'time') {
    const { bench: _, ...rest } = result;
    result = rest;
  }
  const measured = await measure(run, result, options);
  return measured === undefined ? { id, status: 'stopped' } : outcomeOf(measured);
}

function outcomeOf({ id, status, reason }: RunResult): RunOutcome {
  return reason === undefined ? { id, status } : { id, status, reason };
}

/** Why the runs that this one starts from do not allow it to begin. */
function missingStart(run: PlannedRun, { runs, paths }: StudyOptions): string | undefined {
  for (const other of run.startsFrom) {
    const before = runs.find(({ id }) => id === other)!;
    const result = readResult(paths.result(other));
    if (result?.status === 'diverged') return `it starts from ${other}, which diverged`;
    if (!isTrainedHere(before, paths)) {
      return result !== undefined && isFinal(result)
        ? `it starts from ${other}, whose checkpoint is not here; --force ${other} trains it again`
        : `it starts from ${other}, which is not trained`;
    }
  }
  return undefined;
}

function isFinished(run: PlannedRun, paths: StudyPaths): boolean {
  const result = readResult(paths.result(run.id));
  if (result?.configHash !== run.configHash || !isFinal(result)) return false;
  return result.status === 'diverged' || sameRates(run, result);
}

function hasCheckpoint(paths: StudyPaths, id: string): boolean {
  return checkpointStep(paths, id) !== undefined;
}

function isTrainedHere(run: PlannedRun, paths: StudyPaths): boolean {
  const step = checkpointStep(paths, run.id);
  return (
    step !== undefined && step >= totalSteps(run) && trainedHash(paths, run.id) === run.configHash
  );
}

function isExported(paths: StudyPaths, { id, macsPerHop }: RunResult): boolean {
  return macsPerHop !== undefined && existsSync(join(paths.model(id), 'manifest.json'));
}

function forgetMeasurements(paths: StudyPaths, id: string): void {
  const result = readResult(paths.result(id));
  if (result === undefined || result.status === 'diverged') return;
  const { bench: _, macsPerHop: __, ...rest } = result;
  writeResult(paths.result(id), { ...rest, status: 'trained', rates: [] });
}
