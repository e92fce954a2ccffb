import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../common/errors.ts';
import { DEFAULT_CONTROLS } from '../../engine/contract.ts';
import { toEngineProblem, type CommandMessage } from '../../ipc/engine-protocol.ts';
import { IPC_VERSION } from '../../ipc/version.ts';
import type { EngineProcess } from './engine-process.ts';
import { EngineSupervisor, type SupervisorEvent, type SupervisorOptions } from './supervisor.ts';

const CONTROLS = { quantizer: 'rvq', ...DEFAULT_CONTROLS };
const OPENED = { controls: CONTROLS, backend: 'fake', virtualMicrophone: null };
const REQUEST = { modelFolder: '/m', backend: 'fake', devices: {}, controls: {} } as const;

/** An engine that answers as told, and forgets to where it is told to. */
class FakeEngine implements EngineProcess {
  readonly pid = 42;
  readonly received: CommandMessage[] = [];
  readonly answers: Record<string, unknown> = { open: OPENED, update: CONTROLS };
  readonly silentOn = new Set<string>();
  killed = false;
  #listeners: ((message: unknown) => void)[] = [];
  #exit: ((why: string) => void)[] = [];

  constructor(reportsIn = true) {
    if (reportsIn) queueMicrotask(() => this.say({ type: 'ready', pid: 42 }));
  }

  send(message: unknown): void {
    const command = message as CommandMessage;
    this.received.push(command);
    queueMicrotask(() => {
      if (this.silentOn.has(command.command)) return;
      const result = this.answers[command.command] ?? null;
      if (result instanceof Error) {
        this.say({ type: 'failed', id: command.id, problem: toEngineProblem(result) });
      } else this.say({ type: 'done', id: command.id, result });
      if (command.command === 'close') this.die('it ended with status 0');
    });
  }

