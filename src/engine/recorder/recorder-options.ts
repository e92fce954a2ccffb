import type { WavSampleFormat } from '../../audio/wav-encoding.ts';
import type { ModelManifest } from '../../codec/manifest.ts';
import type { ResiduaError } from '../../common/errors.ts';
import type { CodePart } from './code-parts.ts';
import type { RecordingDisk } from './recording-disk.ts';
import type { RecordingEnd } from './sidecar.ts';

export interface RecorderOptions {
  /** Created when it does not exist. */
  readonly folder: string;
  readonly manifest: ModelManifest;
  /** In use at the start; for the names. */
  readonly quantizer: string;
  /** Default '16'. */
  readonly sampleFormat?: WavSampleFormat;
  /** Recording stops before less than this is free; default 512 MiB. */
  readonly reserveBytes?: number;
  /** Longest backlog before hops are lost, default 10 s of sound. */
  readonly queueMs?: number;
  /** Sound between two writes, default 500 ms. */
  readonly flushMs?: number;
  /** Sound between two syncs, for power cuts; default 5000 ms. */
  readonly syncMs?: number;
  /** Called once, when the recording has ended, for whatever reason. */
  readonly onEnd?: (summary: RecordingSummary) => void;
  readonly disk?: RecordingDisk;
  readonly now?: () => Date;
  /** For tests: data size from which WAV becomes RF64. */
  readonly rf64FromBytes?: number;
}

export interface RecordingSummary {
  readonly folder: string;
  /** Full paths; `null` when nothing was kept because no sound came. */
  readonly raw: string | null;
  readonly enhanced: string | null;
  readonly sidecar: string | null;
  readonly codes: readonly (CodePart & { readonly path: string })[];
  readonly sampleRateHz: number;
  /** Length of both WAV files. */
  readonly samples: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Hops lost because the disk did not keep up. */
  readonly lostHops: number;
  /** Samples that an integer format clipped, both files together. */
  readonly clippedSamples: number;
  readonly ended: RecordingEnd;
  readonly problem: ResiduaError | null;
}
