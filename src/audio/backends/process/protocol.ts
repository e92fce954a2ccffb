/**
 * What the back end and its device processes say to each other.
 *
 * Messages go through Node's IPC channel. Sound goes through file descriptor 3 as raw float32,
 * interleaved, in the machine's byte order:
 * - source: the process sends, for each block, one float64 (when it was read, ms of the machine's
 *   monotonic clock, `process.hrtime`) and then the block;
 * - sink: the process sends one byte for each block it wants next, and is sent the block.
 */
import type { AudioDevice } from '../../backend.ts';

/** A device as the native library names it. */
export interface DeviceKey {
  readonly name: string;
  readonly hostApi: string;
  /** 0 for the first device of that name and direction. */
  readonly occurrence: number;
}

export interface OpenRequest {
  readonly type: 'source' | 'sink';
  readonly device: DeviceKey;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  /** Sink: sound kept ready in the process at first, beyond what the library holds, ms. */
  readonly leadMs: number;
  /** Set before the library loads. */
  readonly env: Readonly<Record<string, string>>;
}

export type Request =
  OpenRequest | { readonly type: 'enumerate'; readonly env: Readonly<Record<string, string>> };

/** A device as the library lists it: names may repeat, and defaults are those of its host API. */
export type RawDevice = AudioDevice;

export type Reply =
  | { readonly type: 'devices'; readonly devices: readonly RawDevice[] }
  /** The device runs. */
  | { readonly type: 'started' }
  /** Sink: past the library's first, irregular buffers; blocks are asked for from now on. */
  | { readonly type: 'playing' }
  /** Sink: silence was played, as no block came in time. */
  | { readonly type: 'underrun' }
  /** Sink: sound kept ready from now on, see `leadMs`. */
  | { readonly type: 'lead'; readonly ms: number }
  /** Source: the parent did not read, and the process ran out of room. */
  | { readonly type: 'lost'; readonly frames: number }
  | {
      readonly type: 'failed';
      /** The library does not load; the device is not there; it was refused. */
      readonly reason: 'missing' | 'not-found' | 'refused';
      readonly message: string;
    };

/** Parent to process, later: play out and end. */
export interface Close {
  readonly type: 'close';
}
