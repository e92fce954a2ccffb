import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryName } from '../../audio/atomic-file.ts';
import { ResiduaError, UsageError } from '../../common/errors.ts';
import type { AppArgument } from '../../ipc/app/app-protocol.ts';
import type { FileSource, Job } from '../../ipc/app/jobs.ts';
import type { Transfer } from '../../ipc/app/media.ts';
import type { FileOptions, Settings } from '../../ipc/app/settings.ts';
import type { Emit } from '../handlers.ts';
import type { Transfers } from '../transfers/transfers.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { WorkPool } from '../work/pool.ts';
import { fileOf, removeFile, type JobFile } from './job-file.ts';
import { jobProblem } from './job-problem.ts';
import { figuresOf } from './job-progress.ts';

export interface JobQueueOptions {
  readonly pool: WorkPool;
  readonly uploads: Uploads;
  readonly transfers: Transfers;
  readonly emit: Emit;
  readonly settings: () => Settings;
  readonly modelFolder: () => Promise<string>;
  /** Holds results of files that were sent. */
  readonly workFolder: () => Promise<string>;
  readonly takesPaths: boolean;
  readonly reveal?: (path: string) => Promise<void>;
}

interface Entry {
  job: Job;
  readonly file: JobFile;
  /** Why there is no file; it stays so, however often it is tried again. */
  readonly refusal: Error | undefined;
  /** Of the run now waiting or running. */
  run: AbortController | undefined;
  /** Resolves when that run has left nothing to do. */
  ended: Promise<void>;
  /** Where the result lies, wherever that is. */
  result: string | null;
}

/** More than anybody drops; the list is sent to the window as a whole. */
const MAX_JOBS = 5000;

