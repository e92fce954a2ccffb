import { describe, expect, it } from 'vitest';
import { PortAudioBackend } from '../../src/audio/backends/portaudio/portaudio-backend.ts';
import { systemClock } from '../../src/common/clock.ts';
import { measureLoopback } from '../../src/host/loopback.ts';
import { pulseMissing, TEST_MIC_NAME, TEST_OUT_NAME } from '../fixtures/pulse.ts';
import { usePulse } from '../fixtures/use-pulse.ts';

const missing = pulseMissing('naudiodon');

describe.skipIf(missing !== undefined)('the loop test [needs PulseAudio]', () => {
  usePulse();

  /** A null sink is a cable: what is played into it comes back from its monitor. */
  it('measures a cable through real devices', async () => {
    const backend = new PortAudioBackend();
    try {
      const monitor = `Monitor of ${TEST_OUT_NAME}`;
      const looped = await measureLoopback(
        backend,
        { input: monitor, output: TEST_OUT_NAME },
        systemClock,
      );
      expect(looped).toMatchObject({ input: monitor, output: TEST_OUT_NAME, clipped: false });
      expect(looped.loopbackMs).toBeGreaterThan(5);
      expect(looped.snrDb).toBeGreaterThan(60);
      const apart = await measureLoopback(
        backend,
        { input: TEST_MIC_NAME, output: TEST_OUT_NAME },
        systemClock,
      );
      expect(apart).toMatchObject({ loopbackMs: null, snrDb: null });
    } finally {
      await backend.dispose();
    }
  });
});
