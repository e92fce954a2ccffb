import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResiduaError } from '../../../common/errors.ts';
import { AudioDeviceError } from '../../device-errors.ts';
import { describeContract } from '../contract.ts';
import { ProcessBackend } from './process-backend.ts';
import type { Driver } from './target.ts';

const driver: Driver = {
  id: 'odd',
  script: new URL('../../../../test/fixtures/odd-library.mjs', import.meta.url),
  explainLoadFailure: (message) => new AudioDeviceError('AUDIO_UNAVAILABLE', message, 'mend it'),
  maxSourceChannels: Infinity,
  preferredHostApis: [],
  heldMs: { sink: 0, source: 0 },
};

const opened: ProcessBackend[] = [];
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.dispose();
  delete process.env['RESIDUA_ODD'];
});

/** @param odd how the library misbehaves */
function setup(odd: string, limits = { openMs: 5000, stallMs: 300 }): ProcessBackend {
  process.env['RESIDUA_ODD'] = odd;
  const backend = new ProcessBackend(driver, { useSoundServer: false, limits });
  opened.push(backend);
  return backend;
}

async function failure(start: (failed: (error: ResiduaError) => void) => Promise<void>) {
  const errors: ResiduaError[] = [];
  await start((error) => errors.push(error));
  for (let i = 0; i < 200 && errors.length === 0; i++) await pause(20);
  await pause(50);
  expect(errors).toHaveLength(1);
  return errors[0]!;
}

describeContract('a library in a device process', () =>
  Promise.resolve({ backend: setup(''), input: 'Both', output: 'Both' }),
);

describe('a device process', () => {
  it('that cannot load its library says why, and how to mend it', async () => {
    await expect(setup('missing').devices()).rejects.toMatchObject({
      code: 'AUDIO_UNAVAILABLE',
      message: "Cannot find module 'odd'",
      hint: 'mend it',
    });
  });

  it('that crashes while it loads takes nobody along', async () => {
    await expect(setup('crash on load').devices()).rejects.toMatchObject({
      code: 'AUDIO_UNAVAILABLE',
      message: expect.stringContaining('SIGABRT') as string,
    });
  });

  it.each([
    ['refuse', 'AUDIO_DEVICE_REFUSED', 'Invalid sample rate'],
    ['gone', 'AUDIO_DEVICE_NOT_FOUND', 'Both'],
  ])('that has to %s rejects the start', async (odd, code, message) => {
    const source = await setup(odd).openSource({});
    await expect(source.start({ block: () => {}, failed: () => {} })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await source.close();
  });

  it.each([
    ['stall', 'AUDIO_DEVICE_STALLED'],
    ['crash', 'AUDIO_DEVICE_LOST'],
    ['error', 'AUDIO_DEVICE_LOST'],
  ])('in a %s fails its source, once', async (odd, code) => {
    const source = await setup(odd).openSource({});
    let blocks = 0;
    const error = await failure((failed) => source.start({ block: () => void blocks++, failed }));
    expect(error.code).toBe(code);
    expect(blocks).toBeGreaterThanOrEqual(5);
    const before = blocks;
    await pause(100);
    expect(blocks).toBe(before);
    await source.close();
  });

  it('whose device takes nothing does not start', async () => {
    const sink = await setup('stall', { openMs: 500, stallMs: 300 }).openSink({});
    await expect(
      sink.start({ pull: (out) => void out.fill(0), failed: () => {} }),
    ).rejects.toMatchObject({ code: 'AUDIO_DEVICE_REFUSED' });
  });

  it('that hangs when it should end is ended', async () => {
    const sink = await setup('hang on close').openSink({});
    await sink.start({ pull: (out) => void out.fill(0), failed: () => {} });
    const beganMs = performance.now();
    await sink.close();
    expect(performance.now() - beganMs).toBeLessThan(3000);
  });

  it('can be closed while it starts', async () => {
    const source = await setup('').openSource({});
    const starting = source.start({ block: () => {}, failed: () => {} });
    await source.close();
    await expect(starting).rejects.toMatchObject({ code: 'AUDIO_DEVICE_LOST' });
  });

  it('plays silence while this process stands still, and counts it', async () => {
    const sink = await setup('').openSink({});
    let pulls = 0;
    await sink.start({ pull: (out) => void (out.fill(0), pulls++), failed: () => {} });
    while (pulls < 5) await pause(5);
    const { latencyMs, underruns } = sink;
    const untilMs = performance.now() + 300;
    while (performance.now() < untilMs);
    const before = pulls;
    while (pulls < before + 5) await pause(5);
    expect(sink.underruns).toBeGreaterThan(underruns);
    expect(sink.latencyMs).toBeGreaterThan(latencyMs);
  });

  it('keeps a source alive over a stall of this process, and counts what was lost', async () => {
    // Two channels fill the pipe sooner.
    const source = await setup('').openSource({ channels: 2 });
    let blocks = 0;
    const errors: ResiduaError[] = [];
    await source.start({ block: () => void blocks++, failed: (error) => errors.push(error) });
    while (blocks < 5) await pause(5);
    const untilMs = performance.now() + 1500;
    while (performance.now() < untilMs);
    const before = blocks;
    while (blocks < before + 60) await pause(5);
    await pause(100);
    expect(errors).toEqual([]);
    expect(source.lostFrames).toBeGreaterThan(0);
  });
});