/** Files to clean, several at once. What is wrong with one is said of that one. */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #entries = new Map<string, Entry>();
  #made = 0;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  list(): Job[] {
    return [...this.#entries.values()].map(({ job }) => job);
  }

  /** @throws UsageError `JOBS_LIMIT`. A source that is wrong becomes a job that has failed */
  add({ sources, options }: AppArgument<'jobs.add'>): Job[] {
    if (this.#entries.size + sources.length > MAX_JOBS) {
      throw new UsageError(`there are ${MAX_JOBS} files at most in the list`, {
        code: 'JOBS_LIMIT',
        hint: 'Take finished ones off it first.',
      });
    }
    return sources.map((source) => this.#addOne(source, options));
  }

  /** Nothing happens to one that has ended. */
  async cancel(id: string): Promise<void> {
    const entry = this.#find(id);
    entry.run?.abort();
    await entry.ended;
  }

  /** @throws UsageError `JOB_STATE` for one that neither failed nor was cancelled */
  retry(id: string): void {
    const entry = this.#find(id);
    if (entry.job.state !== 'failed' && entry.job.state !== 'cancelled') {
      throw new UsageError(`${entry.job.name} has not failed`, { code: 'JOB_STATE' });
    }
    this.#start(entry);
  }

  async remove(id: string): Promise<void> {
    const entry = this.#find(id);
    this.#entries.delete(id);
    entry.run?.abort();
    this.#options.emit({ type: 'job-removed', id });
    await entry.ended;
    await entry.file.release();
    if (entry.file.folder === null) await removeFile(entry.result);
  }

  /** @throws UsageError `JOB_STATE`; ResiduaError `NO_FILE_MANAGER` */
  async reveal(id: string): Promise<void> {
    const { output, name } = this.#find(id).job;
    if (output === null) throw noResult(name);
    if (!this.#options.reveal) {
      throw new ResiduaError('NO_FILE_MANAGER', 'files cannot be shown here', { hint: output });
    }
    await this.#options.reveal(output);
  }

  fetch(id: string): Promise<Transfer> {
    const path = this.file(id, 'after');
    const name = path.slice(dirname(path).length + 1);
    return this.#options.transfers.offer({ path, name, mimeType: 'audio/wav', isTemporary: false });
  }

  /**
   * The file of a job's sound.
   * @throws UsageError `JOB_UNKNOWN`, `JOB_STATE` before there is a result
   */
  file(id: string, which: 'before' | 'after'): string {
    const { file, result, job } = this.#find(id);
    if (which === 'before') return file.path;
    if (result === null) throw noResult(job.name);
    return result;
  }

  /** Waits for what is being ended; the pool must be closed first. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    for (const { run } of entries) run?.abort();
    await Promise.all(entries.map(({ ended }) => ended));
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry) return entry;
    throw new UsageError(`there is no file '${id}' in the list`, { code: 'JOB_UNKNOWN' });
  }

  #addOne(source: FileSource, options: FileOptions): Job {
    const id = `job-${++this.#made}`;
    let file: JobFile;
    let refusal: Error | undefined;
    try {
      file = fileOf(source, this.#options.uploads, this.#options.takesPaths);
    } catch (error) {
      const name = 'path' in source ? source.path : source.upload;
      file = { path: '', name, stem: name, folder: null, release: async () => undefined };
      refusal = error as Error;
    }
    const entry: Entry = {
      job: {
        id,
        name: file.name,
        options,
        state: 'waiting',
        progress: 0,
        secondsLeft: null,
        seconds: null,
        speed: null,
        kbps: null,
        output: null,
        problem: null,
      },
      file,
      refusal,
      run: undefined,
      ended: Promise.resolve(),
      result: null,
    };
    this.#entries.set(id, entry);
    this.#start(entry);
    return entry.job;
  }

  #start(entry: Entry): void {
    const run = new AbortController();
    entry.run = run;
    this.#change(entry, {
      state: 'waiting',
      progress: 0,
      secondsLeft: null,
      speed: null,
      problem: null,
    });
    entry.ended = this.#run(entry, run.signal)
      .catch((error: unknown) => {
        const figures = { secondsLeft: null, speed: null };
        if (run.signal.aborted)
          this.#change(entry, { ...figures, state: 'cancelled', progress: 0 });
        else {
          const problem = jobProblem(error, entry.file);
          this.#change(entry, { ...figures, state: 'failed', problem });
        }
      })
      .finally(() => {
        if (entry.run === run) entry.run = undefined;
      });
  }

  async #run(entry: Entry, signal: AbortSignal): Promise<void> {
    const { file, job, refusal } = entry;
    if (refusal) throw refusal;
    const { pool, settings, modelFolder } = this.#options;
    const folder = await this.#outputFolder(file, job.id);
    const temporary = temporaryName(join(folder, file.stem));
    const choice = { modelFolder: await modelFolder(), provider: settings().provider };
    const result = await pool.run(
      'clean',
      {
        ...choice,
        ...job.options,
        input: file.path,
        output: { folder, stem: file.stem, temporary },
      },
      {
        signal,
        temporaries: [temporary],
        onStart: () => this.#change(entry, { state: 'running' }),
        onProgress: (progress) => this.#change(entry, figuresOf(progress)),
      },
    );
    const { quantizer, codebooks, kbps, seconds, elapsedMs, output } = result;
    entry.result = output;
    this.#change(entry, {
      state: 'done',
      progress: 1,
      secondsLeft: 0,
      seconds,
      speed: elapsedMs > 0 ? seconds / (elapsedMs / 1000) : null,
      kbps,
      // What it was in the end: a default, or what a code stream says itself.
      options: { ...job.options, quantizer, codebooks: codebooks === 0 ? null : codebooks },
      output: file.folder === null ? null : output,
    });
  }

  /** Beside the input or where the settings say; results of files that were sent stay with the app. */
  async #outputFolder(file: JobFile, id: string): Promise<string> {
    if (file.folder !== null) return this.#options.settings().files.folder ?? file.folder;
    const folder = join(await this.#options.workFolder(), `result-${id}`);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  #change(entry: Entry, change: Partial<Job>): void {
    entry.job = { ...entry.job, ...change };
    if (this.#entries.get(entry.job.id) === entry) {
      this.#options.emit({ type: 'job', job: entry.job });
    }
  }
}

function noResult(name: string): UsageError {
  return new UsageError(`${name} has no result`, { code: 'JOB_STATE' });
}
