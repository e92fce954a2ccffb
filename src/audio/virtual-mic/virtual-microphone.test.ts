import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { pulseMissing, TEST_MIC } from '../../../test/fixtures/pulse.ts';
import { usePulse } from '../../../test/fixtures/use-pulse.ts';
import type { AudioDevice } from '../backend.ts';
import { pactl, pactlJson } from '../pulse/pactl.ts';
import { pulseDevices } from '../pulse/pulse-devices.ts';
import { findCable } from './cable.ts';
import { ownerOf, ownerState, ownSinkName } from './owner.ts';
import { loadedMicrophones, removeLeftovers, serverDefaults } from './pulse-modules.ts';
import { openVirtualMicrophone, virtualMicrophoneState } from './virtual-microphone.ts';

const none = (): Promise<readonly AudioDevice[]> => Promise.resolve([]);
const device = (name: string, outputChannels = 2): AudioDevice => ({
  name,
  hostApi: 'x',
  inputChannels: 0,
  outputChannels,
  defaultSampleRateHz: 48_000,
  isDefaultInput: false,
  isDefaultOutput: false,
});

describe('cables', () => {
  it('are found by the end that is played into', () => {
    const speakers = device('Speakers');
    expect(findCable([speakers, device('BlackHole 2ch')])).toEqual({
      driver: 'BlackHole',
      outputDevice: 'BlackHole 2ch',
      microphoneName: 'BlackHole 2ch',
    });
    const vb = [device('CABLE Output (VB-Audio Virtual Cable)', 0), speakers];
    expect(findCable(vb)).toBeUndefined();
    expect(findCable([...vb, device('CABLE Input (VB-Audio Virtual Cable)')])).toEqual({
      driver: 'VB-Cable',
      outputDevice: 'CABLE Input (VB-Audio Virtual Cable)',
      microphoneName: 'CABLE Output (VB-Audio Virtual Cable)',
    });
  });

  it.each([
    ['darwin', /BlackHole/],
    ['win32', /VB-Cable/],
  ] as const)('say on %s how to get one', async (platform, hint) => {
    await expect(openVirtualMicrophone(none, { platform })).rejects.toMatchObject({
      code: 'VIRTUAL_MIC_UNAVAILABLE',
      hint: expect.stringMatching(hint) as string,
    });
    expect((await virtualMicrophoneState([], { platform })).hint).toMatch(hint);
  });

  it('are used where they are', async () => {
    const devices = (): Promise<AudioDevice[]> => Promise.resolve([device('BlackHole 2ch')]);
    const microphone = await openVirtualMicrophone(devices, { platform: 'darwin' });
    expect(microphone).toMatchObject({ name: 'BlackHole 2ch', outputDevice: 'BlackHole 2ch' });
  });
});

describe.skipIf(process.platform !== 'linux')('owner [needs Linux]', () => {
  it('is told from a name', () => {
    const owner = ownerOf(ownSinkName());
    expect(owner?.pid).toBe(process.pid);
    expect(ownerState(owner!)).toBe('self');
    expect(ownerOf(`${ownSinkName()}_source`)).toEqual(owner);
  });

  it('is gone when its process id was given to another process, or to none', () => {
    const owner = ownerOf(ownSinkName())!;
    expect(ownerState({ ...owner, startTicks: '1' })).toBe('gone');
    expect(ownerState({ ...owner, pid: 2 ** 22 + 1 })).toBe('gone');
    expect(ownerState({ ...owner, namespace: '1' })).toBe('unknown');
  });

  it.each(['', 'speakers', 'residua_vmic_', 'residua_vmic_1_2', 'residua_vmic_a_b_c'])(
    'is nobody for %j',
    (name) => expect(ownerOf(name)).toBeUndefined(),
  );
});

