import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTinyModel, TapFeed, testTone } from '../../../test/fixtures/tap-feed.ts';
import { readAudio } from '../../audio/open-audio.ts';
import { readRsd } from '../../codec/rsd.ts';
import { Recorder } from './recorder.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HOP = 160;

describe('SIGKILL while recording', () => {
  it.each([
    ['16', 130],
    ['24', 260],
    ['float', 345],
  ] as const)('costs less than a second (%s bit, after %i hops)', async (format, hops) => {
    const folder = await mkdtemp(join(tmpdir(), 'residua-kill-'));
    try {
      const script = join(ROOT, 'test/fixtures/record-until-killed.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', script, folder, format], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let given = 0;
      child.stdout.on('data', (data: Buffer) => {
        given = Number(data.toString().trim().split('\n').at(-1));
        if (given >= hops) child.kill('SIGKILL');
      });
      const [, signal] = (await once(child, 'close')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');

      const names = await readdir(folder);
      const path = (end: string) =>
        join(
          folder,
          names.find((name) => name.endsWith(end))!,
        );
      const tone = testTone(16_000 * 60);
      for (const end of ['.raw.wav', '.enhanced.wav']) {
        const samples = (await readAudio(path(end))).channels[0]!;
        expect(given - samples.length / HOP).toBeLessThan(100);
        expect(samples.length).toBeGreaterThan(0);
        if (end === '.enhanced.wav') continue;
        const worst = samples.reduce((w, v, i) => Math.max(w, Math.abs(v - tone[i]!)), 0);
        expect(worst).toBeLessThan(2 ** -15);
      }
      const sidecar = JSON.parse(await readFile(path('.json'), 'utf8'));
      expect(sidecar).toMatchObject({ ended: null, samples: null });
      expect(sidecar.codes[0]).toMatchObject({ firstSample: 0, quantizer: 'rvq' });
      const stream = await readRsd([await readFile(path('.001-rvq.rsd'))]);
      let frames = 0;
      for await (const block of stream.blocks) {
        expect(block.lost).toBe(false);
        frames += block.frames;
      }
      // The fixture codes 250 hops, then leaves the quantizer out.
      expect(Math.min(given, 250) - frames).toBeLessThan(100);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);

describe.skipIf(probe === undefined)('a small disk [needs the right to mount]', () => {
  it('that runs full keeps what it has', async () => {
    const model = await loadTinyModel();
    const feed = new TapFeed(model);
    const mounted = mountSmallDisk()!;
    const folder = join(mounted, 'recordings');
    try {
      const recorder = await Recorder.start({
        folder,
        manifest: model.manifest,
        quantizer: 'rvq',
        sampleFormat: 'float',
        reserveBytes: 0,
      });
      recorder.begin(feed.format);
      const tone = testTone(HOP * 200);
      for (let i = 0; i < 50 && recorder.status().state === 'recording'; i++) {
        await feed.play(recorder, tone, 'rvq');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(recorder.status().state).toBe('full');
      const summary = await recorder.stop();
      expect(summary).toMatchObject({
        ended: 'disk-full',
        problem: { code: 'RECORDING_DISK_FULL', message: expect.stringContaining('full') },
      });
      // 1 MiB holds about 8 s of two float tracks.
      expect(summary.seconds).toBeGreaterThan(6);
      for (const path of [summary.raw!, summary.enhanced!]) {
        expect((await readAudio(path)).channels[0]!.length).toBe(summary.samples);
      }
      const { header } = await readRsd([await readFile(summary.codes[0]!.path)]);
      expect(header.modelSamples).toBe(summary.codes[0]!.samples);
    } finally {
      await feed.dispose();
      unmount(mounted);
    }
  });
});

/** @returns the folder of a file system of 1 MiB; undefined where this user may not mount one */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'residua-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'residua-test', folder], {
      stdio: 'ignore',
    });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
}
