import type { Percentiles } from '../../common/statistics.ts';

/** How close a recording is to its clean reference. A measure undefined for a pair is absent. */
export interface Scores {
  /** Scale-invariant signal-to-distortion ratio, dB. */
  readonly siSdr?: number;
  /** Short-time objective intelligibility, about 0..1. */
  readonly stoi?: number;
  /** Wide-band PESQ (ITU-T P.862.2), 1.04..4.64. */
  readonly pesqWb?: number;
}

/** One quantizer of one model at one number of codebooks. */
export interface Variant {
  /** Unique in a run and safe in file names: the quantizer's id, after the model's where there are several. */
  readonly name: string;
  readonly model: string;
  readonly quantizer: string;
  readonly codebooks: number;
  /** For people, from the manifest. */
  readonly label: string;
  /** 0 where nothing is coded (`none`). */
  readonly bitrateKbps: number;
  readonly algorithmicLatencyMs: number;
}

/** One recording through one variant. */
export interface EnhancedResult extends Variant {
  /** Path of the WAV file. */
  readonly output: string;
  /** Computing time / duration. */
  readonly rtf: number;
  readonly hopMs: Percentiles;
  readonly metrics: Scores;
}

export interface RecordingResult {
  readonly id: string;
  readonly title: string;
  readonly snrDb: number;
  readonly seconds: number;
  readonly sampleRate: number;
  readonly noisy: Scores;
  readonly enhanced: readonly EnhancedResult[];
}

/** Means over all recordings of one variant; `hopMs` over all hops of all recordings. */
export interface MeanResult extends Variant {
  readonly files: number;
  readonly rtf: number;
  readonly hopMs: Percentiles;
  readonly metrics: Scores;
}

/** What `residua demo --json` prints. Times in ms, rates in Hz, bitrate in kbit/s. */
export interface DemoReport {
  /** Path of the HTML page. */
  readonly page: string;
  /** Folder of the WAV files. */
  readonly audio: string;
  readonly hopMs: number;
  readonly machine: string;
  readonly recordings: readonly RecordingResult[];
  readonly means: { readonly noisy: Scores; readonly enhanced: readonly MeanResult[] };
}
