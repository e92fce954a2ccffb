/**
 * What the live engine is to everyone outside it: options, controls, telemetry, events, taps. All data
 * here is plain (numbers, strings, arrays, `null`), so that it crosses to another process or a window by
 * structured clone or JSON unchanged. The one exception is {@link TapHop}, which stays inside the process.
 */
import type { Problem } from '../common/problem.ts';

/** What can be changed while sound runs. Every change is heard within 20 ms, without click or gap. */
export interface LiveControls {
  /** Quantizer id of the model's manifest. */
  readonly quantizer: string;
  /** Codebooks in use, 1…the quantizer's maximum; `null`: all. Must be `null` for a continuous quantizer. */
  readonly codebooks: number | null;
  /** Share of the enhanced signal, 0 (dry) … 1. */
  readonly mix: number;
  /**
   * At most this much attenuation of what is removed, 0…100 dB; `null`: no limit. The output is
   * enhanced + 10^(−limit/20) · (dry − enhanced).
   */
  readonly attenuationLimitDb: number | null;
  /** −60…+40 dB, before the codec. */
  readonly inputGainDb: number;
  /** Silence instead of the microphone: nothing of it reaches codec, output, tap or recorder. */
  readonly mute: boolean;
  /** The unprocessed sound, delayed to line up with the enhanced one and matched to it in loudness. */
  readonly bypass: boolean;
}

export const DEFAULT_CONTROLS: Omit<LiveControls, 'quantizer'> = {
  codebooks: null,
  mix: 1,
  attenuationLimitDb: null,
  inputGainDb: 0,
  mute: false,
  bypass: false,
};

export interface LiveOptions {
  /** Device name; the system's default when left out. Retried by this name when it is lost. */
  readonly input?: string;
  readonly output?: string;
  /** Hz; the device's default when left out. 8000…192000. */
  readonly inputSampleRateHz?: number;
  readonly outputSampleRateHz?: number;
  /** Channels to open on the input; they are averaged to mono. Default: 1, or what the device needs. */
  readonly inputChannels?: number;
  /** Channels to open on the output; each gets the same sound. Default 1. */
  readonly outputChannels?: number;
  readonly modelFolder: string;
  /** Execution provider, or `auto` (default): by measurement. */
  readonly provider?: string;
  /** Block of both devices in ms, default one hop of the model. 1…100. */
  readonly blockMs?: number;
  /** Starting values; those left out are the defaults, and the model's first quantizer with codes. */
  readonly controls?: Partial<LiveControls>;
}

/**
 * - `idle`: nothing opened. - `starting`: loading, opening devices. - `running`: sound passes.
 * - `recovering`: a device or the codec was lost; devices are looked for by name, with growing pauses.
 * - `stopped`: microphone and output released, models warm. - `failed`: gave up; `start` tries again.
 */
export type LiveState = 'idle' | 'starting' | 'running' | 'recovering' | 'stopped' | 'failed';

/** Something went wrong, in words for a person. Same shape as the `Problem` of `src/ipc`. */
export type LiveProblem = Problem;

/** Level of one signal since the last telemetry, dB relative to full scale; −120 at the least. */
export interface LevelDb {
  readonly rms: number;
  readonly peak: number;
  /** A sample reached full scale. */
  readonly clipped: boolean;
}

/** From sound at the microphone to sound at the ear, in ms, each part as it stands now. */
export interface LatencyLedger {
  /** Below the input's callback: hardware and operating system, as the back end estimates it. */
  readonly inputDevice: number;
  /** What a block longer than a hop costs: it is handed over when it is full. Filling the hop is `algorithmic`. */
  readonly captureBlock: number;
  /** Delay of the filter to the model's rate. */
  readonly inputResampler: number;
  /** The model's own: the hop that has to be complete, and its overlap. */
  readonly algorithmic: number;
  /** A full hop waiting for the codec. */
  readonly queueing: number;
  /** The codec working on it. */
  readonly compute: number;
  /** Enhanced sound waiting to be pulled, jitter cushion included. */
  readonly playback: number;
  /** Delay of the adaptive filter to the output's rate. */
  readonly outputResampler: number;
  /** Below the output's callback, as the back end estimates it. */
  readonly outputDevice: number;
  /** Sum of all parts. */
  readonly total: number;
}

