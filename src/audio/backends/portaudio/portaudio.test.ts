import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
import { pactl } from '../../pulse/pactl.ts';
import { describeContract } from '../contract.ts';
import { PortAudioBackend } from './portaudio-backend.ts';

describe.skipIf(pulseMissing('naudiodon') !== undefined)('[needs PulseAudio]', () => {
  const pulse = usePulse();

  describeContract('portaudio', () =>
    Promise.resolve({ backend: new PortAudioBackend(), input: MIC, output: OUT }),
  );

  describe('portaudio with a sound server', () => {
    const open = async () => {
      const backend = new PortAudioBackend({ sinkLeadMs: 120 });
      const source = await backend.openSource({ device: MIC });
      const sink = await backend.openSink({ device: OUT });
      return { backend, source, sink };
    };

    it('names devices as the server does, with its rates and channels', async () => {
      const backend = new PortAudioBackend();
      expect(await backend.devices()).toContainEqual({
        name: OUT,
        hostApi: 'PulseAudio',
        inputChannels: 0,
        outputChannels: 1,
        defaultSampleRateHz: 48_000,
        isDefaultInput: false,
        isDefaultOutput: false,
      });
      await backend.dispose();
    });

    // What is buffered bridges 400 ms; a machine that stands still for longer is given another try.
    it('passes sound bit for bit from source to sink', { retry: 4 }, async () => {
      const { backend, source, sink } = await open();
      const errors: ResiduaError[] = [];
      const failed = (error: ResiduaError): void => void errors.push(error);
      const queue: Float32Array[] = [];
      let sounding = false;
      await sink.start({
        // Starts with some blocks in hand, so that this test is about samples and not about haste.
        pull: (out) => {
          sounding ||= queue.length >= 30;
          const block = sounding ? queue.shift() : undefined;
          if (block === undefined) out.fill(0);
          else out.set(block);
        },
        failed,
      });
      await source.start({ block: (samples) => void queue.push(samples.slice()), failed });
      const recorder = pulse().record(`${TEST_OUT}.monitor`);
      while (recorder.heard() < 4800) await pause(20);
      // Short, so that a busy machine manages. Each sample another value, so that a lost, doubled or changed one shows.
      const sent = Float32Array.from({ length: 12_000 }, (_, i) => (i + 1) / 2 ** 17);
      await pulse().play(TEST_MIC, sent);
      // A second of sound more, however long that takes here.
      const enough = recorder.heard() + 48_000;
      while (recorder.heard() < enough) await pause(20);
      const heard = await recorder.stop();
      await backend.dispose();
      expect(errors).toEqual([]);
      const at = heard.findIndex((value) => value !== 0);
      expect(at).toBeGreaterThan(0);
      const passed = heard.subarray(at, at + sent.length);
      expect(passed.length).toBe(sent.length);
      // By index: a whole array in a report of failure would be 48,000 lines.
      expect(passed.findIndex((value, i) => value !== sent[i])).toBe(-1);
    });

    it('says at once that a device was unplugged, although the server moves the stream on', async () => {
      const backend = new PortAudioBackend();
      const module = await pactl([
        'load-module',
        'module-null-sink',
        'sink_name=residua_test_usb',
        'norewinds=1', // without it a stream takes seconds to start
        'sink_properties=device.description=USB',
      ]);
      const errors: ResiduaError[] = [];
      const sink = await backend.openSink({ device: 'USB' });
      await sink.start({ pull: (out) => void out.fill(0), failed: (error) => errors.push(error) });
      await pactl(['unload-module', module.trim()]);
      for (let i = 0; i < 100 && errors.length === 0; i++) await pause(50);
      expect(errors.map(({ code }) => code)).toEqual(['AUDIO_DEVICE_LOST']);
      await expect(backend.openSink({ device: 'USB' })).rejects.toMatchObject({
        code: 'AUDIO_DEVICE_NOT_FOUND',
      });
      await backend.dispose();
    });

    it('fails when the server dies, and opens again when it is back', async () => {
      const { backend, source, sink } = await open();
      const errors: ResiduaError[] = [];
      const failed = (error: ResiduaError): void => void errors.push(error);
      await source.start({ block: () => {}, failed });
      await sink.start({ pull: (out) => void out.fill(0), failed });
      await pulse().down();
      for (let i = 0; i < 100 && errors.length < 2; i++) await pause(50);
      expect(errors).toHaveLength(2);
      for (const { code } of errors) expect(code).toMatch(/^AUDIO_DEVICE_(LOST|STALLED)$/);
      const closedMs = performance.now();
      await Promise.all([source.close(), sink.close()]);
      expect(performance.now() - closedMs).toBeLessThan(2000);
      await pulse().up();
      let blocks = 0;
      const again = await backend.openSource({ device: MIC });
      await again.start({ block: () => void blocks++, failed });
      for (let i = 0; i < 100 && blocks === 0; i++) await pause(50);
      expect(blocks).toBeGreaterThan(0);
      await backend.dispose();
    });

    it('tells of devices that come and go', async () => {
      const backend = new PortAudioBackend();
      let notices = 0;
      const end = backend.watch!(() => void notices++);
      await pause(300);
      const module = await pactl(['load-module', 'module-null-sink', 'sink_name=residua_test_new']);
      for (let i = 0; i < 100 && notices === 0; i++) await pause(50);
      expect(notices).toBeGreaterThan(0);
      end();
      await pactl(['unload-module', module.trim()]);
      await backend.dispose();
    });

    it('prints nothing, whatever PortAudio and ALSA say', async () => {
      const script = new URL('../../../../test/fixtures/open-device.ts', import.meta.url);
      const run = promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(script), OUT],
        { timeout: 20_000 },
      );
      expect(await run).toEqual({ stdout: 'played\n', stderr: '' });
    });
  });
});
