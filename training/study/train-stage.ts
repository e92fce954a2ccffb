/** Trains one run to its end, or goes on where it was stopped, and records what came of it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRunLog } from '../log/run-log.ts';
import { errorOf, type RunCommand } from './command.ts';
import { curveOf } from './curve.ts';
import { isObject, writeWhole } from './json.ts';
import type { StudyPaths } from './paths.ts';
import type { PlannedRun } from './plan.ts';
import { writeResult, type RunResult } from './result.ts';

export interface StageContext {
  paths: StudyPaths;
  runCommand: RunCommand;
  stop: AbortSignal;
  /** A line for people. */
  say(line: string): void;
}

/** @returns the result as written, or undefined when it was stopped before the end */
export async function train(
  run: PlannedRun,
  { paths, runCommand, stop, say }: StageContext,
): Promise<RunResult | undefined> {
  const total = totalSteps(run);
  const at = checkpointStep(paths, run.id);
  if (at === undefined || at < total) {
    writeWhole(paths.config(run.id), `${JSON.stringify(run.config, null, 2)}\n`);
    writeWhole(paths.state(run.id), `${JSON.stringify({ configHash: run.configHash })}\n`);
    say(
      at === undefined ? `training, ${total} steps` : `training goes on at step ${at} of ${total}`,
    );
    const outcome = await runCommand(
      {
        stage: 'train',
        run: run.id,
        args: [
          '--import',
          'tsx',
          'training/train.ts',
          '--config',
          paths.config(run.id),
          '--resume',
        ],
        log: paths.log(run.id, 'train'),
      },
      stop,
    );
    if (stop.aborted) return undefined;
    const error = errorOf(outcome);
    const reached = checkpointStep(paths, run.id) ?? 0;
    if (error !== undefined || reached < total) {
      const status = error?.code === 'DIVERGED' ? 'diverged' : 'failed';
      const reason = error?.message ?? `training ended at step ${reached} of ${total}`;
      return record(run, paths, status, reason);
    }
  }
  return record(run, paths, 'trained');
}

function record(
  run: PlannedRun,
  paths: StudyPaths,
  status: 'trained' | 'diverged' | 'failed',
  reason?: string,
): RunResult {
  const log = readRunLog(paths.runLog(run.id));
  const heard = log.flatMap(({ audioSeconds }) => audioSeconds ?? []);
  const before = heard[0] ?? 0;
  const result: RunResult = {
    id: run.id,
    configHash: run.configHash,
    status,
    ...(reason === undefined ? {} : { reason }),
    steps: Math.max(checkpointStep(paths, run.id) ?? 0, log.at(-1)?.step ?? 0),
    audioHours: hours(Math.max(0, ...heard) - before),
    audioHoursBefore: hours(before),
    wallSeconds: Math.round(log.at(-1)?.seconds ?? 0),
    curve: curveOf(log),
    rates: [],
  };
  writeResult(paths.result(run.id), result);
  return result;
}

function hours(seconds: number): number {
  return Math.round(seconds / 3.6) / 1000;
}

export function totalSteps({ config }: PlannedRun): number {
  const { optimizer } = config;
  return isObject(optimizer) ? Number(optimizer['totalSteps']) : 0;
}

/** Steps in the run's checkpoint; undefined when it has none. */
export function checkpointStep(paths: StudyPaths, id: string): number | undefined {
  const file = join(paths.checkpoint(id), 'checkpoint.json');
  if (!existsSync(file)) return undefined;
  try {
    const step = Number((JSON.parse(readFileSync(file, 'utf8')) as { step?: unknown }).step);
    return Number.isInteger(step) ? step : undefined;
  } catch {
    return undefined;
  }
}

/** Which config a checkpoint here was made with; undefined when the study did not make it. */
export function trainedHash(paths: StudyPaths, id: string): string | undefined {
  const file = paths.state(id);
  if (!existsSync(file)) return undefined;
  try {
    const { configHash } = JSON.parse(readFileSync(file, 'utf8')) as { configHash?: unknown };
    return typeof configHash === 'string' ? configHash : undefined;
  } catch {
    return undefined;
  }
}

/** Removes everything of a run, so that it starts from nothing. */
export function discard(paths: StudyPaths, id: string): void {
  // The checkpoint goes last: until then the run counts as begun, and is discarded again.
  rmSync(paths.result(id), { force: true });
  rmSync(paths.model(id), { recursive: true, force: true });
  rmSync(paths.runLog(id), { force: true });
  for (const suffix of ['', '.new', '.old']) {
    rmSync(`${paths.checkpoint(id)}${suffix}`, { recursive: true, force: true });
  }
  rmSync(paths.state(id), { force: true });
}