describe.skipIf(pulseMissing() !== undefined)('virtual microphone [needs PulseAudio]', () => {
  const pulse = usePulse();
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await gone();
  });

  /** Another instance of the program that has a virtual microphone. */
  async function instance(): Promise<{ child: ChildProcess; name: string; outputDevice: string }> {
    const script = fileURLToPath(
      new URL('../../../test/fixtures/hold-virtual-mic.ts', import.meta.url),
    );
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      return { child, ...(JSON.parse(line) as { name: string; outputDevice: string }) };
    }
    throw new Error('no microphone was made');
  }

  /** Waits until no microphone is loaded, at most 5 s. */
  async function gone(): Promise<void> {
    for (let i = 0; i < 100 && (await loadedMicrophones()).length > 0; i++) await pause(50);
  }

  async function sourceNames(): Promise<string[]> {
    const sources = (await pactlJson(['list', 'sources'])) as { description: string }[];
    return sources.map(({ description }) => description);
  }

  it('is listed by others, is no input of ours, and leaves the defaults alone', async () => {
    const before = await serverDefaults();
    const microphone = await openVirtualMicrophone(none);
    expect(microphone.name).toBe('Residua Microphone');
    expect(await sourceNames()).toContain('Residua Microphone');
    const { devices } = await pulseDevices();
    const inputs = devices.filter(({ inputChannels }) => inputChannels > 0);
    expect(inputs.filter(({ name }) => name.includes('Residua'))).toEqual([]);
    const outputs = devices.filter(({ outputChannels }) => outputChannels > 0);
    expect(outputs.map(({ name }) => name)).toContain(microphone.outputDevice);
    expect(await serverDefaults()).toEqual(before);
    expect(await virtualMicrophoneState([])).toMatchObject({
      state: 'active',
      ownerPid: process.pid,
    });
    await microphone.close();
    await microphone.close();
    expect(await loadedMicrophones()).toEqual([]);
    expect(await sourceNames()).not.toContain('Residua Microphone');
    expect(await virtualMicrophoneState([])).toMatchObject({ state: 'ready' });
  });

  it('gives the default back when the server made it the default', async () => {
    await pactl(['set-default-source', `${TEST_MIC}.monitor`]);
    const microphone = await openVirtualMicrophone(none);
    const sources = (await pactlJson(['list', 'sources'])) as { name: string }[];
    const own = sources.find(({ name }) => name.endsWith('_source'))!;
    await pactl(['set-default-source', own.name]); // as PipeWire does, a moment later
    await pause(600);
    expect((await serverDefaults()).source).toBe(`${TEST_MIC}.monitor`);
    await microphone.close();
  });

  it('plays what is played into it', async () => {
    const microphone = await openVirtualMicrophone(none);
    const [own] = await loadedMicrophones();
    const recorder = pulse().record(`${own!.sinkName}_source`);
    while (recorder.heard() < 4800) await pause(20);
    await pulse().play(own!.sinkName, new Float32Array(24_000).fill(0.5));
    const enough = recorder.heard() + 12_000;
    while (recorder.heard() < enough) await pause(20);
    const heard = await recorder.stop();
    // 0.5 stays 0.5: neither made stereo nor louder.
    expect(heard.filter((value) => Math.abs(value - 0.5) < 1e-3).length).toBeGreaterThan(20_000);
    expect(heard.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(0.501);
    await microphone.close();
  });

  it('is removed when its process is killed', async () => {
    const { child } = await instance();
    expect(await sourceNames()).toContain('Residua Microphone');
    child.kill('SIGKILL');
    await gone();
    expect(await sourceNames()).not.toContain('Residua Microphone');
    // Nor does anything of it go on listening to the server: the one client is this question.
    const clients = async (): Promise<number> =>
      (await pactl(['list', 'short', 'clients'])).trim().split('\n').length;
    for (let i = 0; i < 100 && (await clients()) > 1; i++) await pause(50);
    expect(await clients()).toBe(1);
  });

  it('respects another running instance, and takes another name', async () => {
    const other = await instance();
    expect(other.name).toBe('Residua Microphone');
    const own = await openVirtualMicrophone(none);
    expect(own.name).toBe('Residua Microphone 2');
    expect(await sourceNames()).toEqual(
      expect.arrayContaining(['Residua Microphone', 'Residua Microphone 2']),
    );
    expect(await removeLeftovers()).toBe(0);
    await own.close();
    expect(await sourceNames()).toContain('Residua Microphone');
    other.child.stdin!.end();
    await gone();
    expect(await loadedMicrophones()).toEqual([]);
  });

  it('removes what a crashed run has left, guard and all, and nothing else', async () => {
    const dead = ownSinkName().replace(/_\d+_\d+$/, '_4194305_77');
    await pactl(['load-module', 'module-null-sink', `sink_name=${dead}`]);
    await pactl(['load-module', 'module-null-sink', 'sink_name=residua_other']);
    expect(await virtualMicrophoneState([])).toMatchObject({ state: 'leftover' });
    const microphone = await openVirtualMicrophone(none);
    expect(microphone.name).toBe('Residua Microphone');
    const modules = await pactl(['list', 'short', 'modules']);
    expect(modules).not.toContain(dead);
    expect(modules).toContain('residua_other');
    await microphone.close();
  });

  it('comes back after the sound server was restarted', async () => {
    const microphone = await openVirtualMicrophone(none);
    await pulse().down();
    await pulse().up();
    expect(await sourceNames()).not.toContain('Residua Microphone');
    await microphone.ensure();
    await microphone.ensure();
    expect((await sourceNames()).filter((name) => name === 'Residua Microphone')).toHaveLength(1);
    await pulse().down();
    await pause(300);
    await pulse().up();
    // Nobody asks this time.
    for (let i = 0; i < 100 && (await loadedMicrophones()).length === 0; i++) await pause(50);
    await pause(200);
    expect((await sourceNames()).filter((name) => name === 'Residua Microphone')).toHaveLength(1);
    await microphone.close();
    expect(await loadedMicrophones()).toEqual([]);
  });

  it('says so where there is no sound server', async () => {
    await pulse().down();
    try {
      await expect(openVirtualMicrophone(none)).rejects.toMatchObject({
        code: 'VIRTUAL_MIC_UNAVAILABLE',
        hint: expect.stringContaining('PulseAudio') as string,
      });
      expect(await virtualMicrophoneState([])).toMatchObject({ state: 'unavailable' });
    } finally {
      await pulse().up();
    }
  });
});
