import { describe, expect, it } from 'vitest';
import type { Job } from '../../ipc/app/jobs.ts';
import { FilesModel } from './files-model.ts';

const OPTIONS = { quantizer: 'rvq', codebooks: 4, mix: 1 };
const job = (id: string, change: Partial<Job> = {}): Job => ({
  id,
  name: `${id}.wav`,
  options: OPTIONS,
  state: 'waiting',
  progress: 0,
  secondsLeft: null,
  seconds: null,
  speed: null,
  kbps: null,
  output: null,
  problem: null,
  ...change,
});
const file = (name: string, bytes = 3) => new File([new Uint8Array(bytes)], name);
const huge = () => Object.defineProperty(file('film.wav'), 'size', { value: 3 * 2 ** 30 });

/** An app that takes what it is sent. @param paths whether files have any, as in the desktop app */
function app({ paths = false, refuse = null as Error | null } = {}) {
  const calls: [string, unknown][] = [];
  const listeners = new Map<string, (event: never) => void>();
  let jobs = 0;
  let hold: Promise<void> = Promise.resolve();
  const client = {
    on: (type: string, listener: (event: never) => void) => listeners.set(type, listener),
    pathOf: ({ name }: File) => (paths ? `/music/${name}` : null),
    async call(
      command: string,
      argument: { sources?: unknown[]; offset?: number; bytes?: Uint8Array },
    ) {
      calls.push([command, argument]);
      if (command === 'jobs.list') return [job('old', { state: 'done' })];
      if (command === 'upload.begin') return { id: `u${calls.length}` };
      if (command === 'upload.piece') {
        await hold;
        return argument.offset! + argument.bytes!.length;
      }
      if (command === 'jobs.add') {
        if (refuse !== null) throw refuse;
        return argument.sources!.map(() => job(`j${jobs++}`));
      }
      return null;
    },
  };
  const model = new FilesModel(client as never);
  return {
    model,
    calls,
    commands: () => calls.map(([command]) => command),
    emit: (type: string, event: object) => listeners.get(type)!(event as never),
    holdUploads: () => {
      let release = (): void => {};
      hold = new Promise((resolve) => (release = resolve));
      return release;
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, 10)),
    local: () =>
      model.state.getState().local.map(({ name, state, obstacle }) => [name, state, obstacle]),
    jobs: () => model.state.getState().jobs.map(({ id, state }) => [id, state]),
  };
}

