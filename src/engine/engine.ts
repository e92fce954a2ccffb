/**
 * The live engine: devices on both ends, the codec's side in between, and the state machine around them.
 * Everything here runs on one thread and nothing in it waits for the codec; see ARCHITECTURE.md, "Live".
 */
import { fromProblem, toProblem } from '../common/problem.ts';
import { samplesToMs } from '../common/units.ts';
import { loadModel } from '../codec/model-folder.ts';
import { quantizerKbps, type ModelManifest } from '../codec/manifest.ts';
import { ResiduaError, UsageError, describeError } from '../common/errors.ts';
import { Turns } from '../common/turns.ts';
import type { AudioSink, AudioSource, StreamRequest } from '../audio/backend.ts';
import { CodecSide } from './codec-side.ts';
import type {
  LiveControls,
  LiveEngine,
  LiveEvent,
  LiveEventOf,
  LiveOptions,
  LiveProblem,
  LiveState,
  Tap,
  Telemetry,
} from './contract.ts';
import { changeControls, initialControls } from './controls.ts';
import type { EngineDependencies } from './dependencies.ts';
import { DeviceSlot, type Direction } from './device-slot.ts';
import { LiveEmitter } from './emitter.ts';
import { latencyLedger } from './ledger.ts';
import { overloadSuggestions } from './overload.ts';
import type { Voice } from './warm-codec.ts';

const TICK_MS = 50;
/** A pause between two ticks that only a sleeping machine explains. */
const SLEEP_MS = 5000;
/** A tick that came this late says that this thread was held up: no verdict on devices. */
const LATE_TICK_MS = 500;
/** Silence behind a finite input, in hops, to push out what codec and filters hold. */
const TAIL_HOPS = 4;
const MAX_BLOCK_MS = 100;

/**
 * Reads the manifest; nothing is opened or loaded before `start`.
 * @throws ResiduaError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `MODEL_VERSION`; UsageError as `update`
 */
export async function createLiveEngine(
  options: LiveOptions,
  dependencies: EngineDependencies,
): Promise<LiveEngine> {
  const { manifest } = await loadModel(options.modelFolder);
  return new Engine(manifest, options, dependencies);
}

class Engine implements LiveEngine {
  readonly #manifest: ModelManifest;
  readonly #dependencies: EngineDependencies;
  readonly #emitter = new LiveEmitter();
  readonly #codec: CodecSide;
  readonly #input: DeviceSlot<AudioSource>;
  readonly #output: DeviceSlot<AudioSink>;
  readonly #hopMs: number;
  #options: LiveOptions;
  #controls: LiveControls;
  #state: LiveState = 'idle';
  #problem: LiveProblem | null = null;
  /** Of `start`, `stop` and `setDevices`. */
  readonly #turns = new Turns();
  #tickGeneration = 0;
  #startedAtMs = 0;
  #deviceLosses = 0;
  #endedAtMs: number | undefined;
  #isOpen = false;
  #disposed = false;

