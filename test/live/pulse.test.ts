import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readAudio } from '../../src/audio/open-audio.ts';
import { pactl } from '../../src/audio/pulse/pactl.ts';
import { Resampler } from '../../src/audio/resampler.ts';
import { WavWriter } from '../../src/audio/wav-writer.ts';
import { forkEngine } from '../../src/host/client/fork-engine.ts';
import { EngineSupervisor, type SupervisorEvent } from '../../src/host/client/supervisor.ts';
import type { OpenRequest } from '../../src/ipc/engine-protocol.ts';
import { siSdr } from '../../src/metrics/index.ts';
import { oneLine, run, start } from '../cli/run-cli.ts';
import {
  EXACT_RATE_HZ,
  pulseMissing,
  TEST_MIC,
  TEST_MIC_NAME as MIC,
  TEST_OUT,
  TEST_OUT_NAME as OUT,
} from '../fixtures/pulse.ts';
import { usePulse } from '../fixtures/use-pulse.ts';
import { findLag, realign } from './align.ts';
import { descendants, enginePid, isRunning, until } from './processes.ts';

const MODEL = path.resolve(import.meta.dirname, '../../models/residua-v1');
const AUDIO =
  process.env['RESIDUA_AUDIO'] ?? path.resolve(import.meta.dirname, '../../../shared/audio');
const RATE = EXACT_RATE_HZ;
/** Silence before the speech, in which the engine starts and finds its cushion. */
const SETTLE_S = 20;
/** The one that leaves most of the sound intact, so that every fault of the path shows. */
const QUANTIZER = 'none';
const missing = pulseMissing();

/** Resolves when sound passes into the virtual microphone. */
async function liveMicrophone(...args: string[]) {
  const running = start('live', '--provider', 'cpu', '--input', MIC, '--virtual-mic', ...args);
  let said = '';
  running.child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  await until('sound', () => {
    if (running.child.exitCode !== null) throw new Error(`it ended: ${said}`);
    return said.includes('other programs can pick');
  });
  return running;
}

async function ownModules(): Promise<string[]> {
  const modules = await pactl(['list', 'short', 'modules']);
  return modules.split('\n').filter((line) => line.includes('residua_vmic'));
}

async function microphones(): Promise<string[]> {
  const list = JSON.parse(await pactl(['--format=json', 'list', 'sources']));
  const names = (list as { description: string }[]).map(({ description }) => description);
  return names.filter((name) => name.startsWith('Residua Microphone'));
}

