import type { StreamFormat } from '../../backend.ts';
import type { AudioDeviceError } from '../../device-errors.ts';
import type { DeviceKey } from './protocol.ts';

/** Where a stream goes: what the engine sees of it, and how a device process finds it. */
export interface Target {
  readonly format: StreamFormat;
  readonly device: DeviceKey;
  /** For the device process, set before the library loads. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's own name, where a sound server stands between. */
  readonly pulseName?: string;
}

/** A native library in its device process. */
export interface Driver {
  /** Of the back end: `portaudio`, `decibri`. */
  readonly id: string;
  /** The process: a script that calls `serve` of `serve.mjs`. */
  readonly script: URL;
  /** Why the library does not load here, and how to mend it. @param message what loading it said */
  explainLoadFailure(message: string): AudioDeviceError;
  /** Most channels it records with, of any device. */
  readonly maxSourceChannels: number;
  /** Host APIs of which only the first that has devices is shown, best first. */
  readonly preferredHostApis: readonly string[];
  /** What is held below a sink and a source of a sound server, ms, as measured. */
  readonly heldMs: { readonly sink: number; readonly source: number };
}

export interface StreamLimits {
  /** Longest time until a device runs, ms. */
  readonly openMs: number;
  /** Without progress for that long a stream is dead, ms. */
  readonly stallMs: number;
}

export const DEFAULT_LIMITS: StreamLimits = { openMs: 8000, stallMs: 1000 };
