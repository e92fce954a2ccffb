import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as cli } from '../../../test/cli/run-cli.ts';
import { tone, writeWav } from '../../../test/fixtures/sound-files.ts';
import { readAudio } from '../../audio/open-audio.ts';
import { WorkPool, type PoolOptions } from './pool.ts';
import type { CleanRequest } from './tasks.ts';

const MODEL = fileURLToPath(new URL('../../../test/fixtures/tiny-model', import.meta.url));
const MODELS = fileURLToPath(new URL('../../../test/fixtures', import.meta.url));

let root: string;
let folder: string;
let count = 0;
let pool: WorkPool;
/** On a machine that is busy with everything else, a process of low priority takes long to start. */
const START_MS = 150_000;
vi.setConfig({ testTimeout: 200_000 });

/** A file that keeps a process busy until the test is over. */
let long: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-pool-'));
  long = await writeWav(join(root, 'long.wav'), [tone(1800)]);
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
});
afterEach(() => pool.close());

const open = (options: PoolOptions = {}): WorkPool => (pool = new WorkPool(options));
const request = (input: string, change: Partial<CleanRequest> = {}): CleanRequest => ({
  input,
  mix: 1,
  modelFolder: MODEL,
  quantizer: 'rvq',
  codebooks: null,
  provider: 'auto',
  output: { folder, stem: 'out', temporary: join(folder, `.${Math.random()}.part`) },
  ...change,
});
/** The task has opened its output. */
const atWork = (input: CleanRequest): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await readdir(folder)).some((name) => join(folder, name) === input.output.temporary)) {
        throw new Error('not yet');
      }
    },
    { timeout: START_MS, interval: 20 },
  );

