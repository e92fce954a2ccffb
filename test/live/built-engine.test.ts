import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { pactl } from '../../src/audio/pulse/pactl.ts';
import { forkEngine } from '../../src/host/client/fork-engine.ts';
import { EngineSupervisor } from '../../src/host/client/supervisor.ts';
import { useBuiltApp } from '../fixtures/build-app.ts';
import {
  pulseMissing,
  TEST_MIC,
  TEST_MIC_NAME,
  TEST_OUT,
  TEST_OUT_NAME,
} from '../fixtures/pulse.ts';
import { usePulse } from '../fixtures/use-pulse.ts';

const MODEL = path.resolve(import.meta.dirname, '../../models/residua-v1');

describe.skipIf(pulseMissing('naudiodon') !== undefined)(
  'the built engine [needs PulseAudio]',
  () => {
    const built = useBuiltApp();
    const pulse = usePulse();

    it('finds its device processes, names devices as the sound server does, and passes sound', async () => {
      void pulse().play(TEST_MIC, noise(20 * pulse().rateHz));
      const entry = pathToFileURL(path.join(built(), 'main', 'host', 'engine-main.js'));
      const supervisor = new EngineSupervisor({ launch: () => forkEngine({ entry }) });
      await supervisor.open({
        modelFolder: MODEL,
        provider: 'cpu',
        backend: 'portaudio',
        devices: { input: TEST_MIC_NAME, output: TEST_OUT_NAME },
        controls: { mix: 0 },
      });
      expect((await supervisor.devices()).map(({ name }) => name)).toContain(TEST_MIC_NAME);
      await supervisor.start();
      await vi.waitFor(
        async () => expect((await supervisor.telemetry()).inputLevel.rms).toBeGreaterThan(-30),
        { timeout: 20_000, interval: 100 },
      );
      const recorder = pulse().record(`${TEST_OUT}.monitor`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const heard = await recorder.stop();
      const last = heard.subarray(-pulse().rateHz / 2);
      const rms = Math.sqrt(last.reduce((sum, x) => sum + x * x, 0) / last.length);
      expect(rms).toBeGreaterThan(0.05);
      await supervisor.close();
    });

    it('makes its virtual microphone and takes it away', async () => {
      const entry = pathToFileURL(path.join(built(), 'main', 'host', 'engine-main.js'));
      const supervisor = new EngineSupervisor({ launch: () => forkEngine({ entry }) });
      const { virtualMicrophone } = await supervisor.open({
        modelFolder: MODEL,
        provider: 'cpu',
        backend: 'portaudio',
        devices: { input: TEST_MIC_NAME },
        controls: {},
        virtualMicrophone: true,
      });
      expect(virtualMicrophone).toBe('Residua Microphone');
      expect(await pactl(['list', 'short', 'modules'])).toContain('residua_vmic');
      await supervisor.close();
      await vi.waitFor(
        async () => expect(await pactl(['list', 'short', 'modules'])).not.toContain('residua_vmic'),
        { timeout: 10_000, interval: 200 },
      );
    });
  },
);

function noise(frames: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: frames }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return 0.3 * (state / 1_073_741_824 - 1);
  });
}
