import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  pulseMissing,
  TEST_MIC,
  TEST_MIC_NAME as MIC,
  TEST_OUT,
  TEST_OUT_NAME as OUT,
} from '../../../../test/fixtures/pulse.ts';
import { usePulse } from '../../../../test/fixtures/use-pulse.ts';
import type { ResiduaError } from '../../../common/errors.ts';
import { describeContract } from '../contract.ts';
import { DecibriBackend } from './decibri-backend.ts';

describe.skipIf(pulseMissing('decibri') !== undefined)('[needs PulseAudio]', () => {
  const pulse = usePulse();

  describeContract('decibri', () =>
    Promise.resolve({ backend: new DecibriBackend(), input: MIC, output: OUT }),
  );

  // decibri records at a rate of its own choice and resamples: only playback is exact. What is buffered
  // bridges 400 ms; a machine that stands still for longer is given another try.
  it('passes sound on at its level, playback bit for bit', { retry: 4 }, async () => {
    const backend = new DecibriBackend({ sinkLeadMs: 120 });
    const source = await backend.openSource({ device: MIC, channels: 2 });
    expect(source.channels).toBe(1);
    const sink = await backend.openSink({ device: OUT });
    const errors: ResiduaError[] = [];
    const failed = (error: ResiduaError): void => void errors.push(error);
    const queue: Float32Array[] = [];
    const delivered: Float32Array[] = [];
    let sounding = false;
    await sink.start({
      pull: (out) => {
        sounding ||= queue.length >= 30;
        const block = sounding ? queue.shift() : undefined;
        if (block === undefined) out.fill(0);
        else out.set(block);
      },
      failed,
    });
    await source.start({
      block: (samples) => {
        queue.push(samples.slice());
        delivered.push(samples.slice());
      },
      failed,
    });
    const recorder = pulse().record(`${TEST_OUT}.monitor`);
    while (recorder.heard() < 4800) await pause(20);
    const sent = Float32Array.from({ length: 12_000 }, (_, i) => Math.sin(i / 17) / 4);
    await pulse().play(TEST_MIC, sent);
    const enough = recorder.heard() + 48_000;
    while (recorder.heard() < enough) await pause(20);
    const heard = await recorder.stop();
    await backend.dispose();
    expect(errors).toEqual([]);
    const captured = sounded(delivered.flatMap((block) => [...block]));
    const energy = captured.reduce((sum, value) => sum + value * value, 0);
    expect(energy / sent.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 2);
    const played = sounded([...heard]);
    const length = Math.min(captured.length, played.length, 11_500);
    expect(length).toBe(11_500);
    expect(played.slice(0, length).findIndex((value, i) => value !== captured[i])).toBe(-1);
  });

  it('fails when the server dies', async () => {
    const backend = new DecibriBackend();
    const errors: ResiduaError[] = [];
    const sink = await backend.openSink({ device: OUT });
    await sink.start({ pull: (out) => void out.fill(0), failed: (error) => errors.push(error) });
    await pulse().down();
    for (let i = 0; i < 100 && errors.length === 0; i++) await pause(50);
    expect(errors[0]?.code).toMatch(/^AUDIO_DEVICE_(LOST|STALLED)$/);
    await sink.close();
    await pulse().up();
    await backend.dispose();
  });
});

/** From the first sample that is not silence. */
function sounded(samples: readonly number[]): readonly number[] {
  return samples.slice(samples.findIndex((value) => value !== 0));
}