describe('worker processes', () => {
  it('clean a recording as `residua denoise` does, and never overwrite', async () => {
    open();
    const input = await writeWav(join(folder, 'in.wav'), [tone(1.2), tone(1.2, 16_000, 700)]);
    const result = await pool.run('clean', request(input, { codebooks: 2, mix: 0.75 }));
    expect(result).toEqual({
      output: join(folder, 'out.rvq.wav'),
      quantizer: 'rvq',
      codebooks: 2,
      kbps: 0.8,
      seconds: 1.2,
      elapsedMs: expect.any(Number),
    });
    const expected = join(folder, 'cli.wav');
    const args = ['-q', 'rvq', '--codebooks', '2', '--mix', '0.75', '--models', MODELS];
    expect((await cli('denoise', input, '-o', expected, ...args)).code).toBe(0);
    expect(await readFile(result.output)).toEqual(await readFile(expected));

    const again = await Promise.all([
      pool.run('clean', request(input)),
      pool.run('clean', request(input)),
    ]);
    const names = again.map(({ output }) => output).sort();
    expect(names).toEqual(
      [join(folder, 'out.rvq (2).wav'), join(folder, 'out.rvq (3).wav')].sort(),
    );
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await readFile(result.output)).toEqual(await readFile(expected));
  });

  it('decode a code stream whatever quantizer is asked for', async () => {
    open();
    const input = await writeWav(join(folder, 'in.wav'), [tone(1)]);
    const stream = join(folder, 'in.rsd');
    await cli('encode', input, '-o', stream, '-q', 'rvq', '--codebooks', '1', '--models', MODELS);
    const expected = join(folder, 'cli.wav');
    await cli('decode', stream, '-o', expected, '--models', MODELS);
    const result = await pool.run('clean', request(stream, { quantizer: 'none' }));
    expect(result).toMatchObject({ quantizer: 'rvq', codebooks: 1, seconds: 1 });
    expect(await readFile(result.output)).toEqual(await readFile(expected));
  });

  it('a crash costs its own task, leaves nothing behind, and the next one runs', async () => {
    open({ processes: 1 });
    const first = request(long);
    const dying = pool.run('clean', first, { temporaries: [first.output.temporary] });
    dying.catch(() => undefined);
    await atWork(first);
    process.kill(pool.pids[0]!, 'SIGKILL');
    await expect(dying).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(await readdir(folder)).toEqual([]);
    const input = await writeWav(join(folder, 'in.wav'), [tone(0.2)]);
    await expect(pool.run('clean', request(input))).resolves.toMatchObject({ seconds: 0.2 });
  });

  it('cancelling ends a task at once, and one that waits never begins', async () => {
    open({ processes: 1 });
    const stop = new AbortController();
    const first = request(long);
    const running = pool.run('clean', first, { signal: stop.signal });
    running.catch(() => undefined);
    await atWork(first);
    const never = new AbortController();
    const onStart = vi.fn();
    const waiting = pool.run('clean', request(long), { signal: never.signal, onStart });
    never.abort(new Error('not this one'));
    await expect(waiting).rejects.toThrow('not this one');
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
    expect(onStart).not.toHaveBeenCalled();
    // The process was not lost over it.
    expect(pool.pids).toHaveLength(1);
    await expect(
      pool.run('clean', request(long), { signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late');
  });

  it('a process that hears nothing any more is killed when its task is cancelled', async () => {
    open({ processes: 1 });
    const stop = new AbortController();
    const first = request(long);
    const { temporary } = first.output;
    const running = pool.run('clean', first, { signal: stop.signal, temporaries: [temporary] });
    running.catch(() => undefined);
    await atWork(first);
    process.kill(pool.pids[0]!, 'SIGSTOP');
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
    expect(pool.pids).toEqual([]);
  });

  it('work on as many files at once as there are processes, and pictures besides', async () => {
    open({ processes: 2 });
    const stop = new AbortController();
    const requests = [request(long), request(long), request(long)];
    const started: number[] = [];
    const runs = requests.map((one, i) =>
      pool.run('clean', one, { signal: stop.signal, onStart: () => void started.push(i) }),
    );
    for (const one of runs) one.catch(() => undefined);
    await Promise.all([atWork(requests[0]!), atWork(requests[1]!)]);
    expect(started).toEqual([0, 1]);
    const input = await writeWav(join(folder, 'in.wav'), [tone(0.5)]);
    const peaks = await pool.run('peaks', { path: input, buckets: 4 });
    expect(peaks).toHaveLength(4);
    for (const peak of peaks) expect(peak).toBeCloseTo(0.5, 2);
    stop.abort();
    await Promise.allSettled(runs);
    expect(started).toEqual([0, 1]);
  });

  it('end when they have had nothing to do for a while', async () => {
    open({ idleMs: 50 });
    const input = await writeWav(join(folder, 'in.wav'), [tone(0.2)]);
    await pool.run('peaks', { path: input, buckets: 4 });
    expect(pool.pids).toHaveLength(1);
    await vi.waitFor(() => expect(pool.pids).toEqual([]), { timeout: START_MS });
    await expect(pool.run('peaks', { path: input, buckets: 4 })).resolves.toHaveLength(4);
  });

  it('closing ends what runs and what waits, and leaves nothing behind', async () => {
    open({ processes: 1 });
    const first = request(long);
    const { temporary } = first.output;
    const running = pool.run('clean', first, { temporaries: [temporary] });
    const waiting = pool.run('clean', request(long));
    const both = Promise.all([
      expect(running).rejects.toMatchObject({ code: 'APP_CLOSED' }),
      expect(waiting).rejects.toMatchObject({ code: 'APP_CLOSED' }),
    ]);
    await atWork(first);
    await pool.close();
    await both;
    expect(await readdir(folder)).toEqual([]);
    await expect(pool.run('clean', first)).rejects.toMatchObject({ code: 'APP_CLOSED' });
  });

  it('say what is wrong with an input, a choice, a model', async () => {
    open();
    const input = await writeWav(join(folder, 'in.wav'), [tone(0.2)]);
    const failing = (change: Partial<CleanRequest>, path = input) =>
      expect(pool.run('clean', request(path, change))).rejects;
    await failing({ quantizer: 'what' }).toMatchObject({ code: 'QUANTIZER_UNKNOWN', exitCode: 2 });
    await failing({ codebooks: 99 }).toMatchObject({ code: 'CODEBOOKS_RANGE' });
    await failing({ modelFolder: folder }).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await failing({}, join(folder, 'absent.wav')).toMatchObject({ code: 'AUDIO_NOT_FOUND' });
    await failing({}, folder).toMatchObject({ code: 'AUDIO_FORMAT' });
  });

  it('a program that cannot be started is a failure like any other', async () => {
    open({ entry: new URL('./absent.mjs', import.meta.url) });
    await expect(pool.run('clean', request(long))).rejects.toMatchObject({ code: 'WORKER_DIED' });
  });

  it('write FLAC and mono WAV', async () => {
    open();
    const input = await writeWav(join(folder, 'in.wav'), [tone(1), new Float32Array(16_000)]);
    const flac = join(folder, 'out.flac');
    await pool.run('flac', { input, output: { path: flac } });
    const [before, after] = await Promise.all([readAudio(input), readAudio(flac)]);
    expect(after.channels).toEqual(before.channels);
    const mono = join(folder, 'mono.wav');
    await pool.run('wav', { input: flac, output: { path: mono } });
    const mixed = await readAudio(mono);
    expect(mixed.channels).toHaveLength(1);
    expect(mixed.channels[0]![100]).toBeCloseTo(before.channels[0]![100]! / 2, 6);
  });
});