describe('files in a browser', () => {
  it('are sent one after the other and become jobs', async () => {
    const a = app();
    a.model.add([{ file: file('a.wav') }, { file: file('b.wav') }], OPTIONS);
    expect(a.local()).toEqual([
      ['a.wav', 'uploading', null],
      ['b.wav', 'waiting', null],
    ]);
    await a.settle();
    expect(a.local()).toEqual([]);
    expect(a.jobs()).toEqual([
      ['j0', 'waiting'],
      ['j1', 'waiting'],
    ]);
    expect(a.commands()).toEqual([
      'upload.begin',
      'upload.piece',
      'jobs.add',
      'upload.begin',
      'upload.piece',
      'jobs.add',
    ]);
  });

  it('what cannot go is said at once, and nothing is sent', async () => {
    const a = app();
    a.model.add(
      [
        { name: 'takes', obstacle: 'folder' },
        { file: file('empty.wav', 0) },
        { file: huge() },
        { name: '', obstacle: 'no-file' },
      ],
      OPTIONS,
    );
    await a.settle();
    expect(a.local()).toEqual([
      ['takes', 'refused', 'folder'],
      ['empty.wav', 'refused', 'empty'],
      ['film.wav', 'refused', 'too-large'],
      ['', 'refused', 'no-file'],
    ]);
    expect(a.calls).toEqual([]);
  });

  it('a file that cannot be read does not stop the next one', async () => {
    const a = app();
    const gone = file('gone.wav');
    gone.slice = () => {
      throw new DOMException('gone', 'NotFoundError');
    };
    a.model.add([{ file: gone }, { file: file('b.wav') }], OPTIONS);
    await a.settle();
    expect(a.local()).toEqual([['gone.wav', 'refused', 'unreadable']]);
    expect(a.jobs()).toHaveLength(1);
  });

  it('what the app says of a file stands in its row, and it can be tried again', async () => {
    const refuse = Object.assign(new Error('no room'), { code: 'DISK_FULL', hint: 'Make room.' });
    const a = app({ refuse });
    a.model.add([{ file: file('a.wav') }], OPTIONS);
    await a.settle();
    const [row] = a.model.state.getState().local;
    expect(row!.problem).toEqual({ code: 'DISK_FULL', message: 'no room', hint: 'Make room.' });
    await a.model.retry(row!.id);
    await a.settle();
    expect(a.commands().filter((command) => command === 'jobs.add')).toHaveLength(2);
  });

  it('cancelled midway the upload is given up, the next one goes on, and retry sends it anew', async () => {
    const a = app();
    const release = a.holdUploads();
    a.model.add([{ file: file('a.wav') }, { file: file('b.wav') }], OPTIONS);
    await a.settle();
    await a.model.cancel(a.model.state.getState().local[0]!.id);
    release();
    await a.settle();
    expect(a.local()).toEqual([['a.wav', 'cancelled', null]]);
    expect(a.commands()).toContain('upload.cancel');
    expect(a.jobs()).toHaveLength(1);
    await a.model.retry(a.model.state.getState().local[0]!.id);
    await a.settle();
    expect(a.local()).toEqual([]);
    expect(a.jobs()).toHaveLength(2);
  });

  it('cancelled before its turn it is never sent', async () => {
    const a = app();
    const release = a.holdUploads();
    a.model.add([{ file: file('a.wav') }, { file: file('b.wav') }], OPTIONS);
    await a.model.cancel(a.model.state.getState().local[1]!.id);
    release();
    await a.settle();
    expect(a.commands().filter((command) => command === 'upload.begin')).toHaveLength(1);
  });
});

describe('files in the desktop app', () => {
  it('go by their path, all at once, however large', async () => {
    const a = app({ paths: true });
    a.model.add([{ file: huge() }, { file: file('b.wav') }], OPTIONS);
    await a.settle();
    expect(a.calls).toEqual([
      [
        'jobs.add',
        { sources: [{ path: '/music/film.wav' }, { path: '/music/b.wav' }], options: OPTIONS },
      ],
    ]);
  });

  it('more than the contract takes go in several messages', async () => {
    const a = app({ paths: true });
    a.model.add(
      Array.from({ length: 2001 }, (_, i) => ({ file: file(`${i}.wav`) })),
      OPTIONS,
    );
    await a.settle();
    expect(a.commands()).toEqual(['jobs.add', 'jobs.add', 'jobs.add']);
    expect(a.jobs()).toHaveLength(2001);
  });
});

describe('the queue', () => {
  it('follows the app', async () => {
    const a = app();
    await a.model.load();
    a.emit('job', { job: job('x') });
    a.emit('job', { job: job('x', { state: 'running', progress: 0.5 }) });
    expect(a.jobs()).toEqual([
      ['old', 'done'],
      ['x', 'running'],
    ]);
    a.emit('job-removed', { id: 'old' });
    a.emit('job-removed', { id: 'never there' });
    expect(a.jobs()).toEqual([['x', 'running']]);
  });

  it('is cancelled from the back, and cleared of what is finished', async () => {
    const a = app();
    for (const [id, state] of [
      ['a', 'done'],
      ['b', 'running'],
      ['c', 'waiting'],
      ['d', 'failed'],
    ] as const) {
      a.emit('job', { job: job(id, { state }) });
    }
    a.model.add([{ name: 'takes', obstacle: 'folder' }], OPTIONS);
    await a.model.cancelAll();
    await a.model.clearFinished();
    expect(a.calls).toEqual([
      ['jobs.cancel', { id: 'c' }],
      ['jobs.cancel', { id: 'b' }],
      ['jobs.remove', { id: 'a' }],
      ['jobs.remove', { id: 'd' }],
    ]);
    expect(a.local()).toEqual([]);
  });
});