  constructor(manifest: ModelManifest, options: LiveOptions, dependencies: EngineDependencies) {
    checkOptions(options);
    this.#manifest = manifest;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#controls = initialControls(manifest, options.controls);
    this.#hopMs = samplesToMs(manifest.hopSamples, manifest.sampleRate);
    const { clock, createRunner } = dependencies;
    this.#codec = new CodecSide({
      manifest,
      clock,
      createRunner,
      modelFolder: options.modelFolder,
      provider: options.provider ?? 'auto',
      emit: (event) => this.#emit(event),
      died: (problem) => this.#codecDied(problem),
      recovered: () => this.#settle(),
      gaveUp: (problem) => this.#fail(problem),
      refused: (heard) => this.#switchRefused(heard),
    });
    const common = (direction: Direction) => ({
      direction,
      clock,
      lost: (device: string, error: ResiduaError) => this.#deviceLost(direction, device, error),
      back: (device: LiveEventOf<'device-back'>['device'], afterMs: number) => {
        this.#emit({ type: 'device-back', direction, device, afterMs });
        this.#settle();
      },
    });
    this.#input = new DeviceSlot<AudioSource>({
      ...common('input'),
      open: (request) => dependencies.input.openSource(request),
      start: (source) => this.#startSource(source),
      stopped: () => this.#codec.closeCapture(clock.nowMs()),
    });
    this.#output = new DeviceSlot<AudioSink>({
      ...common('output'),
      open: (request) => dependencies.output.openSink(request),
      start: (sink) => this.#startSink(sink),
      stopped: () => this.#codec.closePlayback(),
    });
  }

  get state(): LiveState {
    return this.#state;
  }

  get controls(): LiveControls {
    return this.#controls;
  }

  start(): Promise<void> {
    return this.#turns.take(async () => {
      this.#checkUsable();
      if (this.#isOn) return;
      this.#setState('starting', null);
      this.#isOpen = false;
      try {
        await this.#codec.prepare(this.#controls);
        await this.#codec.reset();
        await this.#openDevices();
      } catch (error) {
        const problem = toProblem(error);
        await this.#closeDevices();
        this.#setState('failed', problem);
        throw error;
      }
      this.#startedAtMs = this.#dependencies.clock.nowMs();
      this.#endedAtMs = undefined;
      this.#deviceLosses = 0;
      this.#isOpen = true;
      this.#codec.begin();
      void this.#tick(++this.#tickGeneration);
      this.#settle();
    });
  }

  warm(): Promise<void> {
    return this.#turns.take(async () => {
      this.#checkUsable();
      if (!this.#isOn) await this.#codec.prepare(this.#controls);
    });
  }

  stop(): Promise<void> {
    return this.#turns.take(() => this.#stop());
  }

  update(change: Partial<LiveControls>): void {
    this.#checkUsable();
    this.#controls = changeControls(this.#manifest, this.#controls, change);
    this.#codec.update(this.#controls);
    this.#emit({ type: 'controls', controls: this.#controls });
  }

  setDevices(devices: Parameters<LiveEngine['setDevices']>[0]): Promise<void> {
    return this.#turns.take(async () => {
      this.#checkUsable();
      const next: LiveOptions = { ...this.#options, ...devices };
      checkOptions(next);
      this.#options = next;
      if (!this.#isOn) return;
      await this.#closeDevices();
      try {
        await this.#openDevices();
      } catch (error) {
        this.#fail(toProblem(error));
        throw error;
      }
      this.#settle();
    });
  }

  on<T extends LiveEvent['type']>(type: T, listener: (event: LiveEventOf<T>) => void): () => void {
    return this.#emitter.on(type, listener);
  }

  onAny(listener: (event: LiveEvent) => void): () => void {
    return this.#emitter.onAny(listener);
  }

  addTap(tap: Tap): () => void {
    return this.#codec.taps.add(tap);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#turns.take(() => this.#stop());
    await this.#codec.dispose();
    this.#emitter.clear();
  }

  telemetry(): Telemetry {
    return this.#telemetry(false);
  }

  /** @param takes begins a new span for levels and spectrogram: for the one that is sent to listeners */
  #telemetry(takes: boolean): Telemetry {
    const atMs = this.#dependencies.clock.nowMs();
    const codec = this.#codec;
    const { meter } = codec;
    codec.drain();
    const { hopMs, realTimeFactor } = meter.timing(atMs);
    if (takes) meter.nextSpan(codec.capture.takeClipped());
    const { input: inputLevel, output: outputLevel } = meter.levels;
    const heard = this.#manifest.quantizers[meter.quantizer];
    return {
      atMs,
      state: this.#state,
      problem: this.#problem,
      controls: this.#controls,
      heard: {
        quantizer: heard?.id ?? this.#controls.quantizer,
        codebooks: meter.codebooksHeard,
        bypass: heard ? meter.bypass : this.#controls.bypass,
      },
      input: this.#input.device,
      output: this.#output.device,
      model: {
        id: this.#manifest.id,
        sampleRateHz: this.#manifest.sampleRate,
        hopSamples: this.#manifest.hopSamples,
      },
      inputLevel,
      outputLevel,
      latencyMs: latencyLedger(this.#manifest, codec, this.#input.stream?.latencyMs ?? 0),
      hopMs,
      realTimeFactor,
      rings: {
        captureMs: codec.captureFillMs,
        playbackMs: codec.playback.fillMs,
        playbackTargetMs: codec.playback.targetMs,
      },
      driftPpm: codec.playback.driftPpm ?? null,
      bitrateKbps: heard ? quantizerKbps(this.#manifest, heard, meter.codebooksHeard) : 0,
      codebooks: meter.codebooks(atMs),
      spectrogram: takes ? meter.spectrogram : { ...meter.spectrogram, input: [], output: [] },
      provider: codec.provider,
      counters: { ...codec.counters(), deviceLosses: this.#deviceLosses },
      recorder: codec.taps.status(),
      uptimeMs: this.#isOn ? atMs - this.#startedAtMs : 0,
    };
  }

  async #openDevices(): Promise<void> {
    const { input, output, inputSampleRateHz, outputSampleRateHz } = this.#options;
    const { inputChannels, outputChannels, blockMs } = this.#options;
    const block = { blockMs: blockMs ?? this.#hopMs };
    const opened = await Promise.allSettled([
      this.#input.open({ ...block, ...request(input, inputSampleRateHz, inputChannels) }),
      this.#output.open({ ...block, ...request(output, outputSampleRateHz, outputChannels) }),
    ]);
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
  }

  async #closeDevices(): Promise<void> {
    await Promise.all([this.#input.close(), this.#output.close()]);
  }

  async #startSource(source: AudioSource): Promise<void> {
    const codec = this.#codec;
    codec.openCapture(source);
    const isCurrent = () => this.#input.stream === source;
    await source.start({
      block: (samples, atMs) => {
        if (!isCurrent()) return;
        this.#input.progress();
        codec.block(samples, atMs, source.lostFrames);
      },
      failed: (error) => {
        if (isCurrent()) this.#input.lose(error);
      },
      ended: () => {
        if (!isCurrent()) return;
        const atMs = this.#dependencies.clock.nowMs();
        this.#endedAtMs = atMs;
        codec.endCapture(atMs, TAIL_HOPS);
      },
    });
  }

  async #startSink(sink: AudioSink): Promise<void> {
    this.#codec.openPlayback(sink);
    const isCurrent = () => this.#output.stream === sink;
    await sink.start({
      pull: (out, atMs) => {
        if (!isCurrent()) {
          out.fill(0);
          return;
        }
        this.#output.progress();
        // Asked before the pull adds to it.
        this.#codec.playback.pull(out, atMs, sink.latencyMs);
      },
      failed: (error) => {
        if (isCurrent()) this.#output.lose(error);
      },
    });
  }

  async #stop(): Promise<void> {
    this.#tickGeneration += 1;
    if (this.#state === 'idle' || this.#state === 'stopped') return;
    await this.#closeDevices();
    this.#codec.end();
    this.#setState('stopped', null);
  }

  async #tick(generation: number): Promise<void> {
    const { clock } = this.#dependencies;
    let beforeMs = clock.nowMs();
    for (;;) {
      await clock.sleep(TICK_MS);
      if (generation !== this.#tickGeneration) return;
      const nowMs = clock.nowMs();
      const passedMs = nowMs - beforeMs;
      beforeMs = nowMs;
      if (passedMs > SLEEP_MS) this.#resume(passedMs);
      else if (passedMs < LATE_TICK_MS) this.#watch(nowMs);
      this.#reportOverload();
      this.#emit({ type: 'telemetry', telemetry: this.#telemetry(true) });
      if (this.#hasEnded(nowMs)) {
        this.#emit({ type: 'ended' });
        void this.stop();
        return;
      }
    }
  }

  #watch(nowMs: number): void {
    if (this.#endedAtMs === undefined) this.#input.checkProgress(nowMs);
    this.#output.checkProgress(nowMs);
    this.#codec.watch(nowMs);
  }

  /** All of a finite input was played, or will never be. */
  #hasEnded(nowMs: number): boolean {
    if (this.#endedAtMs === undefined) return false;
    const { playback } = this.#codec;
    return (!playback.playing && playback.fillMs === 0) || nowMs - this.#endedAtMs > SLEEP_MS;
  }

  #resume(sleptMs: number): void {
    this.#emit({ type: 'resumed', sleptMs });
    const error = new ResiduaError('MACHINE_SLEPT', 'the machine slept; devices are opened anew');
    this.#input.lose(error);
    this.#output.lose(error);
  }

  #reportOverload(): void {
    const dropped = this.#codec.takeDropped();
    if (dropped.samples === 0) return;
    const { sampleRate } = this.#manifest;
    const event = {
      type: 'overload',
      droppedMs: samplesToMs(dropped.samples, sampleRate),
      totalDroppedMs: samplesToMs(dropped.total, sampleRate),
      suggestions: overloadSuggestions(this.#manifest, this.#controls),
    } as const;
    this.#emit(event);
    this.#log('warn', `the codec fell behind: ${Math.round(event.droppedMs)} ms of sound dropped`);
  }

  #deviceLost(direction: Direction, device: string, error: ResiduaError): void {
    this.#deviceLosses += 1;
    this.#emit({ type: 'device-lost', direction, device, problem: toProblem(error) });
    this.#log('warn', `${direction} "${device}" lost: ${describeError(error)}`);
    this.#settle(toProblem(error));
  }

  #codecDied(problem: LiveProblem): void {
    this.#log('error', `the codec's worker ended: ${problem.message}`);
    this.#settle(problem);
  }

  #switchRefused({ quantizer, codebooks }: Voice): void {
    const { maxCodebooks } = this.#manifest.quantizers.find((q) => q.id === quantizer)!;
    const isAll = codebooks === maxCodebooks;
    this.#controls = { ...this.#controls, quantizer, codebooks: isAll ? null : codebooks };
    this.#emit({ type: 'controls', controls: this.#controls });
  }

  /** Running, or recovering when something is missing. */
  #settle(problem?: LiveProblem): void {
    const canSettle = this.#state === 'starting' ? this.#isOpen : this.#isOn;
    if (!canSettle) return;
    const isMissing = this.#input.isLost || this.#output.isLost || this.#codec.isLost;
    if (!isMissing) this.#setState('running', null);
    else this.#setState('recovering', problem ?? this.#problem);
  }

  #fail(problem: LiveProblem): void {
    this.#tickGeneration += 1;
    this.#codec.end();
    void this.#closeDevices();
    this.#setState('failed', problem);
  }

  #setState(state: LiveState, problem: LiveProblem | null): void {
    this.#problem = problem;
    if (state === this.#state) return;
    const previous = this.#state;
    this.#state = state;
    this.#emit({ type: 'state', state, previous, problem });
    const why = problem ? `: ${describeError(fromProblem(problem))}` : '';
    this.#log(state === 'failed' ? 'error' : 'info', `${previous} → ${state}${why}`);
    this.#emit({ type: 'telemetry', telemetry: this.#telemetry(true) });
  }

  get #isOn(): boolean {
    return this.#state === 'running' || this.#state === 'recovering';
  }

  #log(level: 'info' | 'warn' | 'error', message: string): void {
    this.#emit({ type: 'log', level, message });
  }

  #emit(event: LiveEvent): void {
    this.#emitter.emit(event);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new ResiduaError('ENGINE_DISPOSED', 'the engine was disposed');
  }
}

function request(
  device: string | undefined,
  sampleRateHz: number | undefined,
  channels: number | undefined,
): StreamRequest {
  return {
    ...(device === undefined ? {} : { device }),
    ...(sampleRateHz === undefined ? {} : { sampleRateHz }),
    ...(channels === undefined ? {} : { channels }),
  };
}

/** @throws UsageError `OPTION_INVALID` */
function checkOptions({
  blockMs,
  inputSampleRateHz,
  outputSampleRateHz,
  inputChannels,
  outputChannels,
}: LiveOptions): void {
  const ranges = [
    ['blockMs', blockMs, 1, MAX_BLOCK_MS],
    ['inputSampleRateHz', inputSampleRateHz, 8000, 192_000],
    ['outputSampleRateHz', outputSampleRateHz, 8000, 192_000],
    ['inputChannels', inputChannels, 1, 64],
    ['outputChannels', outputChannels, 1, 64],
  ] as const;
  for (const [name, value, low, high] of ranges) {
    if (value === undefined || (value >= low && value <= high)) continue;
    throw new UsageError(`${name} must be ${low} to ${high}, not ${value}`, {
      code: 'OPTION_INVALID',
    });
  }
}
