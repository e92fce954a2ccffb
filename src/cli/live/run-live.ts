/** One run of `residua live`: the engine in its own process, a meter and keys on a terminal, totals at the end. */
import { describeError, ResiduaError } from '../../common/errors.ts';
import { fromProblem } from '../../common/problem.ts';
import type { ModelManifest } from '../../codec/manifest.ts';
import { forkEngine } from '../../host/client/fork-engine.ts';
import { EngineSupervisor, type SupervisorEvent } from '../../host/client/supervisor.ts';
import type { Opened, OpenRequest, RecordRequest } from '../../ipc/engine-protocol.ts';
import type { LiveControls, Telemetry } from '../../ipc/live.ts';
import { onInterrupt } from '../interrupt.ts';
import { keyAction, keyHelp, type Choice } from './keys.ts';
import { meterLine } from './meter.ts';
import { narrate } from './narrate.ts';
import { readKeys, Screen } from './screen.ts';
import { LiveTotals, type LiveDocument, type LiveEnd } from './totals.ts';

export interface LiveRun {
  readonly manifest: ModelManifest;
  readonly request: OpenRequest;
  /** Recorded from the start. */
  readonly record?: RecordRequest;
  /** Where the `r` key records to. */
  readonly recordOnKey: RecordRequest;
  /** Sound ends after so long, s. */
  readonly duration?: number;
  /** Removes what an engine that had to be killed left in the system. */
  readonly cleanUp: () => Promise<void>;
}

/** @throws ResiduaError when sound could not start, or was given up */
export async function runLive(run: LiveRun): Promise<LiveDocument> {
  const live = new Live(run);
  try {
    return await live.run();
  } finally {
    await live.dispose();
  }
}

class Live {
  readonly #run: LiveRun;
  readonly #screen = new Screen();
  readonly #totals = new LiveTotals();
  readonly #supervisor: EngineSupervisor;
  readonly #choices: readonly Choice[];
  #controls: LiveControls | undefined;
  #isRecording = false;
  #isStarted = false;
  #end: (end: LiveEnd, problem?: ResiduaError) => void = () => undefined;
  readonly #ended: Promise<{ end: LiveEnd; problem: ResiduaError | undefined }>;
  readonly #undo: (() => void)[] = [];

  constructor(run: LiveRun) {
    this.#run = run;
    this.#choices = run.manifest.quantizers;
    this.#ended = new Promise((resolve) => {
      this.#end = (end, problem) => resolve({ end, problem });
    });
    this.#supervisor = new EngineSupervisor({
      launch: forkEngine,
      cleanUp: run.cleanUp,
      onEvent: (event) => this.#take(event),
      onVitals: (vitals) => this.#totals.vitals(vitals),
    });
  }

  async run(): Promise<LiveDocument> {
    const { request, record, duration } = this.#run;
    this.#undo.push(onInterrupt(() => this.#end('interrupted')));
    const started = this.#start(request, record);
    const first = await Promise.race([started, this.#ended]);
    if ('end' in first) {
      // Interrupted before there was sound: nothing to tell.
      started.catch(() => undefined);
      throw first.problem ?? new ResiduaError('INTERRUPTED', 'ended before sound began');
    }
    if (duration !== undefined) {
      const timer = setTimeout(() => this.#end('duration'), duration * 1000);
      this.#undo.push(() => clearTimeout(timer));
    }
    this.#undo.push(readKeys((key) => this.#key(key)));
    const { end, problem } = await this.#ended;
    await this.#supervisor.telemetry().then(
      (telemetry) => this.#totals.take({ type: 'telemetry', telemetry }),
      () => undefined, // the engine is gone; the last telemetry stands
    );
    this.#screen.clear();
    await this.#supervisor.close();
    if (problem) throw problem;
    const document = this.#totals.document({
      backend: first.opened.backend,
      virtualMicrophone: first.opened.virtualMicrophone,
      startMs: first.startMs,
      ended: end,
    });
    if (!document) throw new ResiduaError('ENGINE_SILENT', 'the engine sent no telemetry');
    return document;
  }

  async dispose(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    this.#screen.clear();
    await this.#supervisor.close();
  }

  async #start(
    request: OpenRequest,
    record: RecordRequest | undefined,
  ): Promise<{ opened: Opened; startMs: number }> {
    const opened = await this.#supervisor.open(request);
    this.#controls = opened.controls;
    if (record) await this.#supervisor.record(record);
    const from = performance.now();
    await this.#supervisor.start();
    this.#isStarted = true;
    const { virtualMicrophone } = opened;
    if (virtualMicrophone !== null) {
      this.#screen.message(`other programs can pick the microphone '${virtualMicrophone}'`);
    }
    return { opened, startMs: performance.now() - from };
  }

  #take(event: SupervisorEvent): void {
    this.#totals.take(event);
    const narration = narrate(event);
    if (narration) {
      this.#screen.message(narration.text);
      if (narration.isIncident) this.#totals.incident(narration.text);
    }
    switch (event.type) {
      case 'telemetry':
        this.#telemetry(event.telemetry);
        break;
      case 'controls':
        this.#controls = event.controls;
        break;
      case 'recording-started':
      case 'recording-ended':
        this.#isRecording = event.type === 'recording-started';
        break;
      case 'state':
        if (!this.#isStarted) break;
        if (event.state === 'failed') {
          const ended = { code: 'LIVE_FAILED', message: 'sound has ended' };
          this.#end('failed', fromProblem(event.problem ?? ended));
        }
        break;
      case 'ended':
        this.#end('input-ended');
        break;
      case 'engine-lost':
        this.#end('failed', event.problem);
        break;
      default:
    }
  }

  #telemetry(telemetry: Telemetry): void {
    this.#controls = telemetry.controls;
    this.#screen.status((columns) => meterLine(telemetry, columns));
  }

  #key(key: string): void {
    if (!this.#controls) return;
    const action = keyAction(key, this.#controls, this.#choices);
    switch (action?.type) {
      case 'quit':
        return this.#end('quit');
      case 'help':
        return this.#screen.message(keyHelp(this.#choices));
      case 'none':
        return this.#screen.message(action.why);
      case 'record':
        return this.#attempt(
          this.#isRecording
            ? this.#supervisor.stopRecording()
            : this.#supervisor.record(this.#run.recordOnKey),
        );
      case 'change':
        // Keys may come faster than answers: the next one builds on this one.
        this.#controls = { ...this.#controls, ...action.change } as LiveControls;
        return this.#attempt(this.#supervisor.update(action.change));
      default:
    }
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#screen.message(describeError(error));
    });
  }
}
