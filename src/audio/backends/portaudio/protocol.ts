/**
 * What the back end and its device processes say to each other.
 *
 * Messages go through Node's IPC channel. Sound goes through file descriptor 3 as raw float32,
 * interleaved, in the machine's byte order:
 * - source: the process sends, for each block, one float64 (when it was read, ms of the machine's
 *   monotonic clock, `process.hrtime`) and then the block;
 * - sink: the process sends one byte for each block it wants next, and is sent the block.
 */

/** A device as PortAudio names it. */
export interface DeviceKey {
  readonly name: string;
  /** Empty: any. */
  readonly hostApi: string;
  /** 0 for the first device of that name. */
  readonly occurrence: number;
}

export interface OpenRequest {
  readonly type: 'source' | 'sink';
  readonly device: DeviceKey;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  /** Sink: sound kept ready in the process at first, beyond what PortAudio holds, ms. */
  readonly leadMs: number;
  /** Set before naudiodon loads. */
  readonly env: Readonly<Record<string, string>>;
}

export type Request =
  OpenRequest | { readonly type: 'enumerate'; readonly env: Readonly<Record<string, string>> };

/** One entry of naudiodon's `getDevices()`. */
export interface RawDevice {
  readonly id: number;
  readonly name: string;
  readonly maxInputChannels: number;
  readonly maxOutputChannels: number;
  readonly defaultSampleRate: number;
  readonly hostAPIName: string;
}

/** naudiodon's `getHostAPIs()`; no default device is 4294967295. */
export interface RawHostApis {
  readonly defaultHostAPI: number;
  readonly HostAPIs: readonly {
    readonly id: number;
    readonly name: string;
    readonly defaultInput: number;
    readonly defaultOutput: number;
  }[];
}

export type Reply =
  | {
      readonly type: 'devices';
      readonly devices: readonly RawDevice[];
      readonly hostApis: RawHostApis;
    }
  /** The device runs. */
  | { readonly type: 'started' }
  /** Sink: past PortAudio's first, irregular buffers; blocks are asked for from now on. */
  | { readonly type: 'playing' }
  /** Sink: silence was played, as no block came in time. */
  | { readonly type: 'underrun' }
  /** Sink: sound kept ready from now on, see `leadMs`. */
  | { readonly type: 'lead'; readonly ms: number }
  /** Source: the parent did not read, and the process ran out of room. */
  | { readonly type: 'lost'; readonly frames: number }
  | {
      readonly type: 'failed';
      /** naudiodon does not load; the device is not there; PortAudio refused it. */
      readonly reason: 'missing' | 'not-found' | 'refused';
      readonly message: string;
    };

/** Parent to process, later: play out and end. */
export interface Close {
  readonly type: 'close';
}