export interface HopTimesMs {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How one codebook was used during the last seconds. */
export interface CodebookTelemetry {
  /** Code of the newest hop; −1: not in use. */
  readonly lastCode: number;
  /** Share of the entries used, 0…1. */
  readonly usage: number;
  /** 2^entropy, 1…size; 0 before the first code. */
  readonly perplexity: number;
}

/** Columns that came since the last telemetry, oldest first. */
export interface SpectrogramTelemetry {
  /** Values per column; value b covers b…b+1 / bins of half the model's rate. */
  readonly bins: number;
  /** Time between columns. */
  readonly columnMs: number;
  /** [column][bin], whole dB relative to a full-scale sine, −120…0. Both aligned in time. */
  readonly input: readonly (readonly number[])[];
  readonly output: readonly (readonly number[])[];
}

/** Since `start`, unless said otherwise. */
export interface LiveCounters {
  /** Hops that went through the codec. */
  readonly hops: number;
  /** Gaps that were heard because a pull of the output found too little sound. */
  readonly underruns: number;
  /** Times sound was dropped to return to the usual latency. */
  readonly overruns: number;
  /** Samples (model rate) dropped because of that. */
  readonly droppedSamples: number;
  /** Output samples (model rate) of silence put in because of underruns. */
  readonly missingSamples: number;
  /** Input samples that were NaN, infinite or absurdly large. */
  readonly sanitizedSamples: number;
  /** Hops for which the model failed (NaN, infinity, an error): the dry signal was heard. */
  readonly modelFailures: number;
  readonly workerRestarts: number;
  readonly deviceLosses: number;
  /** Switches of quantizer, codebooks or bypass carried out. */
  readonly switches: number;
  /** Hops that a tap could not be given because this process was too busy to hand them over. */
  readonly tapHopsLost: number;
}

export interface DeviceTelemetry {
  readonly name: string;
  readonly hostApi: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
}

export interface RecorderTelemetry {
  readonly state: 'off' | 'recording' | 'full' | 'failed';
  readonly seconds: number;
  readonly bytes: number;
  readonly folder: string | null;
  readonly problem: LiveProblem | null;
}

/** The state of everything, 20 times a second while running, once at every change of state. */
export interface Telemetry {
  /** Monotonic ms on the engine's clock. */
  readonly atMs: number;
  readonly state: LiveState;
  /** Why it is recovering or failed. */
  readonly problem: LiveProblem | null;
  /** What is set, and what is heard now: they differ while a switch is on its way. */
  readonly controls: LiveControls;
  readonly heard: {
    readonly quantizer: string;
    readonly codebooks: number;
    readonly bypass: boolean;
  };
  readonly input: DeviceTelemetry | null;
  readonly output: DeviceTelemetry | null;
  readonly model: {
    readonly id: string;
    readonly sampleRateHz: number;
    readonly hopSamples: number;
  };
  readonly inputLevel: LevelDb;
  readonly outputLevel: LevelDb;
  readonly latencyMs: LatencyLedger;
  /** Time the codec needed per hop, over the last 10 s; `null` before the first hop. */
  readonly hopMs: HopTimesMs | null;
  /** Mean hop time / hop length over the same span. Below 1 keeps up. */
  readonly realTimeFactor: number;
  readonly rings: {
    /** Waiting for the codec, ms. */
    readonly captureMs: number;
    /** Waiting for the output, ms. */
    readonly playbackMs: number;
    /** What the playback side aims at now, ms: grows with the jitter seen, shrinks back. */
    readonly playbackTargetMs: number;
  };
  /** Output clock relative to input clock, parts per million; `null` until it is known. */
  readonly driftPpm: number | null;
  /** Of the code stream in use; 0 for a continuous quantizer. */
  readonly bitrateKbps: number;
  readonly codebooks: readonly CodebookTelemetry[];
  readonly spectrogram: SpectrogramTelemetry;
  readonly provider: { readonly name: string; readonly reason: string };
  readonly counters: LiveCounters;
  readonly recorder: RecorderTelemetry | null;
  readonly uptimeMs: number;
}

/** Events are told apart by `type`. */
export type LiveEvent =
  | { readonly type: 'telemetry'; readonly telemetry: Telemetry }
  | {
      readonly type: 'state';
      readonly state: LiveState;
      readonly previous: LiveState;
      readonly problem: LiveProblem | null;
    }
  | {
      readonly type: 'device-lost';
      readonly direction: 'input' | 'output';
      readonly device: string;
      readonly problem: LiveProblem;
    }
  | {
      readonly type: 'device-back';
      readonly direction: 'input' | 'output';
      readonly device: DeviceTelemetry;
      readonly afterMs: number;
    }
  | {
      /** Compute fell behind: sound was dropped to return to the usual latency. */
      readonly type: 'overload';
      readonly droppedMs: number;
      readonly totalDroppedMs: number;
      /** What would help, cheapest change first; empty when nothing is known to. */
      readonly suggestions: readonly OverloadSuggestion[];
    }
  | {
      readonly type: 'fallback';
      readonly what: 'provider' | 'dry';
      readonly from: string;
      readonly to: string;
      readonly problem: LiveProblem;
    }
  | { readonly type: 'worker-restarted'; readonly problem: LiveProblem; readonly afterMs: number }
  | { readonly type: 'controls'; readonly controls: LiveControls }
  /** A finite input (a file) is over and all of it was played. The engine stops. */
  | { readonly type: 'ended' }
  /** The clock jumped: the machine slept. Streams were reopened. */
  | { readonly type: 'resumed'; readonly sleptMs: number }
  /** One line for a log; nothing that another event does not say. */
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string };

