import { join } from 'node:path';

/** Where a study keeps things, all below one root: the project, or a folder of a test. */
export interface StudyPaths {
  root: string;
  /** Committed: one file per run. */
  result(id: string): string;
  /** Committed: figures and the table of all numbers. */
  figures: string;
  csv: string;
  /** What the app shows of it. */
  app: string;
  /** Local: the config as trained, what it was made for, and what each stage printed. */
  config(id: string): string;
  state(id: string): string;
  log(id: string, stage: string): string;
  lock(id: string): string;
  checkpoint(id: string): string;
  runLog(id: string): string;
  /** Exported model. */
  model(id: string): string;
}

export function studyPaths(root: string): StudyPaths {
  const training = join(root, 'training');
  const local = join(training, 'runs', 'study');
  return {
    root,
    result: (id) => join(training, 'study', 'results', `${id}.json`),
    figures: join(training, 'study', 'figures'),
    csv: join(training, 'study', 'study.csv'),
    app: join(root, 'resources', 'study.json'),
    config: (id) => join(local, `${id}.json`),
    state: (id) => join(local, `${id}.state.json`),
    lock: (id) => join(local, `${id}.lock`),
    log: (id, stage) => join(local, `${id}.${stage}.log`),
    checkpoint: (id) => join(training, 'checkpoints', `study-${id}`),
    runLog: (id) => join(training, 'runs', `study-${id}`, 'log.jsonl'),
    model: (id) => join(training, 'study-models', id),
  };
}
