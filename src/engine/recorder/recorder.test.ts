import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../../test/fixtures/flac-bytes.ts';
import { MemoryDisk } from '../../../test/fixtures/memory-disk.ts';
import { loadTinyModel, TapFeed, testTone } from '../../../test/fixtures/tap-feed.ts';
import { readAudio } from '../../audio/open-audio.ts';
import { parseWav } from '../../audio/wav-format.ts';
import type { LoadedModel } from '../../codec/model-folder.ts';
import { readRsd } from '../../codec/rsd.ts';
import { createCodecSession } from '../../codec/session.ts';
import { OrtLoader } from '../../inference/onnxruntime/loader.ts';
import type { RecorderOptions, RecordingSummary } from './recorder-options.ts';
import { Recorder } from './recorder.ts';
import type { RecordingSidecar } from './sidecar.ts';

const HOP = 160;
let folder: string;
let model: LoadedModel;
let feed: TapFeed;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-recorder-'));
  model = await loadTinyModel();
});
afterAll(async () => {
  await feed.dispose();
  await rm(folder, { recursive: true });
});

async function record(
  options: Partial<RecorderOptions>,
  play: (recorder: Recorder) => Promise<void>,
): Promise<RecordingSummary> {
  feed = new TapFeed(model);
  const recorder = await Recorder.start({
    folder,
    manifest: model.manifest,
    quantizer: 'rvq',
    sampleFormat: 'float',
    ...options,
  });
  recorder.begin(feed.format);
  await play(recorder);
  return recorder.stop();
}

const samplesOf = async (path: string | null): Promise<Float32Array> =>
  (await readAudio(path!)).channels[0]!;
const sidecarOf = async (summary: RecordingSummary): Promise<RecordingSidecar> =>
  JSON.parse(await readFile(summary.sidecar!, 'utf8')) as RecordingSidecar;

async function decode(path: string): Promise<Float32Array> {
  const stream = await readRsd([await readFile(path)]);
  const { quantizer, codebooks, modelSamples } = stream.header;
  const options = { quantizer, codebooks };
  const session = await createCodecSession(model, new OrtLoader(), options);
  const out: number[] = [];
  for await (const block of stream.blocks) out.push(...(await session.decode(block.codes[0]!)));
  await session.dispose();
  expect(out.length).toBe(modelSamples);
  return Float32Array.from(out);
}

