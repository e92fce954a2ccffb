import { describe, expect, it } from 'vitest';
import { pulseMissing, TEST_MIC, TEST_OUT } from '../fixtures/pulse.ts';
import { usePulse } from '../fixtures/use-pulse.ts';
import { run } from './run-cli.ts';

interface Answer {
  backend: string | null;
  backends: { id: string; state: string; error?: { code: string; hint?: string } }[];
  devices: { name: string; hostApi: string; isDefaultInput: boolean; isDefaultOutput: boolean }[];
  virtualMicrophone: { state: string; hint?: string };
}

describe('devices', () => {
  it('answers on any machine with one JSON document, and says what does not work', async () => {
    const { code, stdout, stderr } = await run('devices', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const answer = JSON.parse(stdout) as Answer;
    expect(answer.backends.map(({ id }) => id)).toEqual(['portaudio', 'decibri']);
    for (const { state, error } of answer.backends) {
      expect(['in use', 'not needed', 'failed']).toContain(state);
      if (state !== 'failed') continue;
      expect(error?.code).toBe('AUDIO_UNAVAILABLE');
      expect(error?.hint).toBeTruthy();
    }
    const inUse = answer.backends.find(({ state }) => state === 'in use')?.id ?? null;
    expect(answer.backend).toBe(inUse);
    if (answer.virtualMicrophone.state === 'unavailable') {
      expect(answer.virtualMicrophone.hint).toBeTruthy();
    }
  });

  it('refuses what it does not know', async () => {
    expect((await run('devices', '--jsno')).code).toBe(2);
    expect((await run('devices', 'extra')).code).toBe(2);
  });
});

describe.skipIf(pulseMissing('naudiodon') !== undefined)('devices [needs PulseAudio]', () => {
  usePulse();
  const shown = (name: string): string => name.replaceAll('_', '-');

  it('lists the sound server by the names people know', async () => {
    const { code, stdout } = await run('devices', '--json');
    expect(code).toBe(0);
    const answer = JSON.parse(stdout) as Answer;
    expect(answer.backend).toBe('portaudio');
    expect(answer.devices.map(({ name }) => name).sort()).toEqual(
      [
        `Monitor of ${shown(TEST_MIC)}`,
        `Monitor of ${shown(TEST_OUT)}`,
        shown(TEST_MIC),
        shown(TEST_OUT),
      ].sort(),
    );
    expect(answer.devices.every(({ hostApi }) => hostApi === 'PulseAudio')).toBe(true);
    expect(answer.devices.filter(({ isDefaultInput }) => isDefaultInput)).toHaveLength(1);
    expect(answer.devices.filter(({ isDefaultOutput }) => isDefaultOutput)).toHaveLength(1);
    expect(answer.virtualMicrophone).toEqual({
      state: 'ready',
      name: 'Residua Microphone',
      through: 'the sound server',
    });
  });

  it('shows people a table', async () => {
    const { code, stdout, stderr } = await run('devices');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /Inputs\n.*host API.*\n.*Monitor of residua-test-mic +PulseAudio +1 +48000 Hz/,
    );
    expect(stdout).toMatch(/Outputs\n.*\n.*residua-test-mic +PulseAudio +1 +48000 Hz +default/);
    expect(stdout).toContain('PortAudio (naudiodon): in use');
    expect(stdout).toContain('residua live --virtual-mic');
  });
});
