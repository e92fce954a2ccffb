import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudio } from '../../src/audio/open-audio.ts';
import { oneLine, run, start, TINY_MODELS } from '../cli/run-cli.ts';
import { descendants, enginePid, isRunning, until } from './processes.ts';

const LINUX = process.platform === 'linux';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-live-'));
});
afterAll(() => rm(folder, { recursive: true }));

const live = (...args: string[]) =>
  start('live', '--models', TINY_MODELS, '--provider', 'cpu', '--backend', 'fake', ...args);

/** Waits for sound to pass, by its recording. */
const recordsInto = (own: string) =>
  until('recording', async () => {
    const names = await readdir(own).catch(() => []);
    const raw = names.find((name) => name.endsWith('.raw.wav'));
    return raw !== undefined && (await stat(join(own, raw))).size > 1000;
  });

describe('residua live', () => {
  it('runs for as long as it is told and sums up in one JSON document', async () => {
    const { code, stderr, json } = await live('--duration', '1.5', '--json').done;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const document = json();
    expect(document).toMatchObject({
      model: 'tiny',
      quantizer: 'rvq',
      codebooks: 3,
      bitrateKbps: 1.2,
      provider: { name: 'cpu' },
      backend: 'fake',
      input: { name: 'Simulated microphone', sampleRateHz: 48_000 },
      output: { name: 'Simulated headphones' },
      virtualMicrophone: null,
      engineRestarts: 0,
      ended: 'duration',
    });
    expect(document.seconds).toBeGreaterThan(1);
    expect(document.counters.hops).toBeGreaterThan(50);
    expect(document.latencyMs.algorithmic).toBe(20);
    const { total, ...parts } = document.latencyMs as Record<string, number>;
    const sum = Object.values(parts).reduce((a, b) => a + b, 0);
    expect(total).toBeCloseTo(sum, 1);
    expect(document.hopMs.p99).toBeGreaterThan(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it in order: recording whole, figures printed, no process left',
    async (signal) => {
      const own = join(folder, signal);
      const { child, done } = live('--record', own, '--json');
      await recordsInto(own);
      const others = LINUX ? descendants(child.pid!) : [];
      child.kill(signal);
      const { code, json } = await done;
      expect(code).toBe(0);
      const [recording] = json().recordings;
      expect(json().ended).toBe('interrupted');
      expect(recording).toMatchObject({ ended: 'stopped', problem: null });
      const raw = await readAudio(recording.raw);
      expect(raw.channels[0]!.length / raw.sampleRate).toBeCloseTo(recording.seconds, 3);
      expect(recording.seconds).toBeGreaterThan(0.3);
      if (LINUX) {
        expect(others.length).toBeGreaterThan(0);
        await until('the end of all processes', () => !others.some(isRunning), 5000);
      }
    },
  );

  it.skipIf(!LINUX)(
    'SIGKILL takes the engine along, its recording whole [needs Linux]',
    async () => {
      const own = join(folder, 'killed');
      const { child, done } = live('--record', own);
      await recordsInto(own);
      const others = descendants(child.pid!);
      expect(others.length).toBeGreaterThan(0);
      child.kill('SIGKILL');
      await done;
      await until('the end of all processes', () => !others.some(isRunning), 5000);
      const names = await readdir(own);
      const raw = await readAudio(
        join(
          own,
          names.find((name) => name.endsWith('.raw.wav'))!,
        ),
      );
      expect(raw.channels[0]!.length).toBeGreaterThan(0);
    },
  );

  it.skipIf(!LINUX)('an engine that is killed is replaced, and told [needs Linux]', async () => {
    const own = join(folder, 'engine-killed');
    const { child, done } = live('--record', own, '--json');
    await recordsInto(own);
    const first = enginePid(child.pid!)!;
    process.kill(first, 'SIGKILL');
    await until('another engine', () => {
      const next = enginePid(child.pid!);
      return next !== undefined && next !== first;
    });
    await until(
      'another recording',
      async () => (await readdir(own)).filter((name) => name.endsWith('.raw.wav')).length === 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.kill('SIGINT');
    const { code, stderr, json } = await done;
    expect(code).toBe(0);
    expect(json()).toMatchObject({ engineRestarts: 1, ended: 'interrupted' });
    expect(json().incidents[0].what).toMatch(/engine was started again .*ended by SIGKILL/);
    expect(stderr).toMatch(/engine was started again/);
    expect(json().recordings).toHaveLength(1);
  });

  it('says in one line what is wrong, and exits 1', async () => {
    const result = await live('--input', 'No such microphone', '--json').done;
    expect(result.code).toBe(1);
    expect(oneLine(result.stderr)).toContain('Simulated microphone');
    expect(result.json().error.code).toBe('AUDIO_DEVICE_NOT_FOUND');
    const folderFails = await live('--record', '/proc/x').done;
    expect(folderFails.code).toBe(1);
    expect(oneLine(folderFails.stderr)).toContain('/proc/x');
  });

  it.each([
    ['--quantizer', 'bogus'],
    ['--quantizer', 'rvq', '--codebooks', '4'],
    ['--mix', '1.5'],
    ['--attenuation-limit', '-3'],
    ['--duration', '0'],
    ['--backend', 'cassette'],
    ['--virtual-mic', '--output', 'x'],
    ['--virtual-mic', '--backend', 'fake'],
    ['--backend', 'file'],
    ['--backend', 'file', '--input', 'x.wav'],
    ['surplus'],
  ])('refuses wrong usage: %s %s %s %s', async (...args) => {
    const given = args.filter((arg) => arg !== undefined);
    const result = await run('live', '--models', TINY_MODELS, ...given, '--json');
    expect(result.code).toBe(2);
    expect(result.json().error.message).toBeTypeOf('string');
  });
});

describe('residua live with files', () => {
  it('plays a recording through and ends with it', async () => {
    const input = join(import.meta.dirname, '../fixtures/audio/mono-16k.flac');
    const output = join(folder, 'heard.wav');
    const args = ['--models', TINY_MODELS, '--provider', 'cpu', '--backend', 'file'];
    const { code, json } = await start(
      ...['live', ...args, '--input', input, '--output', output, '--output-rate', '16000'],
      ...['--quantizer', 'none', '--json'],
    ).done;
    expect(code).toBe(0);
    expect(json()).toMatchObject({ ended: 'input-ended', backend: 'file' });
    const [before, after] = await Promise.all(
      [input, output].map(async (path) => (await readAudio(path)).channels[0]!),
    );
    // The fixture's quantizer-off mode passes sound unchanged: all of it must have arrived. Real time on a
    // busy machine forbids to ask for every sample; the tests of the engine on a virtual clock do.
    const energy = (samples: Float32Array) => samples.reduce((sum, v) => sum + v * v, 0);
    expect(energy(after!) / energy(before!)).toBeGreaterThan(0.8);
    expect(energy(after!) / energy(before!)).toBeLessThan(1.1);
  });
});
