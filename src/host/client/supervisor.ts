/**
 * Drives an engine process and keeps it alive: parses whatever it says, starts it again after a crash with
 * the same devices, controls and recording, kills it when it hangs, and cleans up after it.
 *
 * @example
 * const supervisor = new EngineSupervisor({ launch: forkEngine, onEvent: (event) => … });
 * await supervisor.open({ modelFolder, backend: 'auto', devices: {}, controls: {} });
 * await supervisor.start();
 * await supervisor.update({ quantizer: 'rvq', codebooks: 4 });
 * await supervisor.close();
 */
import { ResiduaError } from '../../common/errors.ts';
import { within } from '../../common/within.ts';
import {
  commands,
  engineMessageSchema,
  fromEngineProblem,
  HEARTBEAT_MS,
  parseMessage,
  type CommandArgument,
  type CommandName,
  type CommandResult,
  type EngineEvent,
  type EngineMessage,
  type EngineVitals,
  type Loopback,
  type Opened,
  type OpenRequest,
  type RecordingSummary,
  type RecordRequest,
  type Snapshot,
} from '../../ipc/engine-protocol.ts';
import type {
  AudioDevice,
  ControlsChange,
  DevicesChange,
  LiveControls,
  Telemetry,
} from '../../ipc/live.ts';
import { IPC_VERSION } from '../../ipc/version.ts';
import type { EngineProcess, LaunchEngine } from './engine-process.ts';

export type { EngineVitals } from '../../ipc/engine-protocol.ts';

export type SupervisorEvent =
  | EngineEvent
  /** The engine died and another one goes on where it was. */
  | { readonly type: 'engine-restarted'; readonly problem: ResiduaError; readonly afterMs: number }
  /** The engine died too often, or does not start again: nothing runs any more. */
  | { readonly type: 'engine-lost'; readonly problem: ResiduaError }
  /** It said something that the protocol does not know; ignored. */
  | { readonly type: 'invalid-message'; readonly problem: ResiduaError };

export interface SupervisorOptions {
  readonly launch: LaunchEngine;
  readonly onEvent?: (event: SupervisorEvent) => void;
  /** The engine has died and another one is being started; commands wait meanwhile. */
  readonly onRestarting?: (problem: ResiduaError) => void;
  /** Twice a second. */
  readonly onVitals?: (vitals: EngineVitals) => void;
  /** Silence of the engine's main thread after which it is killed; default 10 000 ms. */
  readonly hangMs?: number;
  /** A process that has not reported in after this long is killed; default 30 000 ms. */
  readonly launchMs?: number;
  /** What `close` waits before it kills; default 3000 ms. */
  readonly closeMs?: number;
  /** Pauses before each restart; one more crash within `calmMs` is one too many. Default 100, 500, 2000, 5000 ms. */
  readonly restartPausesMs?: readonly number[];
  /** Running this long makes earlier crashes forgotten; default 60 000 ms. */
  readonly calmMs?: number;
  /** Removes what an engine that was killed has left in the system (a virtual microphone). */
  readonly cleanUp?: () => Promise<void>;
}

interface PendingCall {
  readonly command: CommandName;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  #engine: EngineProcess | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #silentTicks = 0;
  #isReady = false;
  #nextId = 1;
  readonly #pending = new Map<number, PendingCall>();
  /** Resolves once commands can be sent; replaced while an engine is being restarted. */
  #available: Promise<void> = Promise.resolve();
  #killedFor: string | undefined;
  #closing: Promise<RecordingSummary | null> | undefined;
  #lost: ResiduaError | undefined;
  /** An engine that dies while `up` is started again; one that dies on its way up has failed. */
  #phase: 'starting' | 'up' = 'starting';
  #crashes = 0;
  #calm: NodeJS.Timeout | undefined;

