import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as cli } from '../../test/cli/run-cli.ts';
import { tone, writeWav } from '../../test/fixtures/sound-files.ts';
import { readAudio } from '../audio/open-audio.ts';
import { siSdr } from '../metrics/index.ts';
import { appCommands, type AppEvent, type AppResult } from '../ipc/app/app-protocol.ts';
import type { Job } from '../ipc/app/jobs.ts';
import { MAX_PIECE_BYTES, type MediaRef } from '../ipc/app/media.ts';
import { DEFAULT_SETTINGS, type FileOptions, type Settings } from '../ipc/app/settings.ts';
import type { HandlersOf, WorkCommand, WorkContext, WorkServices } from './handlers.ts';
import { createWork } from './work-services.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
const MODEL = fixture('tiny-model');
/** On a machine that is busy with everything else, processes of low priority take long. */
const PATIENCE_MS = 150_000;
vi.setConfig({ testTimeout: 200_000 });

const OPTIONS: FileOptions = { quantizer: 'rvq', codebooks: null, mix: 1 };

let root: string;
let folder: string;
let temporary: string;
let count = 0;
/** One for all tests, as worker processes take a while to start. */
let work: WorkServices;
const events: AppEvent[] = [];
let settings: Settings;
let modelFolder: string;
let heard: Float32Array;
const reveal = vi.fn(async () => undefined);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residua-work-'));
  temporary = join(root, 'temporary');
  await mkdir(temporary);
  work = create();
});
afterAll(async () => {
  await work.close();
  expect(await readdir(temporary)).toEqual([]);
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
  settings = DEFAULT_SETTINGS;
  modelFolder = MODEL;
  heard = tone(2);
  events.length = 0;
});
afterEach(async () => {
  for (const { id } of await call('jobs.list', null)) await call('jobs.remove', { id });
});

function create(change: Partial<WorkContext> = {}): WorkServices {
  return createWork(
    {
      emit: (event) => events.push(event),
      settings: () => settings,
      modelFolder: async () => modelFolder,
      snapshot: async (seconds) => ({
        samples: heard.slice(-seconds * 16_000),
        sampleRateHz: 16_000,
      }),
      recordingFile: async (id, which) => join(folder, `${id}-${which}.wav`),
      resourcesFolder: fileURLToPath(new URL('../../resources', import.meta.url)),
      temporaryFolder: async () => temporary,
      takesPaths: true,
      reveal,
      ...change,
    },
    { processes: 2 },
  );
}

/** Carries a command out and checks the answer as the core does. */
async function call<C extends WorkCommand>(
  command: C,
  argument: Parameters<HandlersOf<WorkCommand>[C]>[0],
  services = work,
): Promise<AppResult<C>> {
  const { argument: shape, result } = appCommands[command];
  const handler = services.handlers[command] as (argument: unknown) => Promise<unknown>;
  return result.parse(await handler(shape.parse(argument))) as AppResult<C>;
}

async function upload(path: string, name = basename(path)): Promise<string> {
  const { size } = await stat(path);
  const { id } = await call('upload.begin', { name, bytes: size });
  let offset = 0;
  for await (const bytes of createReadStream(path, { highWaterMark: MAX_PIECE_BYTES })) {
    offset = await call('upload.piece', { id, offset, bytes: new Uint8Array(bytes as Buffer) });
  }
  expect(offset).toBe(size);
  return id;
}

const addPaths = (paths: string[], options = OPTIONS): Promise<Job[]> =>
  call('jobs.add', { sources: paths.map((path) => ({ path })), options });
async function jobOf(id: string): Promise<Job> {
  return (await call('jobs.list', null)).find((job) => job.id === id)!;
}
const settled = (id: string, timeout = PATIENCE_MS): Promise<Job> =>
  vi.waitFor(
    async () => {
      const job = await jobOf(id);
      if (job.state === 'waiting' || job.state === 'running') throw new Error(job.state);
      return job;
    },
    { timeout, interval: 20 },
  );