describe.skipIf(missing !== undefined)('live through a sound server [needs PulseAudio]', () => {
  const pulse = usePulse(RATE);
  let folder: string;
  const cleanups: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'residua-live-pulse-'));
  });
  afterEach(async () => {
    for (const clean of cleanups.splice(0)) await clean();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function engine(request: Partial<OpenRequest> = {}) {
    const events: SupervisorEvent[] = [];
    const supervisor = new EngineSupervisor({
      launch: forkEngine,
      onEvent: (event) => events.push(event),
    });
    cleanups.push(() => supervisor.close());
    await supervisor.open({
      modelFolder: MODEL,
      provider: 'cpu',
      backend: 'auto',
      devices: { input: MIC, output: OUT },
      controls: { quantizer: 'rvq' },
      ...request,
    });
    await supervisor.start();
    return { supervisor, events };
  }

  /** At `RATE`, with silence around as the live sound has it. */
  async function loud(kind: 'noisy' | 'clean'): Promise<Float32Array> {
    const file = path.join(AUDIO, 'test', kind, 'snr+05_00.flac');
    const { channels, sampleRate } = await readAudio(file);
    const up = new Resampler(sampleRate, RATE);
    const parts = [up.process(channels[0]!), up.flush()];
    const samples = new Float32Array(SETTLE_S * RATE + parts[0]!.length + parts[1]!.length + RATE);
    samples.set(parts[0]!, SETTLE_S * RATE);
    samples.set(parts[1]!, SETTLE_S * RATE + parts[0]!.length);
    return samples;
  }

  it.skipIf(!existsSync(path.join(AUDIO, 'test')))(
    'cleans real noisy speech as well as offline [needs the shared recordings]',
    // Another program that takes the machine for some ms tears the sound, and is not what is tested here.
    { retry: 2 },
    async () => {
      const [noisy, clean] = [await loud('noisy'), await loud('clean')];
      const [input, output] = ['noisy', 'offline'].map((name) => path.join(folder, `${name}.wav`));
      const options = { sampleRate: RATE, channels: 1, sampleFormat: 'float' } as const;
      const writer = await WavWriter.create(input!, options);
      await writer.write([noisy]);
      await writer.commit();
      const offline = [
        'denoise',
        input!,
        '-o',
        output!,
        '--quantizer',
        QUANTIZER,
        '--bits',
        'float',
      ];
      expect((await run(...offline)).code).toBe(0);
      const reference = (await readAudio(output!)).channels[0]!;

      // Whoever else is connected stays so all the time: the server changes its timing with every client.
      const recorder = pulse().record(`${TEST_OUT}.monitor`);
      const playing = pulse().play(TEST_MIC, noisy);
      const { supervisor } = await engine({ controls: { quantizer: QUANTIZER } });
      await playing;
      const end = recorder.heard() + RATE / 2;
      await until('the end of the sound', () => recorder.heard() > end);
      const heard = await recorder.stop();
      const { counters, driftPpm } = await supervisor.telemetry();

      const lag = findLag(heard, reference, RATE);
      const aligned = realign(heard, reference, lag, RATE);
      const speech = (x: Float32Array) => x.subarray(SETTLE_S * RATE, -RATE);
      const db = {
        noisy: siSdr(speech(clean), speech(noisy)),
        offline: siSdr(speech(clean), speech(reference)),
        live: siSdr(speech(clean), speech(aligned.samples)),
        liveAgainstOffline: siSdr(speech(reference), speech(aligned.samples)),
      };
      const figures = JSON.stringify({ ...db, wander: aligned.wander, driftPpm, ...counters });
      expect(db.offline, figures).toBeGreaterThan(db.noisy + 2);
      expect(db.live, figures).toBeGreaterThan(db.offline - 0.5);
    },
  );

  it('gives other programs a microphone, and takes it away at the end', async () => {
    const { child, done } = await liveMicrophone('--json');
    expect(await microphones()).toEqual(['Residua Microphone']);
    const other = await liveMicrophone();
    expect((await microphones()).sort()).toEqual(['Residua Microphone', 'Residua Microphone 2']);
    other.child.kill('SIGTERM');
    expect((await other.done).code).toBe(0);
    expect(await microphones()).toEqual(['Residua Microphone']);
    child.kill('SIGINT');
    const { code } = await done;
    expect(code).toBe(0);
    expect(await ownModules()).toEqual([]);
  });

  it('SIGKILL of the whole program leaves no process and no microphone', async () => {
    const { child, done } = await liveMicrophone();
    const others = descendants(child.pid!);
    expect(others.length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await done;
    await until('the end of all processes', () => !others.some(isRunning), 10_000);
    await until('the end of the microphone', async () => (await ownModules()).length === 0, 10_000);
  });

  it('SIGKILL of the engine: another one goes on, with a microphone of the same name', async () => {
    const { child, done } = await liveMicrophone('--json');
    const first = enginePid(child.pid!)!;
    process.kill(first, 'SIGKILL');
    await until('another engine', () => ![undefined, first].includes(enginePid(child.pid!)));
    await until('the microphone', async () => (await microphones()).length >= 1);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await microphones()).toEqual(['Residua Microphone']);
    child.kill('SIGINT');
    const { json } = await done;
    expect(json()).toMatchObject({ engineRestarts: 1, virtualMicrophone: 'Residua Microphone' });
    expect(await ownModules()).toEqual([]);
  });

  it('comes back after the sound server was restarted, microphone and all', async () => {
    const { supervisor, events } = await engine({
      virtualMicrophone: true,
      devices: { input: MIC },
    });
    await pulse().down();
    await until('the loss', () => events.some((event) => event.type === 'device-lost'));
    await pulse().up();
    await until('sound', async () => (await supervisor.telemetry()).state === 'running', 40_000);
    expect(await microphones()).toEqual(['Residua Microphone']);
    const before = (await supervisor.telemetry()).counters.hops;
    await until('hops', async () => (await supervisor.telemetry()).counters.hops > before + 50);
    await supervisor.close();
    expect(await ownModules()).toEqual([]);
  });

  it('without any sound server says so, with what to do, and exits 1', async () => {
    const previous = process.env['PULSE_SERVER'];
    process.env['PULSE_SERVER'] = 'unix:/nonexistent';
    try {
      const { code, stderr, json } = await start('live', '--json').done;
      expect(code).toBe(1);
      expect(oneLine(stderr)).toMatch(/device/);
      expect(json().error).toMatchObject({
        code: expect.stringMatching(/^AUDIO_/),
        hint: expect.any(String),
      });
      const microphone = await start('live', '--virtual-mic', '--json').done;
      expect(microphone.code).toBe(1);
      expect(microphone.json().error).toMatchObject({ code: 'VIRTUAL_MIC_UNAVAILABLE' });
    } finally {
      process.env['PULSE_SERVER'] = previous;
    }
  });
});
