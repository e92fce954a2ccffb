/**
 * Everything between the two devices, seen from the audio thread: the shared memory, what is written into it
 * and read out of it, and the runner that works on it, which is replaced when it dies.
 */
import { fromProblem, toProblem } from '../common/problem.ts';
import type { StreamFormat } from '../audio/backend.ts';
import type { ModelManifest } from '../codec/manifest.ts';
import type { Clock } from '../common/clock.ts';
import { describeError } from '../common/errors.ts';
import { samplesToMs } from '../common/units.ts';
import { Capture } from './capture.ts';
import { CodecMemory } from './codec-memory.ts';
import type { CodecRunner, CreateRunner, RunnerReport } from './codec-runner.ts';
import type { LiveControls, LiveCounters, LiveEvent, LiveProblem } from './contract.ts';
import { HopMeter } from './hop-meter.ts';
import { HopRecord, recordShape } from './hop-record.ts';
import { Playback } from './playback.ts';
import { TapHub } from './tap-hub.ts';
import type { Voice } from './warm-codec.ts';

/** A codec that has work and does none for so long is replaced; shorter stalls are waited out. */
export const HUNG_MS = 4000;
/** More deaths than this within the span: there is no use. */
const MOST_DEATHS = 5;
const DEATHS_SPAN_MS = 60_000;

export interface CodecSideOptions {
  readonly manifest: ModelManifest;
  readonly modelFolder: string;
  readonly provider: string;
  readonly clock: Clock;
  readonly createRunner: CreateRunner;
  readonly emit: (event: LiveEvent) => void;
  readonly died: (problem: LiveProblem) => void;
  readonly recovered: () => void;
  readonly gaveUp: (problem: LiveProblem) => void;
  /** A switch could not be made: this is what goes on. */
  readonly refused: (heard: Voice) => void;
}

type Counters = Omit<LiveCounters, 'deviceLosses'>;

/** Memory and what is bound to it. */
interface Lane {
  readonly memory: CodecMemory;
  readonly capture: Capture;
  readonly playback: Playback;
}

export class CodecSide {
  readonly meter: HopMeter;
  readonly taps: TapHub;
  readonly #options: CodecSideOptions;
  readonly #record: HopRecord;
  #lane: Lane;
  #runner: CodecRunner | undefined;
  #controls: LiveControls | undefined;
  #input: StreamFormat | undefined;
  #provider = { name: '', reason: 'not loaded yet' };
  #isRunning = false;
  #isLost = false;
  /** Tells the reports of this runner from those of one that was replaced. */
  #spawned: object = {};
  #deaths: number[] = [];
  #restarts = 0;
  /** Of lanes that are gone, less what was counted before the last start. */
  #past: Counters = NOTHING;
  #reported = 0;
  #progress = { hops: 0, atMs: 0 };

  constructor(options: CodecSideOptions) {
    const { manifest, emit } = options;
    this.#options = options;
    this.meter = new HopMeter(manifest);
    this.taps = new TapHub(manifest, (error) =>
      emit({ type: 'log', level: 'error', message: `a tap was removed: ${describeError(error)}` }),
    );
    this.#record = new HopRecord(recordShape(manifest));
    this.#lane = this.#newLane(this.#allocate());
  }

  get capture(): Capture {
    return this.#lane.capture;
  }

  get playback(): Playback {
    return this.#lane.playback;
  }

  get provider(): { readonly name: string; readonly reason: string } {
    return this.#provider;
  }

