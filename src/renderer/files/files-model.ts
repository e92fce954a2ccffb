import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Job } from '../../ipc/app/jobs.ts';
import type { FileOptions } from '../../ipc/app/settings.ts';
import type { Problem } from '../../ipc/messages.ts';
import type { AppClient } from '../client/app-client.ts';
import type { Dropped } from '../listen/dropped.ts';
import { uploadFile, uploadObstacle } from '../listen/upload.ts';
import { describeError } from '../store/describe-error.ts';

/** Why a file never became a job; the words for it are the window's. */
export type Obstacle = 'folder' | 'empty' | 'too-large' | 'unreadable' | 'no-file';

/** A row that the app does not know of, or not yet: a file on its way to it, or one that cannot go. */
export interface LocalRow {
  readonly id: string;
  readonly name: string;
  readonly options: FileOptions;
  readonly state: 'waiting' | 'uploading' | 'cancelled' | 'refused';
  /** 0..1. */
  readonly progress: number;
  /** Why it was refused: one of ours, or what the app said. */
  readonly obstacle: Obstacle | null;
  readonly problem: Problem | null;
  readonly file: File | null;
}

export interface FilesState {
  /** In the order they were added. */
  readonly jobs: readonly Job[];
  /** Likewise; shown behind the jobs. */
  readonly local: readonly LocalRow[];
  /** Why the queue could not be read. */
  readonly problem: Problem | null;
}

/** More in one message the contract does not allow. */
const MOST_SOURCES = 1000;

/**
 * The queue of files as the app has it, and what is on its way there. In the desktop app files go by their path; a
 * browser sends them, one after the other. It outlives the view: files are sent on while another one is shown.
 */
export class FilesModel {
  readonly state: StoreApi<FilesState> = createStore<FilesState>(() => ({
    jobs: [],
    local: [],
    problem: null,
  }));
  readonly #client: AppClient;
  readonly #aborts = new Map<string, AbortController>();
  #nextId = 0;
  #isSending = false;