  // What the next engine has to be told to go on.
  #request: OpenRequest | undefined;
  #isRunning = false;
  #recording: RecordRequest | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#engine?.pid;
  }

  /** Starts the process and gives it its options. Once. @throws ResiduaError as the engine, `ENGINE_DIED` */
  async open(request: OpenRequest): Promise<Opened> {
    if (this.#request) throw new ResiduaError('ENGINE_OPEN', 'the engine is open already');
    this.#request = request;
    try {
      await this.#launch();
      const opened = await this.#send('open', request);
      this.#phase = 'up';
      return opened;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Loads the models ahead of the first start. @throws ResiduaError as `LiveEngine.warm` */
  async warm(): Promise<void> {
    await this.#call('warm', null);
  }

  /** Resolves when sound passes. @throws ResiduaError as `LiveEngine.start` */
  async start(): Promise<void> {
    await this.#call('start', null);
    this.#isRunning = true;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#call('stop', null);
  }

  /** @returns all controls as they stand now. @throws UsageError as `LiveEngine.update` */
  async update(change: ControlsChange): Promise<LiveControls> {
    const controls = await this.#call('update', change);
    if (this.#request) this.#request = { ...this.#request, controls };
    return controls;
  }

  async setDevices(devices: DevicesChange): Promise<void> {
    await this.#call('setDevices', devices);
    if (!this.#request) return;
    this.#request = { ...this.#request, devices: { ...this.#request.devices, ...devices } };
  }

  telemetry(): Promise<Telemetry> {
    return this.#call('telemetry', null);
  }

  devices(): Promise<AudioDevice[]> {
    return this.#call('devices', null);
  }

  /** @param seconds 0..`MAX_SNAPSHOT_S`. @returns the last of the microphone, less when there was less */
  snapshot(seconds: number): Promise<Snapshot> {
    return this.#call('snapshot', { seconds });
  }

  /** Interrupts sound for some seconds. @throws ResiduaError as devices, `SELF_TEST_UNAVAILABLE` */
  selfTest(): Promise<Loopback> {
    return this.#call('selfTest', null);
  }

  /** @throws ResiduaError as `Recorder.start` */
  async record(request: RecordRequest): Promise<void> {
    await this.#call('record', request);
    this.#recording = request;
  }

  /** @returns what was recorded; `null` when nothing was */
  async stopRecording(): Promise<RecordingSummary | null> {
    this.#recording = undefined;
    return this.#call('stopRecording', null);
  }

  /**
   * Ends sound, recording and process, by force where it must be. Safe to call twice.
   * @returns the recording that was still running
   */
  close(): Promise<RecordingSummary | null> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<RecordingSummary | null> {
    clearTimeout(this.#calm);
    const engine = this.#engine;
    let recording: RecordingSummary | null = null;
    if (engine) {
      const gone = new Promise<void>((resolve) => engine.onExit(() => resolve()));
      const closed = this.#isReady
        ? this.#send('close', null).then((result) => (recording = result))
        : Promise.reject(new Error('it has not reported in'));
      const orderly = closed
        .then(() => gone)
        .then(
          () => true,
          () => false,
        );
      const isOrderly = await within(this.#options.closeMs ?? 3000, orderly, false);
      if (!isOrderly) {
        engine.kill();
        await within(1000, gone, undefined);
        await this.#cleanUp();
      }
    } else if (this.#lost) {
      await this.#cleanUp();
    }
    clearInterval(this.#watchdog);
    return recording;
  }

  async #cleanUp(): Promise<void> {
    await this.#options.cleanUp?.().catch(() => undefined);
  }

  async #call<C extends CommandName>(
    command: C,
    argument: CommandArgument<C>,
  ): Promise<CommandResult<C>> {
    // The engine may die, and a restart begin, while this waits.
    for (let awaited: unknown; awaited !== this.#available;) {
      awaited = this.#available;
      await this.#available;
    }
    return this.#send(command, argument);
  }

  #send<C extends CommandName>(
    command: C,
    argument: CommandArgument<C>,
  ): Promise<CommandResult<C>> {
    if (this.#lost) return Promise.reject(this.#lost);
    if (!this.#engine) {
      return Promise.reject(new ResiduaError('ENGINE_CLOSED', 'the engine is not running'));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
      this.#engine!.send({ ipc: IPC_VERSION, id, command, argument });
    });
  }

  /** Resolves when the new process has reported in. */
  #launch(): Promise<void> {
    const engine = this.#options.launch();
    this.#engine = engine;
    this.#isReady = false;
    this.#killedFor = undefined;
    this.#silentTicks = 0;
    return new Promise((resolve, reject) => {
      engine.onMessage((received) => {
        if (this.#engine !== engine) return;
        const message = this.#parse(received, reject);
        if (message?.type === 'ready') {
          this.#isReady = true;
          this.#silentTicks = 0; // from here on the shorter limit counts
          resolve();
        } else if (message) this.#take(message);
      });
      engine.onExit((why) => {
        if (this.#engine !== engine) return;
        this.#engine = undefined;
        clearInterval(this.#watchdog);
        this.#isReady = false;
        const error = this.#deathOf(why);
        for (const call of this.#pending.values()) call.reject(error);
        this.#pending.clear();
        reject(error);
        if (this.#phase === 'up' && this.#closing === undefined) this.#restart(error);
      });
      this.#watch(engine);
    });
  }

  #deathOf(why: string): ResiduaError {
    return this.#killedFor === undefined
      ? new ResiduaError('ENGINE_DIED', `the engine process died: ${why}`, {
          hint: 'Set RESIDUA_DEBUG=1 to see all that it says.',
        })
      : new ResiduaError('ENGINE_HUNG', `the engine process was killed: ${this.#killedFor}`);
  }

  /** Counts ticks and not time, so that a machine that wakes from sleep does not kill a healthy engine. */
  #watch(engine: EngineProcess): void {
    const { hangMs = 10_000, launchMs = 30_000 } = this.#options;
    clearInterval(this.#watchdog);
    this.#watchdog = setInterval(() => {
      this.#silentTicks += 1;
      const limitMs = this.#isReady ? hangMs : launchMs;
      if (this.#silentTicks * HEARTBEAT_MS <= limitMs) return;
      this.#killedFor = `it did not respond for ${limitMs / 1000} s`;
      engine.kill();
    }, HEARTBEAT_MS);
    this.#watchdog.unref();
  }

  /** @param refuse ends the launch: an engine of another version will never report in */
  #parse(received: unknown, refuse: (error: unknown) => void): EngineMessage | undefined {
    try {
      return parseMessage(engineMessageSchema, received, 'the engine');
    } catch (error) {
      if ((error as ResiduaError).code === 'IPC_VERSION') refuse(error);
      this.#emit({ type: 'invalid-message', problem: error as ResiduaError });
      return undefined;
    }
  }

  #take(message: Exclude<EngineMessage, { type: 'ready' }>): void {
    this.#silentTicks = 0;
    if (message.type === 'heartbeat') return this.#options.onVitals?.(message.vitals);
    if (message.type === 'event') {
      if (message.event.type === 'recording-ended') this.#recording = undefined;
      this.#emit(message.event);
      return;
    }
    const call = this.#pending.get(message.id);
    if (!call) return;
    this.#pending.delete(message.id);
    if (message.type === 'failed') {
      call.reject(fromEngineProblem(message.problem));
      return;
    }
    const schema = commands[call.command].result;
    const result = schema.safeParse(message.result);
    if (result.success) {
      call.resolve(result.data as never);
    } else {
      const problem = new ResiduaError(
        'IPC_INVALID',
        `the engine answered '${call.command}' with an unexpected ${result.error.issues[0]?.path.join('.') || 'result'}`,
        { cause: result.error, hint: 'This is a bug in Residua: please report it.' },
      );
      call.reject(problem);
    }
  }

  /** Callers wait meanwhile. */
  #restart(problem: ResiduaError): void {
    const diedAt = performance.now();
    this.#phase = 'starting';
    clearTimeout(this.#calm);
    this.#options.onRestarting?.(problem);
    this.#available = (async () => {
      const pauses = this.#options.restartPausesMs ?? [100, 500, 2000, 5000];
      let last = problem;
      for (;;) {
        const pause = pauses[this.#crashes++];
        if (pause === undefined) return this.#giveUp(last);
        await new Promise((resolve) => setTimeout(resolve, pause));
        if (this.#closing) return;
        try {
          await this.#resume();
          this.#phase = 'up';
          break;
        } catch (error) {
          last = error as ResiduaError;
        }
      }
      this.#calm = setTimeout(() => (this.#crashes = 0), this.#options.calmMs ?? 60_000);
      this.#calm.unref();
      this.#emit({ type: 'engine-restarted', problem, afterMs: performance.now() - diedAt });
    })();
  }

  async #resume(): Promise<void> {
    const recording = this.#recording;
    await this.#launch();
    try {
      await this.#send('open', this.#request!);
      if (this.#isRunning) await this.#send('start', null);
      if (recording) await this.#send('record', recording);
    } catch (error) {
      this.#dropEngine();
      throw error;
    }
  }

  #dropEngine(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    this.#isReady = false;
    clearInterval(this.#watchdog);
    engine?.kill();
  }

  #giveUp(problem: ResiduaError): void {
    this.#lost = problem;
    this.#emit({ type: 'engine-lost', problem });
  }

  #emit(event: SupervisorEvent): void {
    this.#options.onEvent?.(event);
  }
}
