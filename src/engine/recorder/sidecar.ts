/**
 * `<base>.json` of a recording: which files belong to it and where each code stream begins. Rewritten when
 * a part begins and at the end; docs/recordings.md describes it.
 */
import type { CodePart } from './code-parts.ts';

export const RECORDING_FORMAT = 'residua-recording';
export const RECORDING_FORMAT_VERSION = 1;

/** Why a recording ended. */
export type RecordingEnd = 'stopped' | 'disk-low' | 'disk-full' | 'folder-gone' | 'failed';

/** Sound that is not in the recording, or silence that stands for it. */
export interface RecordingGap {
  /** Where in the recording, in samples. */
  readonly sample: number;
  /** Silence put in, so that later sound keeps its place; 0 for a pause, which takes no time. */
  readonly silentSamples: number;
  readonly why: 'lost' | 'paused';
}

export interface RecordingSidecar {
  readonly format: typeof RECORDING_FORMAT;
  readonly formatVersion: typeof RECORDING_FORMAT_VERSION;
  readonly model: { readonly id: string; readonly version: string };
  /** ISO 8601 with offset UTC. */
  readonly startedAt: string;
  readonly sampleRateHz: number;
  readonly raw: string;
  readonly enhanced: string;
  readonly codes: readonly CodePart[];
  /** At most the first 1000; `gapCount` counts all. */
  readonly gaps: readonly RecordingGap[];
  readonly gapCount: number;
  /** Length of both WAV files; `null` while they grow, and for good when the process was killed. */
  readonly samples: number | null;
  /** `null` while it runs, and for good when the process was killed. */
  readonly ended: RecordingEnd | null;
}
