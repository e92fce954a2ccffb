import type { StreamFormat } from '../../backend.ts';
import type { DeviceKey } from './protocol.ts';

/** Where a stream goes: what the engine sees of it, and how a device process finds it. */
export interface Target {
  readonly format: StreamFormat;
  readonly device: DeviceKey;
  /** For the device process, set before naudiodon loads. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's own name, where a sound server stands between. */
  readonly pulseName?: string;
}

export interface StreamLimits {
  /** Longest time until a device runs, ms. */
  readonly openMs: number;
  /** Without progress for that long a stream is dead, ms. */
  readonly stallMs: number;
}

export const DEFAULT_LIMITS: StreamLimits = { openMs: 8000, stallMs: 700 };