  say(message: object): void {
    for (const listener of this.#listeners) listener({ ipc: IPC_VERSION, ...message });
  }

  beat(): void {
    const vitals = { atMs: 1, cpuMs: 1, heapUsedBytes: 1, rssBytes: 1 };
    this.say({ type: 'heartbeat', vitals });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listeners.push(listener);
  }

  onExit(listener: (why: string) => void): void {
    this.#exit.push(listener);
  }

  kill(): void {
    if (this.killed) return;
    this.killed = true;
    queueMicrotask(() => this.die('it was ended by SIGKILL'));
  }

  die(why: string): void {
    for (const listener of this.#exit.splice(0)) listener(why);
  }

  get commands(): string[] {
    return this.received.map(({ command }) => command);
  }
}

let engines: FakeEngine[];
let events: SupervisorEvent[];
let next: () => FakeEngine;

function create(options: Partial<SupervisorOptions> = {}): EngineSupervisor {
  return new EngineSupervisor({
    launch: () => {
      const engine = next();
      engines.push(engine);
      return engine;
    },
    onEvent: (event) => events.push(event),
    ...options,
  });
}

async function running(options: Partial<SupervisorOptions> = {}): Promise<EngineSupervisor> {
  const supervisor = create(options);
  await supervisor.open(REQUEST);
  await supervisor.start();
  return supervisor;
}

beforeEach(() => {
  vi.useFakeTimers();
  engines = [];
  events = [];
  next = () => new FakeEngine();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('EngineSupervisor', () => {
  it('passes commands, results and typed errors', async () => {
    const supervisor = await running();
    await expect(supervisor.update({ mix: 0.5 })).resolves.toEqual(CONTROLS);
    engines[0]!.answers['update'] = new UsageError('mix must be 0 to 1', {
      code: 'CONTROL_INVALID',
    });
    await expect(supervisor.update({ mix: 5 })).rejects.toMatchObject({
      code: 'CONTROL_INVALID',
      exitCode: 2,
    });
    expect(engines[0]!.commands).toEqual(['open', 'start', 'update', 'update']);
    expect(await supervisor.close()).toBeNull();
    expect(engines[0]!.killed).toBe(false);
  });

  it('does not believe what it is told unchecked', async () => {
    const supervisor = await running();
    for (const message of [
      { type: 'event', event: { type: 'telemetry', telemetry: { level: 3 } } },
      { type: 'nonsense' },
      { type: 'done', id: 9999, result: null },
    ]) {
      engines[0]!.say(message);
    }
    expect(events.map((e) => e.type)).toEqual(['invalid-message', 'invalid-message']);
    engines[0]!.answers['telemetry'] = { state: 'running' };
    await expect(supervisor.telemetry()).rejects.toMatchObject({ code: 'IPC_INVALID' });
    await supervisor.close();
  });

  it('refuses an engine of another version at once', async () => {
    next = () => {
      const engine = new FakeEngine(false);
      queueMicrotask(() => engine.say({ ipc: IPC_VERSION + 1, type: 'ready', pid: 1 }));
      return engine;
    };
    const opened = create().open(REQUEST);
    await expect(opened).rejects.toMatchObject({ code: 'IPC_VERSION' });
    expect(engines[0]!.killed).toBe(true);
  });

  it('starts again after a crash, with the controls, devices and recording of before', async () => {
    const supervisor = await running();
    engines[0]!.answers['update'] = { ...CONTROLS, mix: 0.25 };
    await supervisor.update({ mix: 0.25 });
    await supervisor.setDevices({ input: 'Mic' });
    await supervisor.setDevices({ output: 'Phones' });
    await supervisor.record({ folder: '/r' });
    engines[0]!.silentOn.add('telemetry');
    const asked = supervisor.telemetry();
    asked.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    engines[0]!.die('it was ended by SIGSEGV');
    await expect(asked).rejects.toMatchObject({
      code: 'ENGINE_DIED',
      message: expect.stringContaining('SIGSEGV'),
    });
    const late = supervisor.update({ mix: 1 }); // waits for the new engine
    await vi.advanceTimersByTimeAsync(100);
    expect(engines).toHaveLength(2);
    expect(engines[1]!.received.slice(0, 3)).toMatchObject([
      {
        command: 'open',
        argument: { devices: { input: 'Mic', output: 'Phones' }, controls: { mix: 0.25 } },
      },
      { command: 'start' },
      { command: 'record', argument: { folder: '/r' } },
    ]);
    expect(await late).toEqual(CONTROLS);
    expect(engines[1]!.commands.at(-1)).toBe('update');
    expect(events).toMatchObject([{ type: 'engine-restarted', problem: { code: 'ENGINE_DIED' } }]);
    await supervisor.close();
  });

  it('does not start sound again that was stopped', async () => {
    const supervisor = await running();
    await supervisor.stop();
    engines[0]!.die('it was ended by SIGKILL');
    await vi.advanceTimersByTimeAsync(100);
    expect(engines[1]!.commands).toEqual(['open']);
    await supervisor.close();
  });

  it('kills an engine that hangs; one that answers lives on', async () => {
    const supervisor = await running({ hangMs: 2000 });
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(500);
      engines[0]!.beat();
    }
    expect(engines[0]!.killed).toBe(false);
    await vi.advanceTimersByTimeAsync(2500);
    expect(engines[0]!.killed).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(events).toMatchObject([{ type: 'engine-restarted', problem: { code: 'ENGINE_HUNG' } }]);
    expect(engines[1]!.commands).toEqual(['open', 'start']);
    await supervisor.close();
  });

  it('gives up after too many crashes and says so to every caller', async () => {
    const supervisor = await running({ restartPausesMs: [10, 10] });
    for (const expected of [2, 3]) {
      engines.at(-1)!.die('it was ended by SIGSEGV');
      await vi.advanceTimersByTimeAsync(10);
      expect(engines).toHaveLength(expected);
    }
    engines.at(-1)!.die('it was ended by SIGABRT');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(engines).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      type: 'engine-lost',
      problem: { message: expect.stringContaining('SIGABRT') },
    });
    await expect(supervisor.start()).rejects.toMatchObject({ code: 'ENGINE_DIED' });
    expect(await supervisor.close()).toBeNull();
  });

  it('tells that an engine has died before another one is there', async () => {
    const onRestarting = vi.fn();
    const supervisor = await running({ restartPausesMs: [100], onRestarting });
    engines[0]!.die('it was ended by SIGSEGV');
    expect(onRestarting).toHaveBeenCalledWith(expect.objectContaining({ code: 'ENGINE_DIED' }));
    expect(engines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(engines).toHaveLength(2);
    await supervisor.close();
    expect(onRestarting).toHaveBeenCalledOnce();
  });

  it('forgets crashes after a calm time', async () => {
    const supervisor = await running({ restartPausesMs: [10], calmMs: 1000, hangMs: 1e9 });
    for (let crash = 1; crash <= 4; crash++) {
      engines.at(-1)!.die('it was ended by SIGSEGV');
      await vi.advanceTimersByTimeAsync(10);
      expect(engines).toHaveLength(crash + 1);
      await vi.advanceTimersByTimeAsync(1000);
    }
    await supervisor.close();
  });

  it('an engine that cannot start again counts as a crash, and is not left behind', async () => {
    const supervisor = await running({ restartPausesMs: [10, 10] });
    next = () => {
      const engine = new FakeEngine();
      engine.answers['start'] = new Error('no device');
      return engine;
    };
    engines[0]!.die('it was ended by SIGSEGV');
    await vi.advanceTimersByTimeAsync(100);
    expect(engines).toHaveLength(3);
    expect(engines.slice(1).every((engine) => engine.killed)).toBe(true);
    expect(events).toMatchObject([{ type: 'engine-lost', problem: { message: 'no device' } }]);
    await supervisor.close();
  });

  it('an engine that never reports in is killed, and the caller told', async () => {
    next = () => new FakeEngine(false);
    const opened = create({ launchMs: 3000 }).open(REQUEST);
    const expectation = expect(opened).rejects.toMatchObject({ code: 'ENGINE_HUNG' });
    await vi.advanceTimersByTimeAsync(4000);
    await expectation;
    expect(engines[0]!.killed).toBe(true);
  });

  it('an engine that was slow to report in has all the time of one that was not', async () => {
    next = () => new FakeEngine(false);
    const opened = create({ launchMs: 30_000, hangMs: 2000 }).open(REQUEST);
    await vi.advanceTimersByTimeAsync(10_000);
    engines[0]!.say({ type: 'ready', pid: 42 });
    await vi.advanceTimersByTimeAsync(500);
    await expect(opened).resolves.toEqual(OPENED);
    expect(engines[0]!.killed).toBe(false);
  });

  it('closes by force where it must, and cleans up after it', async () => {
    const cleanUp = vi.fn(() => Promise.resolve());
    const supervisor = await running({ closeMs: 1000, cleanUp });
    engines[0]!.silentOn.add('close');
    vi.spyOn(engines[0]!, 'die').mockImplementationOnce(() => undefined);
    const closed = supervisor.close();
    await vi.advanceTimersByTimeAsync(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await closed).toBeNull();
    expect(engines[0]!.killed).toBe(true);
    expect(cleanUp).toHaveBeenCalledOnce();
    expect(supervisor.close()).toBe(supervisor.close());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(engines).toHaveLength(1);
  });

  it('hands on the recording that was still running', async () => {
    const recording = {
      folder: '/r',
      raw: '/r/a.wav',
      enhanced: '/r/b.wav',
      sidecar: null,
      codes: [],
      sampleRateHz: 16000,
      seconds: 3,
      bytes: 9,
      lostHops: 0,
      ended: 'stopped',
      problem: null,
    };
    const supervisor = await running();
    engines[0]!.answers['close'] = recording;
    expect(await supervisor.close()).toEqual(recording);
  });
});