  constructor(client: AppClient) {
    this.#client = client;
    client.on('job', ({ job }) => this.#merge([job]));
    client.on('job-removed', ({ id }) => {
      const { jobs } = this.state.getState();
      this.state.setState({ jobs: jobs.filter((job) => job.id !== id) });
    });
  }

  /** Reads the queue anew. */
  async load(): Promise<void> {
    try {
      this.state.setState({ jobs: await this.#client.call('jobs.list', null), problem: null });
    } catch (error) {
      this.state.setState({ problem: describeError(error) });
    }
  }

  /** @param options of all of them, as they are now */
  add(dropped: readonly Dropped[], options: FileOptions): void {
    const paths: { readonly path: string; readonly file: File }[] = [];
    const rows: LocalRow[] = [];
    for (const item of dropped) {
      if (!('file' in item)) {
        rows.push(this.#row(item.name, options, null, item.obstacle));
        continue;
      }
      const { file } = item;
      const path = this.#client.pathOf(file);
      if (path !== null) paths.push({ path, file });
      else rows.push(this.#row(file.name, options, file, uploadObstacle(file)));
    }
    if (rows.length > 0) this.#setLocal([...this.state.getState().local, ...rows]);
    void this.#addPaths(paths, options);
    void this.#sendAll();
  }

  /** Stops a row of either kind. */
  async cancel(id: string): Promise<void> {
    if (!this.#isLocal(id)) {
      await this.#client.call('jobs.cancel', { id });
      return;
    }
    this.#change(id, { state: 'cancelled' });
    this.#aborts.get(id)?.abort();
  }

  async retry(id: string): Promise<void> {
    if (!this.#isLocal(id)) {
      await this.#client.call('jobs.retry', { id });
      return;
    }
    this.#change(id, { state: 'waiting', progress: 0, obstacle: null, problem: null });
    void this.#sendAll();
  }

  async remove(id: string): Promise<void> {
    if (!this.#isLocal(id)) {
      await this.#client.call('jobs.remove', { id });
      return;
    }
    this.#aborts.get(id)?.abort();
    this.#setLocal(this.state.getState().local.filter((row) => row.id !== id));
  }

  /** Everything that is waiting or at work. */
  async cancelAll(): Promise<void> {
    const { jobs, local } = this.state.getState();
    // The last first: otherwise each one that stops lets the next one begin.
    const ids = [...jobs, ...local]
      .filter(({ state }) => isBusy(state))
      .map(({ id }) => id)
      .reverse();
    for (const id of ids) await this.cancel(id);
  }

  /** Takes everything off the list that is not waiting or at work; results stay. */
  async clearFinished(): Promise<void> {
    const { jobs, local } = this.state.getState();
    const ids = [...jobs, ...local].filter(({ state }) => !isBusy(state)).map(({ id }) => id);
    for (const id of ids) await this.remove(id);
  }

  #row(name: string, options: FileOptions, file: File | null, obstacle: Obstacle | null): LocalRow {
    return {
      id: `local-${this.#nextId++}`,
      name,
      options,
      file,
      state: obstacle === null ? 'waiting' : 'refused',
      progress: 0,
      obstacle,
      problem: null,
    };
  }

  async #addPaths(
    paths: readonly { readonly path: string; readonly file: File }[],
    options: FileOptions,
  ): Promise<void> {
    for (let i = 0; i < paths.length; i += MOST_SOURCES) {
      const some = paths.slice(i, i + MOST_SOURCES);
      try {
        const sources = some.map(({ path }) => ({ path }));
        this.#merge(await this.#client.call('jobs.add', { sources, options }));
      } catch (error) {
        const problem = describeError(error);
        const rows = some.map(({ file }): LocalRow => ({
          ...this.#row(file.name, options, null, null),
          state: 'refused',
          problem,
        }));
        this.#setLocal([...this.state.getState().local, ...rows]);
      }
    }
  }

  /** One file after the other: side by side they would only wait for each other. */
  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    holdPage(true);
    for (;;) {
      const next = this.state.getState().local.find(({ state }) => state === 'waiting');
      if (next === undefined) break;
      await this.#send(next);
    }
    this.#isSending = false;
    holdPage(false);
  }

  async #send({ id, file, options }: LocalRow): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#change(id, { state: 'uploading' });
    try {
      const upload = await uploadFile(this.#client, file!, {
        signal: abort.signal,
        onProgress: (progress) => this.#change(id, { progress }),
      });
      const jobs = await this.#client.call('jobs.add', { sources: [{ upload }], options });
      this.#setLocal(this.state.getState().local.filter((row) => row.id !== id));
      this.#merge(jobs);
    } catch (error) {
      if (abort.signal.aborted) this.#change(id, { state: 'cancelled' });
      else if (error instanceof DOMException) {
        this.#change(id, { state: 'refused', obstacle: 'unreadable' });
      } else this.#change(id, { state: 'refused', problem: describeError(error) });
    } finally {
      this.#aborts.delete(id);
    }
  }

  #merge(changed: readonly Job[]): void {
    const jobs = [...this.state.getState().jobs];
    for (const job of changed) {
      const at = jobs.findIndex(({ id }) => id === job.id);
      if (at === -1) jobs.push(job);
      else jobs[at] = job;
    }
    this.state.setState({ jobs });
  }

  #isLocal(id: string): boolean {
    return this.state.getState().local.some((row) => row.id === id);
  }

  #change(id: string, change: Partial<LocalRow>): void {
    const { local } = this.state.getState();
    this.#setLocal(local.map((row) => (row.id === id ? { ...row, ...change } : row)));
  }

  #setLocal(local: readonly LocalRow[]): void {
    this.state.setState({ local });
  }
}

/** @returns whether something is still to happen with a row */
export const isBusy = (state: Job['state'] | LocalRow['state']): boolean =>
  state === 'waiting' || state === 'running' || state === 'uploading';

const askFirst = (event: Event): void => event.preventDefault();

/** A page that is closed while it sends a file loses it: the browser asks first. */
function holdPage(isHeld: boolean): void {
  if (typeof window === 'undefined') return;
  if (isHeld) window.addEventListener('beforeunload', askFirst);
  else window.removeEventListener('beforeunload', askFirst);
}

const models = new WeakMap<AppClient, FilesModel>();

/** The one of this window's app. */
export function filesModel(client: AppClient): FilesModel {
  let model = models.get(client);
  if (model === undefined) models.set(client, (model = new FilesModel(client)));
  return model;
}