const running = (id: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const { state, progress } = await jobOf(id);
      if (state !== 'running' || progress === 0) throw new Error(state);
    },
    { timeout: PATIENCE_MS, interval: 10 },
  );

async function fetchAll(transfer: { id: string; bytes: number }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < transfer.bytes; offset += parts.at(-1)!.length) {
    parts.push(await call('transfer.read', { id: transfer.id, offset }));
  }
  await call('transfer.end', { id: transfer.id });
  return Buffer.concat(parts);
}

/** Files that the app keeps for itself. */
async function kept(): Promise<string[]> {
  const entries = await readdir(temporary, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function readMedia(media: MediaRef, startFrame = 0, frames = 480_000): Promise<Float32Array> {
  const bytes = await call('media.read', { media, startFrame, frames });
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

describe('files to clean', () => {
  it('one by path: result beside it, told from waiting to done', async () => {
    const input = await writeWav(join(folder, 'talk.wav'), [tone(3)]);
    const [job] = await addPaths([input], { ...OPTIONS, codebooks: 2 });
    expect(job).toMatchObject({ name: 'talk.wav', state: 'waiting', progress: 0, output: null });
    const done = await settled(job!.id);
    expect(done).toMatchObject({
      state: 'done',
      progress: 1,
      seconds: 3,
      secondsLeft: 0,
      kbps: 0.8,
      output: join(folder, 'talk.rvq.wav'),
      options: { quantizer: 'rvq', codebooks: 2, mix: 1 },
      problem: null,
    });
    expect(done.speed).toBeGreaterThan(0);
    expect((await readAudio(done.output!)).channels[0]).toHaveLength(48_000);
    const states = events.flatMap((event) => (event.type === 'job' ? [event.job.state] : []));
    expect([...new Set(states)]).toEqual(['waiting', 'running', 'done']);

    const [again] = await addPaths([input]);
    expect((await settled(again!.id)).output).toBe(join(folder, 'talk.rvq (2).wav'));
    settings = { ...settings, files: { ...settings.files, folder: join(folder, 'elsewhere') } };
    const [lost] = await addPaths([input]);
    expect(await settled(lost!.id)).toMatchObject({
      state: 'failed',
      problem: { code: 'AUDIO_OUTPUT', hint: expect.stringContaining('settings') as string },
    });
    await mkdir(join(folder, 'elsewhere'));
    await call('jobs.retry', { id: lost!.id });
    expect((await settled(lost!.id)).output).toBe(join(folder, 'elsewhere', 'talk.rvq.wav'));
  });

  it('one that was sent: fetched, and gone with the job', async () => {
    const input = await writeWav(join(folder, 'in.wav'), [tone(1)]);
    const before = await kept();
    const source = { upload: await upload(input, 'Übung: 1/2.wav') };
    const [job] = await call('jobs.add', { sources: [source], options: OPTIONS });
    const done = await settled(job!.id);
    expect(done).toMatchObject({ name: 'Übung: 1/2.wav', state: 'done', output: null });
    const transfer = await call('jobs.fetch', { id: job!.id });
    expect(transfer).toMatchObject({ name: 'Übung_ 1_2.rvq.wav', mimeType: 'audio/wav' });
    const expected = join(folder, 'cli.wav');
    await cli('denoise', input, '-o', expected, '-q', 'rvq', '--models', fixture(''));
    expect(Buffer.from(await fetchAll(transfer))).toEqual(await readFile(expected));

    for (const which of ['before', 'after'] as const) {
      const samples = await readMedia({ kind: 'job', id: job!.id, which });
      expect(samples).toHaveLength(16_000);
    }
    expect(await kept()).not.toEqual(before);
    await call('jobs.remove', { id: job!.id });
    expect(events.at(-1)).toEqual({ type: 'job-removed', id: job!.id });
    expect(await kept()).toEqual(before);
    await expect(call('jobs.fetch', { id: job!.id })).rejects.toMatchObject({
      code: 'JOB_UNKNOWN',
    });
  });

  it.each([
    ['stereo-44k.mp3', 44_100],
    ['stereo-48k.opus', 48_000],
    ['stereo-44k-vorbis.ogg', 44_100],
    ['stereo-44k-24bit.flac', 44_100],
  ])('reads %s', async (name, rate) => {
    const source = { upload: await upload(fixture(`audio/${name}`)) };
    const [job] = await call('jobs.add', { sources: [source], options: OPTIONS });
    expect(await settled(job!.id)).toMatchObject({ state: 'done', progress: 1 });
    const before: MediaRef = { kind: 'job', id: job!.id, which: 'before' };
    const info = await call('media.info', before);
    expect(info.sampleRateHz).toBe(rate);
    const { channels } = await readAudio(fixture(`audio/${name}`));
    expect(info.frames).toBe(channels[0]!.length);
    const some = await readMedia(before, 5000, 100);
    for (const [i, value] of some.entries()) {
      const mean = channels.reduce((sum, one) => sum + one[5000 + i]!, 0) / channels.length;
      expect(value).toBeCloseTo(mean, 5);
    }
  });

  it('decodes code streams', async () => {
    const input = await writeWav(join(folder, 'in.wav'), [tone(1)]);
    const stream = join(folder, 'in.rsd');
    await cli('encode', input, '-o', stream, '-q', 'rvq', '--models', fixture(''));
    const [job] = await addPaths([stream], { quantizer: 'none', codebooks: null, mix: 0.5 });
    expect(await settled(job!.id)).toMatchObject({
      state: 'done',
      output: join(folder, 'in.rvq.wav'),
      kbps: 1.2,
      options: { quantizer: 'rvq', codebooks: 3 },
    });
    const before: MediaRef = { kind: 'job', id: job!.id, which: 'before' };
    await expect(call('media.info', before)).rejects.toThrow(/code stream/);
  });

  it('says what is wrong with each, and goes on', async () => {
    const text = join(folder, 'song.wav');
    await writeFile(text, 'this is not a song');
    const empty = join(folder, 'empty.wav');
    await writeFile(empty, '');
    const cut = join(folder, 'cut.wav');
    const good = await writeWav(join(folder, 'good.wav'), [tone(1)]);
    await writeFile(cut, (await readFile(good)).subarray(0, 5000));
    const broken = join(folder, 'broken.rsd');
    await writeFile(broken, 'RSD\x1abroken');
    const absent = join(folder, 'absent.wav');
    const jobs = await addPaths([folder, text, empty, cut, broken, absent, '/dev/null', good]);
    const ends = await Promise.all(jobs.map(({ id }) => settled(id)));
    expect(ends.map(({ problem, state }) => problem?.code ?? state)).toEqual([
      'AUDIO_FORMAT',
      'AUDIO_FORMAT',
      'AUDIO_EMPTY',
      'AUDIO_TRUNCATED',
      expect.stringMatching(/^RSD_/),
      'AUDIO_NOT_FOUND',
      'AUDIO_FORMAT',
      'done',
    ]);
    for (const { problem } of ends) expect(problem?.message ?? '').not.toContain(root);
    expect(ends[1]!.problem!.message).toMatch(/^song\.wav: is not an audio file/);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    await expect(
      call('media.info', { kind: 'job', id: jobs[1]!.id, which: 'after' }),
    ).rejects.toThrow(/no result/);
  });

  it('an upload that is unknown or incomplete, a choice that the model lacks', async () => {
    const { id } = await call('upload.begin', { name: 'half.wav', bytes: 10 });
    const jobs = await call('jobs.add', {
      sources: [{ upload: id }, { upload: 'upload-99' }],
      options: OPTIONS,
    });
    const codes = async (list: Job[]): Promise<unknown[]> =>
      (await Promise.all(list.map((job) => settled(job.id)))).map(({ problem }) => problem?.code);
    expect(await codes(jobs)).toEqual(['UPLOAD_INCOMPLETE', 'UPLOAD_UNKNOWN']);
    await call('jobs.retry', { id: jobs[1]!.id });
    expect(await codes(jobs)).toEqual(['UPLOAD_INCOMPLETE', 'UPLOAD_UNKNOWN']);
    const good = await writeWav(join(folder, 'good.wav'), [tone(0.2)]);
    const wrong = await addPaths([good], { ...OPTIONS, codebooks: 77 });
    expect(await codes(wrong)).toEqual(['CODEBOOKS_RANGE']);
    modelFolder = join(folder, 'no-model');
    expect(await codes(await addPaths([good]))).toEqual(['MODEL_NOT_FOUND']);
  });

  it('a page in a browser may not name files', async () => {
    const page = create({ takesPaths: false });
    const sources = [{ path: '/etc/passwd' }];
    const [job] = await call('jobs.add', { sources, options: OPTIONS }, page);
    await vi.waitFor(async () => {
      const [now] = await call('jobs.list', null, page);
      expect(now).toMatchObject({ id: job!.id, problem: { code: 'PATHS_REFUSED' } });
    });
    await expect(
      call('compare.open', { source: sources[0]!, reference: null }, page),
    ).rejects.toMatchObject({ code: 'PATHS_REFUSED' });
    await page.close();
  });

  it('cancels, tries again, removes; a result on disk stays', async () => {
    const long = await writeWav(join(folder, 'long.wav'), [tone(900)]);
    const short = await writeWav(join(folder, 'short.wav'), [tone(1)]);
    const jobs = await addPaths([long, long, long, short]);
    const [first, second, third, last] = jobs.map(({ id }) => id) as [
      string,
      string,
      string,
      string,
    ];
    await Promise.all([running(first), running(second)]);
    expect(await jobOf(third)).toMatchObject({ state: 'waiting' });
    await call('jobs.cancel', { id: third });
    expect(await jobOf(third)).toMatchObject({ state: 'cancelled' });
    await call('jobs.cancel', { id: first });
    expect(await jobOf(first)).toMatchObject({ state: 'cancelled', progress: 0, problem: null });
    expect(await settled(last)).toMatchObject({ state: 'done' });
    await call('jobs.remove', { id: second });
    expect((await call('jobs.list', null)).map(({ id }) => id)).toEqual([first, third, last]);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    await call('jobs.retry', { id: first });
    await running(first);
    await expect(call('jobs.retry', { id: first })).rejects.toMatchObject({ code: 'JOB_STATE' });
    await call('jobs.remove', { id: last });
    expect(await readdir(folder)).toContain('short.rvq.wav');
    await expect(call('jobs.cancel', { id: last })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
    const { secondsLeft, speed } = await vi.waitFor(
      async () => {
        const job = await jobOf(first);
        if (job.secondsLeft === null) throw new Error('not yet');
        return job;
      },
      { timeout: PATIENCE_MS },
    );
    expect(secondsLeft).toBeGreaterThan(0);
    expect(speed).toBeGreaterThan(1);
  });

  it('shows results where the system can', async () => {
    const input = await writeWav(join(folder, 'a.wav'), [tone(0.2)]);
    const [job] = await addPaths([input]);
    await expect(call('jobs.reveal', { id: job!.id })).rejects.toMatchObject({ code: 'JOB_STATE' });
    await settled(job!.id);
    await call('jobs.reveal', { id: job!.id });
    expect(reveal).toHaveBeenCalledWith(join(folder, 'a.rvq.wav'));
  });

  it('refuses 3 GB from a browser in plain words', async () => {
    await expect(call('upload.begin', { name: 'film.wav', bytes: 3e9 })).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
      hint: expect.stringContaining('desktop app') as string,
    });
  });
});

describe('sound of recordings', () => {
  const recording: MediaRef = { kind: 'recording', id: 'r1', which: 'raw' };

  it('is read anywhere, drawn, and remembered until the file changes', async () => {
    const quiet = tone(1).map((value) => value / 4);
    const path = await writeWav(join(folder, 'r1-raw.wav'), [
      Float32Array.from([...tone(1), ...quiet]),
    ]);
    expect(await call('media.info', recording)).toEqual({ sampleRateHz: 16_000, frames: 32_000 });
    expect(await readMedia(recording, 31_990, 100)).toHaveLength(10);
    expect(await readMedia(recording, 99_999, 100)).toHaveLength(0);
    const peaks = await call('media.peaks', { media: recording, buckets: 4 });
    [0.5, 0.5, 0.125, 0.125].forEach((level, i) => expect(peaks[i]).toBeCloseTo(level, 2));
    await writeWav(path, [tone(1), tone(1)]);
    expect(await call('media.peaks', { media: recording, buckets: 2 })).toEqual(
      [0, 0].map(() => expect.closeTo(0.5, 2) as number),
    );
    await expect(call('media.info', { ...recording, id: 'r2' })).rejects.toMatchObject({
      code: 'AUDIO_NOT_FOUND',
    });
  });

  it('shows a tone at its height and at its level', async () => {
    await writeWav(join(folder, 'r1-raw.wav'), [tone(2, 48_000, 2000)], 48_000);
    const image = await call('media.spectrogram', { media: recording, columns: 10, rows: 80 });
    expect(image).toMatchObject({ columns: 10, rows: 80 });
    for (let column = 1; column < 9; column++) {
      const levels = [...image.levels.subarray(column * 80, (column + 1) * 80)];
      // Rows of 100 Hz: 2 kHz lies where the 20th and the 21st meet. −6 dBFS of 90 dB.
      const top = levels.indexOf(Math.max(...levels));
      expect([19, 20]).toContain(top);
      expect(Math.abs(levels[top]! - 255 * (1 - 6.02 / 90))).toBeLessThan(5);
      expect(levels[60]).toBeLessThan(60);
    }
  });

  it('of an hour is drawn by a worker, without being held', async () => {
    const path = join(folder, 'r1-raw.wav');
    await writeWav(path, [tone(1)]);
    // An hour of silence behind the tone, as a sparse file.
    const frames = 3600 * 16_000;
    const file = await open(path, 'r+');
    await file.truncate(44 + frames * 2);
    const sizes = Buffer.alloc(4);
    sizes.writeUInt32LE(36 + frames * 2);
    await file.write(sizes, 0, 4, 4);
    sizes.writeUInt32LE(frames * 2);
    await file.write(sizes, 0, 4, 40);
    await file.close();
    const [peaks, again] = await Promise.all([
      call('media.peaks', { media: recording, buckets: 3600 }),
      call('media.peaks', { media: recording, buckets: 3600 }),
    ]);
    expect(peaks[0]).toBeCloseTo(0.5, 2);
    expect(Math.max(...peaks.slice(1))).toBe(0);
    expect(again).toEqual(peaks);
    const image = await call('media.spectrogram', { media: recording, columns: 100, rows: 16 });
    expect(Math.max(...image.levels.subarray(16))).toBe(0);
    expect(await readMedia(recording, frames - 10, 100)).toHaveLength(10);
  });

  it('becomes FLAC in a worker and is offered to the window', async () => {
    const input = await writeWav(join(folder, 'in.wav'), [tone(1)]);
    const path = join(folder, 'out.flac');
    await work.writeFlac(input, path);
    expect((await readAudio(path)).channels).toEqual((await readAudio(input)).channels);
    const size = (await stat(path)).size;
    const transfer = await work.offer({
      path,
      name: 'Voice.flac',
      mimeType: 'audio/flac',
      isTemporary: true,
    });
    expect(await fetchAll(transfer)).toHaveLength(size);
    expect(await readdir(folder)).not.toContain('out.flac');
    const mono = join(folder, 'out.wav');
    await work.writeWav(input, mono);
    expect((await readAudio(mono)).channels).toHaveLength(1);
  });
});

describe('clips compared by ear', () => {
  it('freeze what was heard and render it through quantizers, aligned and as loud', async () => {
    heard = Float32Array.from(tone(3), (value, i) => value * (i < 16_000 ? 0 : 1));
    const clip = await call('compare.freeze', { seconds: 2 });
    expect(clip).toMatchObject({ seconds: 2, sampleRateHz: 16_000, hasReference: false });
    expect(clip.variants).toEqual([
      { key: 'noisy', label: 'Noisy', kbps: 0, gain: 1, metrics: null },
    ]);
    const variants = [
      { quantizer: 'none', codebooks: null },
      { quantizer: 'rvq', codebooks: 2 },
    ];
    const rendered = await call('compare.render', { id: clip.id, variants });
    expect(rendered.variants.map(({ key, kbps, label }) => ({ key, kbps, label }))).toEqual([
      { key: 'noisy', kbps: 0, label: 'Noisy' },
      { key: 'none', kbps: 0, label: 'No quantizer' },
      { key: 'rvq@2', kbps: 0.8, label: 'Residual VQ, 2 of 3' },
    ]);
    const progress = events.flatMap((event) =>
      event.type === 'render-progress' ? [event.progress] : [],
    );
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const media = (variant: string): MediaRef => ({ kind: 'clip', id: clip.id, variant });
    const noisy = await readMedia(media('noisy'));
    expect(noisy).toEqual(heard.slice(-32_000));
    // The fixture's `none` passes its input through: what comes out is what went in, at the same place.
    const none = await readMedia(media('none'));
    expect(none).toHaveLength(noisy.length);
    expect(siSdr(noisy, none)).toBeGreaterThan(40);
    expect(rendered.variants[1]!.gain).toBeCloseTo(1, 2);
    const again = await call('compare.render', { id: clip.id, variants: variants.slice(1) });
    expect(again).toEqual(rendered);
    await expect(readMedia(media('rvq'))).rejects.toMatchObject({ code: 'VARIANT_UNKNOWN' });
  });

  it('gain makes variants as loud as the clip', async () => {
    const clip = await call('compare.freeze', { seconds: 2 });
    const one = { quantizer: 'rvq', codebooks: 1 };
    const { variants } = await call('compare.render', { id: clip.id, variants: [one] });
    const rms = (samples: Float32Array): number =>
      Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
    const noisy = await readMedia({ kind: 'clip', id: clip.id, variant: 'noisy' });
    const coded = await readMedia({ kind: 'clip', id: clip.id, variant: 'rvq@1' });
    // A crude codec spreads the tone over frequencies that are weighed otherwise, so only roughly.
    const level = 20 * Math.log10((rms(coded) * variants[1]!.gain) / rms(noisy));
    expect(Math.abs(level)).toBeLessThan(3);
  });

  it('a demo recording has a reference, and metrics for everything', async () => {
    const clip = await call('compare.open', { source: { demo: 0 }, reference: null });
    expect(clip).toMatchObject({ name: 'Running tap', hasReference: true });
    expect(clip.variants.map(({ key }) => key)).toEqual(['noisy', 'reference']);
    const { metrics } = clip.variants[0]!;
    // Mixed at −5 dB.
    expect(metrics!.siSdr).toBeCloseTo(-5, 0);
    expect(metrics!.stoi).toBeGreaterThan(0.3);
    expect(metrics!.pesqWb).toBeGreaterThan(1);
    const variants = [{ quantizer: 'none', codebooks: null }];
    const rendered = await call('compare.render', { id: clip.id, variants });
    expect(rendered.variants[2]!.metrics!.siSdr).toBeCloseTo(metrics!.siSdr!, 1);
    await expect(
      call('compare.open', { source: { demo: 99 }, reference: null }),
    ).rejects.toMatchObject({ code: 'DEMO_UNKNOWN' });
  });

  it('takes any rate and number of channels, 30 s of it, and a reference of one’s own', async () => {
    const left = tone(40, 44_100);
    const noisy = await writeWav(join(folder, 'noisy.wav'), [left, left], 44_100);
    const clean = await writeWav(join(folder, 'clean.wav'), [tone(40)]);
    const clip = await call('compare.open', {
      source: { path: noisy },
      reference: { upload: await upload(clean) },
    });
    expect(clip).toMatchObject({ name: 'noisy.wav', seconds: 30, hasReference: true });
    expect(clip.variants[0]!.metrics!.siSdr).toBeGreaterThan(30);
    const short = await upload(await writeWav(join(folder, 'short.wav'), [tone(3)]));
    await expect(
      call('compare.open', { source: { path: noisy }, reference: { upload: short } }),
    ).rejects.toMatchObject({ code: 'REFERENCE_LENGTH' });
    const text = join(folder, 'text.wav');
    await writeFile(text, 'words');
    await expect(
      call('compare.open', { source: { upload: await upload(text) }, reference: null }),
    ).rejects.toMatchObject({
      code: 'AUDIO_FORMAT',
      message: expect.stringMatching(/^text\.wav: /) as string,
    });
  });

  it('silence is a clip like any other, nothing is none', async () => {
    heard = new Float32Array(16_000);
    const clip = await call('compare.freeze', { seconds: 1 });
    const variants = [{ quantizer: 'rvq', codebooks: 1 }];
    const rendered = await call('compare.render', { id: clip.id, variants });
    expect(rendered.variants[1]!.gain).toBe(1);
    heard = new Float32Array(0);
    await expect(call('compare.freeze', { seconds: 1 })).rejects.toThrow(/no sound/);
  });

  it('refuses what the model lacks before rendering anything', async () => {
    const clip = await call('compare.freeze', { seconds: 1 });
    const render = (quantizer: string, codebooks: number | null) =>
      expect(
        call('compare.render', {
          id: clip.id,
          variants: [
            { quantizer: 'rvq', codebooks: 1 },
            { quantizer, codebooks },
          ],
        }),
      ).rejects;
    await render('noisy', null).toMatchObject({ code: 'QUANTIZER_UNKNOWN' });
    await render('rvq', 9).toMatchObject({ code: 'CODEBOOKS_RANGE' });
    expect(events).toEqual([]);
  });

  it('keeps the last five', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.push((await call('compare.freeze', { seconds: 1 })).id);
    const info = (id: string) => call('media.info', { kind: 'clip', id, variant: 'noisy' });
    await expect(info(ids[0]!)).rejects.toMatchObject({ code: 'CLIP_UNKNOWN' });
    await expect(info(ids[1]!)).resolves.toMatchObject({ frames: 16_000 });
    await call('compare.close', { id: ids[1]! });
    await call('compare.close', { id: ids[1]! });
    await expect(info(ids[1]!)).rejects.toMatchObject({ code: 'CLIP_UNKNOWN' });
  });

  it('closing one while it is rendered ends that', async () => {
    heard = tone(30);
    const clip = await call('compare.freeze', { seconds: 30 });
    const variants = [1, 2, 3].map((codebooks) => ({ quantizer: 'rvq', codebooks }));
    const rendering = call('compare.render', { id: clip.id, variants });
    const refused = expect(rendering).rejects.toMatchObject({ code: 'CLIP_CLOSED' });
    await vi.waitFor(() => expect(events).not.toEqual([]), { timeout: PATIENCE_MS, interval: 5 });
    await call('compare.close', { id: clip.id });
    await refused;
  });
});
