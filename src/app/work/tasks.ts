import type { FileTarget } from '../../audio/atomic-file.ts';
import type { ClipMetrics } from '../../ipc/app/compare.ts';

/** What worker processes can be asked to do: argument, result and progress of every task. */

export interface CodecChoice {
  readonly modelFolder: string;
  /** `null`: the model's default. */
  readonly quantizer: string | null;
  /** `null`: all of them. */
  readonly codebooks: number | null;
  /** `auto` is the CPU here: many files share the machine, and small networks are fastest there. */
  readonly provider: string;
}

export interface CleanRequest extends CodecChoice {
  /** A recording, or a `.rsd` code stream, which is decoded as it says itself. */
  readonly input: string;
  /** Share of the enhanced sound, 0..1. */
  readonly mix: number;
  /** The result is `<stem>.<quantizer>.wav` in `folder`, with a number where that exists. */
  readonly output: { readonly folder: string; readonly stem: string; readonly temporary: string };
}

export interface CleanProgress extends SoundProgress {
  /** Of the work that is done, 0..1. */
  readonly share: number;
  /** Since the codec was loaded. */
  readonly elapsedMs: number;
}

export interface CleanResult {
  readonly output: string;
  readonly quantizer: string;
  readonly codebooks: number;
  readonly kbps: number;
  readonly seconds: number;
  /** From the codec being loaded to the file being complete. */
  readonly elapsedMs: number;
}

/** Seconds of sound that have passed and in all; `total` `null` where the file does not say. */
export interface SoundProgress {
  readonly done: number;
  readonly total: number | null;
}

export interface LoadClipRequest {
  readonly input: string;
  /** The clean recording of the same speech. */
  readonly reference: string | null;
  readonly maxSeconds: number;
  /** The model's, which the clip is taken to, Hz. */
  readonly sampleRateHz: number;
  readonly noisyOutput: string;
  readonly referenceOutput: string;
}

export interface LoadedClip {
  readonly seconds: number;
  /** LUFS; `null` for silence. */
  readonly loudness: number | null;
  readonly referenceLoudness: number | null;
  /** Of the clip as it came; `null` without a reference. */
  readonly metrics: ClipMetrics | null;
}

export interface VariantRequest extends CodecChoice {
  readonly noisy: string;
  readonly reference: string | null;
  readonly output: string;
}

export interface RenderedVariant {
  readonly label: string;
  readonly kbps: number;
  readonly loudness: number | null;
  readonly metrics: ClipMetrics | null;
}

export interface Tasks {
  clean: { argument: CleanRequest; result: CleanResult; progress: CleanProgress };
  /** Any sound as 24-bit FLAC. */
  flac: {
    argument: { input: string; output: FileTarget };
    result: null;
    progress: SoundProgress;
  };
  /** Any sound as mono 24-bit WAV, which can be read anywhere. */
  wav: { argument: { input: string; output: FileTarget }; result: null; progress: SoundProgress };
  /** Of a WAV file: greatest magnitude in each of `buckets` equal parts, 0..1. */
  peaks: { argument: { path: string; buckets: number }; result: number[]; progress: never };
  /** Of a WAV file: levels as in the contract's `spectrogramSchema`. */
  spectrogram: {
    argument: { path: string; columns: number; rows: number };
    result: Uint8Array<ArrayBuffer>;
    progress: never;
  };
  loadClip: { argument: LoadClipRequest; result: LoadedClip; progress: never };
  /** Progress 0..1. */
  variant: { argument: VariantRequest; result: RenderedVariant; progress: number };
}

export type TaskName = keyof Tasks;
export type TaskArgument<T extends TaskName> = Tasks[T]['argument'];
export type TaskResult<T extends TaskName> = Tasks[T]['result'];
export type TaskProgress<T extends TaskName> = Tasks[T]['progress'];

/** What a task gets besides its argument. */
export interface TaskContext<T extends TaskName> {
  readonly signal: AbortSignal;
  /** May be called as often as one likes. */
  readonly onProgress: (progress: TaskProgress<T>) => void;
}