describe('Recorder', () => {
  it('writes input, output and codes aligned sample by sample', async () => {
    const tone = testTone(HOP * 173);
    const summary = await record({}, (recorder) => feed.play(recorder, tone, 'rvq', 3));
    expect(summary).toMatchObject({
      ended: 'stopped',
      problem: null,
      lostHops: 0,
      samples: HOP * 172,
    });
    const raw = await samplesOf(summary.raw);
    const enhanced = await samplesOf(summary.enhanced);
    expect(raw).toEqual(tone.subarray(0, HOP * 172));
    expect(enhanced.length).toBe(raw.length);
    expect(summary.codes).toMatchObject([{ quantizer: 'rvq', codebooks: 3, firstSample: 0 }]);
    expect(await decode(summary.codes[0]!.path)).toEqual(enhanced);
  });

  it('is named after date and quantizer, and a second one in the same second after that', async () => {
    const now = () => new Date(2026, 0, 2, 3, 4, 5);
    const play = (recorder: Recorder) => feed.play(recorder, testTone(HOP * 40), 'rvq');
    const own = join(folder, 'named');
    await record({ now, folder: own }, play);
    await record({ now, folder: own }, play);
    const base = 'residua_2026-01-02_03-04-05_rvq';
    const names = ['.001-rvq.rsd', '.enhanced.wav', '.json', '.raw.wav'];
    const all = [base, `${base}-2`].flatMap((b) => names.map((name) => b + name));
    expect((await readdir(own)).sort()).toEqual(all.sort());
  });

  it('begins a code stream for every quantizer and number of codebooks, and says where', async () => {
    const tone = testTone(HOP * 100);
    const summary = await record({}, async (recorder) => {
      await feed.play(recorder, tone, 'rvq');
      await feed.play(recorder, tone, 'none');
      await feed.play(recorder, tone, 'rvq', 1);
      await feed.play(recorder, tone.subarray(0, HOP), 'rvq', 2); // too short to be heard
      await feed.play(recorder, tone, 'rvq', 3);
    });
    const sidecar = await sidecarOf(summary);
    expect(sidecar).toMatchObject({
      format: 'residua-recording',
      samples: HOP * 400,
      ended: 'stopped',
      gapCount: 0,
    });
    expect(sidecar.codes).toMatchObject([
      { quantizer: 'rvq', codebooks: 3, firstSample: 0, samples: HOP * 99 },
      { quantizer: 'rvq', codebooks: 1, firstSample: HOP * 200, samples: HOP * 99 },
      { quantizer: 'rvq', codebooks: 3, firstSample: HOP * 301, samples: HOP * 99 },
    ]);
    // A part decodes by itself; once its decoder has its memory back it is what was heard.
    const enhanced = await samplesOf(summary.enhanced);
    for (const { path, firstSample } of summary.codes) {
      const decoded = await decode(path);
      const from = 50 * HOP;
      const heard = enhanced.subarray(firstSample + from, firstSample + decoded.length);
      const worst = heard.reduce((w, v, i) => Math.max(w, Math.abs(v - decoded[from + i]!)), 0);
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('puts silence where hops were lost, so that what follows keeps its place', async () => {
    const tone = testTone(HOP * 100);
    const summary = await record({}, async (recorder) => {
      await feed.play(recorder, tone.subarray(0, 60 * HOP), 'rvq');
      await feed.record(tone.subarray(60 * HOP, 61 * HOP), 'rvq');
      await feed.record(tone.subarray(61 * HOP, 62 * HOP), 'rvq');
      await feed.play(recorder, tone.subarray(62 * HOP), 'rvq');
    });
    const raw = await samplesOf(summary.raw);
    expect(raw.length).toBe(99 * HOP);
    expect(raw.subarray(61 * HOP)).toEqual(tone.subarray(61 * HOP, 99 * HOP));
    expect(new Set(raw.subarray(59 * HOP, 61 * HOP))).toEqual(new Set([0]));
    const sidecar = await sidecarOf(summary);
    expect(sidecar.gaps).toEqual([{ sample: 59 * HOP, silentSamples: 2 * HOP, why: 'lost' }]);
    expect(sidecar.codes.map((p) => p.firstSample)).toEqual([0, 62 * HOP]);
  });

  it('joins what comes after a pause, with aligned codes', async () => {
    const tone = testTone(HOP * 50);
    const summary = await record({}, async (recorder) => {
      await feed.play(recorder, tone, 'rvq');
      recorder.end();
      feed.skip(100_000);
      recorder.begin(feed.format);
      await feed.play(recorder, tone, 'rvq');
    });
    const raw = await samplesOf(summary.raw);
    expect(raw.subarray(49 * HOP)).toEqual(tone.subarray(0, 49 * HOP));
    const sidecar = await sidecarOf(summary);
    expect(sidecar.gaps).toEqual([{ sample: 49 * HOP, silentSamples: 0, why: 'paused' }]);
    expect(sidecar.codes.map((p) => p.firstSample)).toEqual([0, 49 * HOP]);
  });

  it('leaves hops out of the codes for which the model failed', async () => {
    const tone = testTone(HOP * 40);
    const summary = await record({}, async (recorder) => {
      await feed.play(recorder, tone, 'rvq');
      const failed = await feed.record(tone.subarray(0, HOP), 'rvq');
      recorder.hop({ ...failed, failed: true, codes: failed.codes.fill(-1) });
      await feed.play(recorder, tone, 'rvq');
    });
    expect(summary.samples).toBe(80 * HOP);
    expect(summary.codes.map((p) => p.firstSample)).toEqual([0, 41 * HOP]);
  });

  it('keeps nothing when no sound came', async () => {
    const own = join(folder, 'empty');
    const summary = await record({ folder: own }, () => Promise.resolve());
    expect(summary).toMatchObject({ raw: null, sidecar: null, samples: 0, ended: 'stopped' });
    expect(await readdir(own)).toEqual([]);
  });

  it.each(['16', '24', 'float'] as const)('%s samples are read back', async (sampleFormat) => {
    const tone = testTone(HOP * 61);
    const bad = tone.slice();
    bad[5] = Number.NaN;
    bad[6] = 1.5;
    const summary = await record({ sampleFormat }, (r) => feed.play(r, bad, 'none'));
    const raw = await samplesOf(summary.raw);
    expect(raw[5]).toBe(0);
    expect(raw[6]).toBeCloseTo(sampleFormat === 'float' ? 1.5 : 1, 4);
    const worst = raw.subarray(7).reduce((w, v, i) => Math.max(w, Math.abs(v - tone[i + 7]!)), 0);
    expect(worst).toBeLessThanOrEqual({ '16': 2 ** -16, '24': 2 ** -24, float: 0 }[sampleFormat]);
    expect(summary.clippedSamples).toBe(sampleFormat === 'float' ? 0 : 2);
  });

  it('every file is whole after every single write, also across the change to RF64', async () => {
    const disk = new MemoryDisk();
    const states: { path: string; bytes: Uint8Array }[] = [];
    disk.changed = (path, bytes) => states.push({ path, bytes: bytes.slice() });
    const summary = await record(
      { disk, folder: '/r', flushMs: 50, sampleFormat: '24', rf64FromBytes: 40_000 },
      async (recorder) => {
        for (let i = 0; i < 30; i++) {
          await feed.play(recorder, testTone(HOP * 7), i < 15 ? 'rvq' : 'none');
          await feed.play(recorder, testTone(HOP * 4), 'rvq', 1 + (i % 2));
        }
      },
    );
    expect(summary.ended).toBe('stopped');
    const lengths = new Map<string, number>();
    let rf64 = 0;
    for (const { path, bytes } of states) {
      if (path.endsWith('.json')) {
        JSON.parse(Buffer.from(bytes).toString());
        continue;
      }
      let samples: number;
      if (path.endsWith('.wav')) {
        if (bytes.length === 0) continue; // created, its first write not yet done
        const layout = await parseWav(memorySource(bytes));
        samples = layout.dataBytes / 3;
        rf64 += bytes[1] === 'F'.charCodeAt(0) ? 1 : 0;
      } else {
        const { header, blocks } = await readRsd([bytes]);
        samples = header.modelSamples!;
        let frames = 0;
        for await (const block of blocks) {
          expect(block.lost).toBe(false);
          frames += block.frames;
        }
        expect(frames * HOP).toBe(samples === 0 ? 0 : samples + HOP);
      }
      expect(samples).toBeGreaterThanOrEqual(lengths.get(path) ?? 0);
      lengths.set(path, samples);
    }
    expect(rf64).toBeGreaterThan(10);
    expect(lengths.get(summary.raw!)).toBe(summary.samples);
    expect(lengths.get(summary.enhanced!)).toBe(summary.samples);
  });
});

describe('a disk that fails', () => {
  const half = 512 * 2 ** 20;

  it('is not filled: recording is refused below the reserve', async () => {
    const disk = new MemoryDisk();
    disk.claimedFreeBytes = half - 1;
    const start = record({ disk, folder: '/r' }, () => Promise.resolve());
    await expect(start).rejects.toMatchObject({
      code: 'RECORDING_DISK_LOW',
      message: expect.stringContaining('512 MiB'),
    });
    expect(disk.files.size).toBe(0);
    await record({ disk, folder: '/r', reserveBytes: half - 1 }, () => Promise.resolve());
  });

  it('is not filled: recording ends, whole, when the reserve is reached', async () => {
    const disk = new MemoryDisk();
    disk.claimedFreeBytes = half;
    const ends: RecordingSummary[] = [];
    const options = { disk, folder: '/r', onEnd: (s: RecordingSummary) => ends.push(s) };
    let state = '';
    const summary = await record(options, async (recorder) => {
      await feed.play(recorder, testTone(HOP * 60), 'rvq');
      await settle();
      disk.claimedFreeBytes = half - 1;
      await feed.play(recorder, testTone(HOP * 200), 'rvq');
      await settle();
      state = recorder.status().state;
    });
    expect(state).toBe('full');
    expect(summary).toMatchObject({ ended: 'disk-low', problem: { code: 'RECORDING_DISK_LOW' } });
    expect(summary.samples).toBeGreaterThanOrEqual(99 * HOP);
    expect(ends).toEqual([summary]);
    const layout = await parseWav(memorySource(disk.files.get(summary.enhanced!)!));
    expect(layout.dataBytes / 4).toBe(summary.samples);
    expect(JSON.parse(disk.text(summary.sidecar!))).toMatchObject({ ended: 'disk-low' });
  });

  it('full in the middle of a write: keeps what it has, both files equally long', async () => {
    const disk = new MemoryDisk();
    const summary = await record({ disk, folder: '/r', reserveBytes: 0 }, async (recorder) => {
      disk.capacityBytes = 200_000;
      await feed.play(recorder, testTone(HOP * 600), 'rvq');
      await settle();
    });
    expect(summary).toMatchObject({ ended: 'disk-full', problem: { code: 'RECORDING_DISK_FULL' } });
    expect(summary.samples).toBeGreaterThanOrEqual(HOP * 49);
    for (const path of [summary.raw!, summary.enhanced!]) {
      const bytes = disk.files.get(path)!;
      const layout = await parseWav(memorySource(bytes));
      expect(layout.dataBytes / 4).toBe(summary.samples);
      expect(bytes.length).toBe(layout.dataOffset + layout.dataBytes);
    }
    for (const { path, samples } of summary.codes) {
      const { header, blocks } = await readRsd([disk.files.get(path)!]);
      expect(header.modelSamples).toBe(samples);
      for await (const block of blocks) expect(block.lost).toBe(false);
    }
  });

  it('slow: hops are lost and counted, memory is bounded, the rest keeps its place', async () => {
    const disk = new MemoryDisk();
    const tone = testTone(HOP * 400);
    let release = (): void => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const summary = await record({ disk, folder: '/r', queueMs: 1000 }, async (recorder) => {
      disk.pace = () => stuck;
      await feed.play(recorder, tone.subarray(0, HOP * 300), 'rvq');
      disk.pace = () => Promise.resolve();
      release();
      await settle();
      await feed.play(recorder, tone.subarray(HOP * 300), 'rvq');
    });
    // 50 hops were being written, 100 waited, 150 found no room.
    expect(summary).toMatchObject({ ended: 'stopped', lostHops: 150, samples: HOP * 399 });
    const bytes = disk.files.get(summary.raw!)!;
    const { dataOffset } = await parseWav(memorySource(bytes));
    const raw = new Float32Array(Uint8Array.from(bytes.subarray(dataOffset)).buffer);
    expect(raw.subarray(0, 149 * HOP)).toEqual(tone.subarray(0, 149 * HOP));
    expect(new Set(raw.subarray(149 * HOP, 299 * HOP))).toEqual(new Set([0]));
    expect(raw.subarray(300 * HOP)).toEqual(tone.subarray(300 * HOP, 399 * HOP));
  });

  it('whose folder is a file, or not writable', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const start = record({ folder: file }, () => Promise.resolve());
    await expect(start).rejects.toMatchObject({
      code: 'RECORDING_NOT_WRITABLE',
      message: expect.stringContaining('its folder is a file'),
    });
    const proc = record({ folder: '/proc/residua', reserveBytes: 0 }, () => Promise.resolve());
    await expect(proc).rejects.toMatchObject({ code: expect.stringMatching(/^RECORDING_/) });
  });

  it('whose folder is removed: recording ends and says so', async () => {
    const own = join(folder, 'gone');
    const summary = await record({ folder: own }, async (recorder) => {
      await feed.play(recorder, testTone(HOP * 60), 'rvq');
      await settle();
      await rm(own, { recursive: true, maxRetries: 10 });
      await feed.play(recorder, testTone(HOP * 120), 'rvq');
      for (let i = 0; i < 1000 && recorder.status().state === 'recording'; i++) await settle();
      expect(recorder.status()).toMatchObject({
        state: 'failed',
        problem: { code: 'RECORDING_FOLDER_GONE', message: expect.stringContaining(own) },
      });
    });
    expect(summary).toMatchObject({ ended: 'folder-gone', raw: null, enhanced: null });
  });

  it('goes on when the folder is only moved', async () => {
    const own = join(folder, 'moved');
    const summary = await record({ folder: own }, async (recorder) => {
      await feed.play(recorder, testTone(HOP * 60), 'none');
      await settle();
      await rename(own, `${own}-away`);
      await feed.play(recorder, testTone(HOP * 40), 'none');
    });
    const name = (await readdir(`${own}-away`)).find((n) => n.endsWith('.raw.wav'))!;
    expect((await samplesOf(join(`${own}-away`, name))).length).toBe(summary.samples);
  });
});

/** Lets queued disk work run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