export interface OverloadSuggestion {
  readonly quantizer: string;
  readonly codebooks: number | null;
  readonly reason: string;
}

export type LiveEventOf<T extends LiveEvent['type']> = Extract<LiveEvent, { readonly type: T }>;

export interface LiveEngine {
  readonly state: LiveState;
  readonly controls: LiveControls;
  /** Loads the models, so that the first start is as quick as any other. @throws ResiduaError when they do not load */
  warm(): Promise<void>;
  /**
   * Opens devices and starts both streams; sound is heard some tens of ms later, as soon as the cushion is
   * filled. From `stopped` the models are warm.
   * @throws ResiduaError whatever kept it from starting (state is `failed` then)
   */
  start(): Promise<void>;
  /** Releases the devices, keeps the models. Safe in any state, also twice; ends a recovery. */
  stop(): Promise<void>;
  /**
   * Changes some controls, also before `start` and while stopped. All or nothing.
   * @throws UsageError `CONTROL_INVALID` (names field and range), `QUANTIZER_UNKNOWN`, `CODEBOOKS_RANGE`
   */
  update(change: Partial<LiveControls>): void;
  /** Other devices or rates; running streams are reopened. @throws as `start` */
  setDevices(
    devices: Pick<
      LiveOptions,
      | 'input'
      | 'output'
      | 'inputSampleRateHz'
      | 'outputSampleRateHz'
      | 'inputChannels'
      | 'outputChannels'
    >,
  ): Promise<void>;
  /**
   * As things stand now. Levels are those of the last `telemetry` event, and the spectrogram is empty: its
   * columns go to listeners, each once.
   */
  telemetry(): Telemetry;
  /** @returns a function that removes the listener */
  on<T extends LiveEvent['type']>(type: T, listener: (event: LiveEventOf<T>) => void): () => void;
  /** Every event. */
  onAny(listener: (event: LiveEvent) => void): () => void;
  /** Adds a tap, e.g. the recorder. @returns a function that removes it (its `end` is called) */
  addTap(tap: Tap): () => void;
  /** Stops and frees everything. Safe to call twice. */
  dispose(): Promise<void>;
}

/** What a tap needs to know before the first hop. */
export interface TapFormat {
  readonly modelId: string;
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  /** `TapHop.codes` of record k and `raw`/`enhanced` of record k + this many hops belong together. */
  readonly codeLeadHops: number;
}

/**
 * One hop at the model's rate. Arrays are reused: copy what is to be kept. `raw` and `enhanced` line up
 * sample by sample: `raw` is already delayed by the codec's overlap.
 *
 * The codes are those of the hop that just arrived. Decoded from this record on, a `.rsd` begins (as the
 * decoder drops its first `codeLeadHops` hops) at the samples of record k + codeLeadHops: a recorder that
 * wants files aligned writes codes from record k and sound from record k + codeLeadHops.
 */
export interface TapHop {
  /** Counts up by one; a jump means that hops were lost on the way to the tap or dropped in an overload. */
  readonly index: number;
  /** After input gain and mute. */
  readonly raw: Float32Array;
  /** As heard: after mix, attenuation limit and bypass. */
  readonly enhanced: Float32Array;
  /** One per codebook of the quantizer, −1 beyond those in use; empty for a continuous quantizer. */
  readonly codes: Int32Array;
  readonly quantizer: string;
  /** Codebooks in use; 0 for a continuous quantizer. */
  readonly codebooks: number;
  /** The model failed on this hop: `enhanced` is the dry signal, codes are −1. */
  readonly failed: boolean;
}

/** Receives every hop, in order, in batches a few tens of ms after it was heard. Called on the engine's thread. */
export interface Tap {
  /** Sound starts or goes on after a pause. */
  begin(format: TapFormat): void;
  /** Must be quick (no waiting); what it throws is reported and removes the tap. */
  hop(hop: TapHop): void;
  /** Sound stops (`stop`, failure) or the tap is removed; `begin` may follow. A lost device is only a pause. */
  end(): void;
  /** Shown as `Telemetry.recorder` by a tap that records. */
  status?(): RecorderTelemetry;
}
