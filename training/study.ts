/**
 * The matched-bitrate study of quantizers: `npm run study`. Trains and measures every run of
 * training/configs/study.json, then writes training/RESULTS.md. What is finished is never done again.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodeOf, UsageError } from '../src/common/errors.ts';
import { errorLine } from './log/error-line.ts';
import { childRunner } from './study/command.ts';
import { Messages } from './study/messages.ts';
import { studyPaths } from './study/paths.ts';
import { loadPlan, type PlannedRun } from './study/plan.ts';
import { writeReport } from './study/report/report.ts';
import { readResult } from './study/result.ts';
import { needsTraining, runStudy, type RunOutcome, type StageChoice } from './study/runner.ts';
import { selectRuns } from './study/select.ts';
import { checkpointStep, totalSteps } from './study/train-stage.ts';

const HELP = `Train, measure and compare every quantizer of the study, then write training/RESULTS.md.

  npm run study -- [--only PATTERN,...] [--stage STAGE] [--force ID,...] [--list]

Resumes where an earlier call stopped; Ctrl-C leaves a checkpoint. What is finished stands in
training/study/results, one file per run, and is not done again unless its config changed.

  --only PATTERN,...  runs to work on: ids or groups (base, family, ablation, control), * for anything
  --stage STAGE       only this: train, measure, time (the time per hop again, all in a row) or report
  --force ID,...      begin these anew, also where they are finished or their config changed;
                      with --stage measure only their measurements
  --list              say what stands where, and do nothing
  --plan FILE         another plan (default training/configs/study.json)

Needs the recordings (RESIDUA_AUDIO=DIR stands in for ../shared/audio) except for --list and the report.
Exit status: 0 all done, 1 a run did not finish, 2 wrong usage, 130 and 143 stopped by a signal.
`;

const STAGES: readonly string[] = ['train', 'measure', 'time', 'report'];
const root = resolve(import.meta.dirname, '..');
const paths = studyPaths(root);

async function main(): Promise<void> {
  const { values } = parseOptions();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { stage = 'all' } = values;
  if (stage !== 'all' && !STAGES.includes(stage)) {
    throw new UsageError(`There is no stage "${stage}".`, { hint: `Choose ${STAGES.join(', ')}.` });
  }
  const planFile =
    values.plan === undefined
      ? join(root, 'training', 'configs', 'study.json')
      : resolve(values.plan);
  const runs = loadPlan(planFile);
  const everything = new Set(runs.map(({ id }) => id));
  const selected = values.only === undefined ? everything : selectRuns(runs, values.only);
  const force = values.force === undefined ? new Set<string>() : selectRuns(runs, values.force);
  for (const id of force) selected.add(id);
  if (values.list) {
    list(runs.filter(({ id }) => selected.has(id)));
    return;
  }
  if (stage !== 'report') {
    await work(runs, selected, force, stage as StageChoice, planFile);
  }
  if (stage === 'report' || stage === 'all') {
    for (const file of writeReport(root, runs)) log(`wrote ${file}`);
  }
}

async function work(
  runs: readonly PlannedRun[],
  selected: ReadonlySet<string>,
  force: ReadonlySet<string>,
  stage: StageChoice,
  planFile: string,
): Promise<void> {
  // Loads TensorFlow, which a report can do without.
  const { validatePlan } = await import('./study/validate.ts');
  const toTrain = runs.filter((run) => force.has(run.id) || needsTraining(run, paths));
  validatePlan(runs, planFile, root, stage === 'measure' || stage === 'time' ? [] : toTrain);

  const stopping = new AbortController();
  let signalled = 0;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (signalled++ === 0) log('stopping; the checkpoint is being saved');
      process.exitCode = code;
      stopping.abort();
    });
  }
  const messages = new Messages((line) => process.stderr.write(`${line}\n`));
  const runCommand = childRunner(root, (line) => messages.show(line));
  const outcomes = await runStudy({
    runs,
    selected,
    force,
    stage,
    paths,
    runCommand,
    stop: stopping.signal,
    say: log,
  });
  summarise(outcomes);
  if (messages.skipped > 0) log(`${messages.skipped} recordings could not be read, see above`);
  const unfinished = outcomes.some(({ status }) => !finished(status, stage));
  if (unfinished && signalled === 0) process.exitCode = 1;
}

function finished(status: RunOutcome['status'], stage: StageChoice): boolean {
  return status === 'done' || status === 'collapsed' || (stage === 'train' && status === 'trained');
}

function summarise(outcomes: readonly RunOutcome[]): void {
  const width = Math.max(...outcomes.map(({ id }) => id.length));
  for (const { id, status, reason, skipped } of outcomes) {
    const note = skipped ? ' (before)' : '';
    log(`  ${id.padEnd(width)}  ${status}${note}${reason === undefined ? '' : `: ${reason}`}`);
  }
}

function list(runs: readonly PlannedRun[]): void {
  for (const run of runs) {
    const { id, group, rates, about, configHash, startsFrom } = run;
    const result = readResult(paths.result(id));
    const step = checkpointStep(paths, id);
    const begun = step === undefined ? 'to do' : `at step ${step} of ${totalSteps(run)}`;
    let status: string = result?.status ?? begun;
    if (result !== undefined && result.configHash !== configHash)
      status += ', config changed since';
    const after = startsFrom.length === 0 ? '' : `, after ${startsFrom.join(', ')}`;
    const measured = rates.length === 0 ? '' : `, codebooks ${rates.join(' ')}`;
    process.stdout.write(`${id}  [${group}${after}${measured}]  ${status}\n    ${about}\n`);
  }
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        stage: { type: 'string' },
        force: { type: 'string' },
        plan: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { hint: 'See npm run study -- --help.' });
  }
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
