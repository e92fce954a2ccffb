import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../common/clock.ts';
import type { ResiduaError } from '../../../common/errors.ts';
import { readAudio } from '../../open-audio.ts';
import { WavWriter } from '../../wav-writer.ts';
import { describeContract } from '../contract.ts';
import { FileBackend } from './file-backend.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'residua-file-backend-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function makeWav(name: string, frames: number, channels = 1): Promise<string> {
  const file = path.join(folder, name);
  const writer = await WavWriter.create(file, {
    sampleRate: 16_000,
    channels,
    sampleFormat: 'float',
  });
  const planar = Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: frames }, (_, i) => ((i % 999) + c) / 1000),
  );
  await writer.write(planar);
  await writer.commit();
  return file;
}

describeContract('file, as fast as possible', async () => {
  const input = await makeWav('long.wav', 16_000 * 60);
  const output = path.join(folder, 'out.wav');
  return {
    backend: new FileBackend({ inputs: [input], outputs: [output], pace: 'free' }),
    input,
    output,
  };
});

describeContract('file, in real time', async () => {
  const input = await makeWav('long2.wav', 16_000 * 60, 2);
  const output = path.join(folder, 'out2.wav');
  return { backend: new FileBackend({ inputs: [input], outputs: [output] }), input, output };
});

/** Plays `input` into `output`, as fast as both take it. */
async function copy(input: string, output: string, channels: number) {
  const backend = new FileBackend({ inputs: [input], outputs: [output], pace: 'free' });
  const source = await backend.openSource({ channels });
  const sink = await backend.openSink({ sampleRateHz: source.sampleRateHz, channels });
  const failed = (error: ResiduaError): void => expect.fail(error.message);
  // One block at a time crosses: each side waits for the other.
  let full: ((samples: Float32Array) => void) | undefined;
  let room: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    void sink.start({
      pull: (out) =>
        new Promise((done) => {
          full = (samples) => {
            out.set(samples);
            done();
          };
          room?.();
        }),
      failed,
    });
    void source.start({
      block: async (samples) => {
        if (full === undefined) await new Promise<void>((ready) => (room = ready));
        const give = full!;
        full = undefined;
        give(samples);
      },
      failed,
      ended: resolve,
    });
  });
  await ended;
  await pause(20);
  await backend.dispose();
}

describe('file back end', () => {
  it('passes a recording on bit for bit, filled up to whole blocks', async () => {
    const input = await makeWav('stereo.wav', 16_000 + 7, 2);
    const output = path.join(folder, 'copy.wav');
    await copy(input, output, 2);
    const [sent, got] = [await readAudio(input), await readAudio(output)];
    expect(got.sampleRate).toBe(16_000);
    expect(got.channels).toHaveLength(2);
    expect(got.channels[0]!.length).toBe(16_000 + 160);
    for (const c of [0, 1]) {
      expect(got.channels[c]!.slice(0, 16_007)).toEqual(sent.channels[c]);
      expect(got.channels[c]!.slice(16_007).every((value) => value === 0)).toBe(true);
    }
  });

  it('paces by its clock, and says when the recording is over', async () => {
    const clock = new VirtualClock();
    const input = await makeWav('short.wav', 1600);
    const backend = new FileBackend({ inputs: [input], clock });
    const times: number[] = [];
    let ended = false;
    const source = await backend.openSource({});
    await source.start({
      block: (_, atMs) => void times.push(atMs),
      failed: (error) => expect.fail(error.message),
      ended: () => (ended = true),
    });
    for (let ms = 0; ms < 200; ms++) {
      await pause(1); // the disk is real
      await clock.advance(1);
    }
    await backend.dispose();
    expect(ended).toBe(true);
    expect(times).toHaveLength(10);
    for (const [i, atMs] of times.slice(-5).entries()) expect(atMs).toBeCloseTo(10 * (i + 6), 0);
  });

  it('refuses another rate than the recording has', async () => {
    const input = await makeWav('rate.wav', 1600);
    const backend = new FileBackend({ inputs: [input] });
    await expect(backend.openSource({ sampleRateHz: 48_000 })).rejects.toMatchObject({
      code: 'AUDIO_DEVICE_REFUSED',
    });
  });

  it('names a recording that is not there, and a folder that is not there', async () => {
    const missing = new FileBackend({ inputs: [path.join(folder, 'no.wav')] });
    await expect(missing.devices()).rejects.toMatchObject({ code: 'AUDIO_NOT_FOUND' });
    const nowhere = new FileBackend({ outputs: [path.join(folder, 'no', 'x.wav')] });
    await expect(nowhere.openSink({})).rejects.toMatchObject({ code: 'AUDIO_OUTPUT' });
  });

  it('leaves nothing behind where nothing was played', async () => {
    const output = path.join(folder, 'unplayed.wav');
    const backend = new FileBackend({ outputs: [output] });
    await backend.openSink({});
    await backend.dispose();
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('reports a recording that is damaged in the middle', async () => {
    const input = await makeWav('cut.wav', 160_000);
    const { truncateSync } = await import('node:fs');
    const backend = new FileBackend({ inputs: [input], pace: 'free' });
    const source = await backend.openSource({});
    truncateSync(input, 40_000);
    const error = await new Promise<ResiduaError>((resolve, reject) => {
      void source.start({
        block: () => {},
        failed: resolve,
        ended: () => reject(new Error('ended')),
      });
    });
    await backend.dispose();
    expect(error.code).toBe('AUDIO_TRUNCATED');
  });
});