  /** The runner died, and the next one is not ready. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get captureFillMs(): number {
    return samplesToMs(this.#memory.capture.availableRead, this.#options.manifest.sampleRate);
  }

  /** Loads what is not loaded yet. Devices are closed. @throws ResiduaError as the runner */
  async prepare(controls: LiveControls): Promise<void> {
    this.#controls = controls;
    if (this.#runner) return;
    const lane = this.#newLane(this.#allocate());
    this.#runner = await this.#spawn(lane.memory, controls);
    this.#lane = lane;
    this.#isLost = false;
  }

  /** Forgets all sound and counts from 0. Devices are closed. @throws ResiduaError as the runner */
  async reset(): Promise<void> {
    try {
      await this.#runner?.reset();
    } catch (error) {
      void this.#runner?.dispose();
      this.#runner = undefined;
      throw error;
    }
    this.capture.reset();
    this.playback.reset();
    this.#memory.records.skip();
    this.meter.reset();
    this.#restarts = 0;
    this.#past = NOTHING;
    this.#past = combine(NOTHING, this.counters(), -1);
    this.#reported = this.#droppedNow();
    this.#progress = { hops: this.#memory.count('hops'), atMs: this.#options.clock.nowMs() };
  }

  begin(): void {
    this.#isRunning = true;
    this.taps.begin();
  }

  end(): void {
    this.#isRunning = false;
    this.drain();
    this.taps.end();
  }

  update(controls: LiveControls): void {
    this.#controls = controls;
    this.#runner?.update(controls);
  }

  openCapture(format: StreamFormat): void {
    this.#input = format;
    this.capture.open(format);
    this.playback.inputChanged();
  }

  block(samples: Float32Array, atMs: number, lostFrames: number): void {
    // Without a codec sound would only grow old.
    if (this.#isLost) return;
    this.capture.block(samples, atMs, lostFrames);
    this.#runner?.wake();
  }

  closeCapture(atMs: number): void {
    this.#input = undefined;
    this.capture.close(atMs);
    this.#runner?.wake();
  }

  /** A finite input is over: with the silence that pushes its end out. */
  endCapture(atMs: number, tailHops: number): void {
    this.playback.drain();
    this.capture.close(atMs, tailHops);
    this.#runner?.wake();
  }

  openPlayback(format: StreamFormat): void {
    this.playback.open(format);
  }

  closePlayback(): void {
    this.playback.close();
  }

  /** Hands what the codec reports to meter and taps. */
  drain(): void {
    while (this.#record.readFrom(this.#memory.records)) {
      this.meter.add(this.#record);
      this.taps.hop(this.#record);
    }
  }

  /** For a look now and then: replaces a runner that hangs. */
  watch(nowMs: number): void {
    const hops = this.#memory.count('hops');
    const waiting = this.#memory.capture.availableRead >= this.#options.manifest.hopSamples;
    if (hops !== this.#progress.hops || !waiting || this.#isLost) {
      this.#progress = { hops, atMs: nowMs };
    } else if (nowMs - this.#progress.atMs > HUNG_MS) {
      const message = `the codec has not moved for ${HUNG_MS} ms`;
      void this.#replace({ code: 'CODEC_HUNG', message });
    }
  }

  counters(): Counters {
    const memory = this.#memory;
    const { underruns, missingSamples, skips, skippedSamples } = this.playback.counters;
    return combine(
      this.#past,
      {
        hops: memory.count('hops'),
        underruns,
        overruns: memory.count('drops') + this.capture.overruns + skips,
        droppedSamples: memory.count('dropped') + this.capture.lostSamples + skippedSamples,
        missingSamples,
        sanitizedSamples: memory.count('sanitized'),
        modelFailures: memory.count('failures'),
        switches: memory.count('switches'),
        tapHopsLost: memory.count('recordsLost'),
        workerRestarts: this.#restarts,
      },
      1,
    );
  }

  /** Sound dropped by the codec because it fell behind: since the last call, and in all. */
  takeDropped(): { samples: number; total: number } {
    const now = this.#droppedNow();
    const samples = now - this.#reported;
    this.#reported = now;
    return { samples: Math.max(0, samples), total: this.counters().droppedSamples };
  }

  async dispose(): Promise<void> {
    const runner = this.#runner;
    this.#runner = undefined;
    await runner?.dispose();
  }

  get #memory(): CodecMemory {
    return this.#lane.memory;
  }

  #droppedNow(): number {
    return this.#memory.count('dropped') + this.capture.lostSamples;
  }

  #allocate(): CodecMemory {
    const { manifest } = this.#options;
    const { sampleRate: sampleRateHz, hopSamples } = manifest;
    const recordLength = recordShape(manifest).length;
    return CodecMemory.allocate({ sampleRateHz, hopSamples, recordLength });
  }

  /** For the devices that run. @param old what is replaced while it plays */
  #newLane(memory: CodecMemory, old?: Lane): Lane {
    const { sampleRate: sampleRateHz, hopSamples } = this.#options.manifest;
    const capture = new Capture({ memory, sampleRateHz, hopSamples });
    const playback = new Playback({
      memory,
      capture,
      sampleRateHz,
      hopSamples,
      workMs: () => this.meter.usualWorkMs,
    });
    if (this.#input) capture.open(this.#input);
    if (old) playback.adopt(old.playback);
    return { memory, capture, playback };
  }

  async #spawn(memory: CodecMemory, controls: LiveControls): Promise<CodecRunner> {
    const { createRunner, modelFolder } = this.#options;
    // Measured once: a replacement must not take seconds to choose again.
    const provider = this.#provider.name || this.#options.provider;
    const spawned = (this.#spawned = {});
    let isReady = false;
    const report = (said: RunnerReport): void => {
      // A death while loading shows as a failure to prepare.
      if (spawned === this.#spawned && (isReady || said.type !== 'died')) this.#hear(said);
    };
    const runner = createRunner({ modelFolder, provider, memory, controls, report });
    try {
      await runner.prepare();
    } catch (error) {
      await runner.dispose();
      throw error;
    }
    isReady = true;
    return runner;
  }

  #hear(report: RunnerReport): void {
    const { emit, refused } = this.#options;
    switch (report.type) {
      case 'provider':
        if (report.name !== this.#provider.name) {
          this.#provider = { name: report.name, reason: report.reason };
        }
        break;
      case 'fallback': {
        const { from, to, problem } = report;
        emit({ type: 'fallback', what: to === 'dry' ? 'dry' : 'provider', from, to, problem });
        const message = `${from} → ${to}: ${describeError(fromProblem(problem))}`;
        emit({ type: 'log', level: 'warn', message });
        break;
      }
      case 'switch-failed': {
        const message = `${report.quantizer} cannot be used: ${report.problem.message}`;
        emit({ type: 'log', level: 'error', message });
        refused(report.heard);
        break;
      }
      case 'died':
        void this.#replace(report.problem);
    }
  }

  /** A new runner on new memory: the old one, should it still live, writes where nobody reads. */
  async #replace(problem: LiveProblem): Promise<void> {
    const old = this.#runner;
    if (!old) return;
    this.#runner = undefined;
    this.#isLost = true;
    void old.dispose();
    // While stopped nothing is missing: the next start loads it anew.
    if (!this.#isRunning) return;
    const { clock, emit, died, recovered, gaveUp } = this.#options;
    const diedAtMs = clock.nowMs();
    this.drain();
    died(problem);
    this.#deaths = [...this.#deaths.filter((at) => diedAtMs - at < DEATHS_SPAN_MS), diedAtMs];
    if (this.#deaths.length > MOST_DEATHS) {
      gaveUp({
        code: 'CODEC_UNSTABLE',
        message: `the codec died ${this.#deaths.length} times within a minute`,
        hint: `The last reason: ${problem.message}`,
      });
      return;
    }
    try {
      const memory = this.#allocate();
      const runner = await this.#spawn(memory, this.#controls!);
      if (!this.#isRunning) {
        await runner.dispose();
        return;
      }
      // Controls may have changed while it was loading.
      runner.update(this.#controls!);
      this.#past = { ...this.counters(), workerRestarts: 0 };
      this.#lane = this.#newLane(memory, this.#lane);
      this.#reported = 0;
      this.#progress = { hops: 0, atMs: clock.nowMs() };
      this.#runner = runner;
      this.#isLost = false;
      this.#restarts += 1;
      emit({ type: 'worker-restarted', problem, afterMs: clock.nowMs() - diedAtMs });
      recovered();
    } catch (error) {
      if (this.#isRunning) gaveUp(toProblem(error));
    }
  }
}

const NOTHING: Counters = {
  hops: 0,
  underruns: 0,
  overruns: 0,
  droppedSamples: 0,
  missingSamples: 0,
  sanitizedSamples: 0,
  modelFailures: 0,
  workerRestarts: 0,
  switches: 0,
  tapHopsLost: 0,
};

function combine(a: Counters, b: Counters, sign: number): Counters {
  const sums = Object.entries(a).map(([name, value]) => [
    name,
    value + sign * b[name as keyof Counters],
  ]);
  return Object.fromEntries(sums) as unknown as Counters;
}
