/**
 * The contract between the engine and whatever brings sound in and out: a sound card, files, a simulation.
 * Back ends live in `backends/` and are named by composition roots only; all of them pass the same test suite.
 *
 * Sound crosses as interleaved float32 in blocks of `blockFrames` frames at the stream's own rate. Input and
 * output are two separate streams with two clocks. Devices are matched by name, since indices move.
 */
import type { ResiduaError } from '../common/errors.ts';

export interface AudioDevice {
  /** As people and settings know it, and what a request names; unique within one direction of one back end. */
  readonly name: string;
  /** `PulseAudio`, `PipeWire`, `ALSA`, `WASAPI`, `Core Audio`; `file` and `fake` for those back ends. */
  readonly hostApi: string;
  /** 0: cannot record. */
  readonly inputChannels: number;
  /** 0: cannot play. */
  readonly outputChannels: number;
  readonly defaultSampleRateHz: number;
  readonly isDefaultInput: boolean;
  readonly isDefaultOutput: boolean;
}

export interface StreamRequest {
  /** Device name; the system's default when left out. Never falls back to another device silently. */
  readonly device?: string;
  /** Hz; the device's default rate when left out. */
  readonly sampleRateHz?: number;
  /** Channels wanted; at most what the device has; the back end may open fewer and says so. Default 1. */
  readonly channels?: number;
  /** Length of a block in ms; rounded to whole frames. Default 10. */
  readonly blockMs?: number;
}

/** What a stream became once it was opened. */
export interface StreamFormat {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
}

export interface SourceHandlers {
  /**
   * One block, oldest frame first. The array is the back end's and is only valid during the call.
   * @param atMs when its last frame became available, on the back end's clock
   * @returns a promise to be waited for by a source that no device paces (a file, as fast as possible);
   * others ignore it
   */
  block(samples: Float32Array, atMs: number): void | Promise<void>;
  /**
   * The stream is dead: AUDIO_DEVICE_LOST (unplugged, server gone) or AUDIO_DEVICE_STALLED (no progress).
   * No further block comes; close it and open anew.
   */
  failed(error: ResiduaError): void;
  /** A finite source (a file) has given all it has. Devices never call it. */
  ended?(): void;
}

/** A running microphone or file. */
export interface AudioSource extends StreamFormat {
  /** Estimated time from sound at the device to `block`, in ms, block length excluded. */
  readonly latencyMs: number;
  /** Frames lost below `block` since the start, as far as the back end can tell. */
  readonly lostFrames: number;
  /** Begins delivering. Call once. */
  start(handlers: SourceHandlers): Promise<void>;
  /** Releases the device. Safe to call twice, in any state, also after a failure; never hangs. */
  close(): Promise<void>;
}

export interface SinkHandlers {
  /**
   * Fill `out` with the next block, all of it; called when the device can take one. Must be quick.
   * @param atMs now, on the back end's clock
   * @returns a promise of the filled block, to a sink that no device paces; others need it at once
   */
  pull(out: Float32Array, atMs: number): void | Promise<void>;
  /** See {@link SourceHandlers.failed}. */
  failed(error: ResiduaError): void;
}

/** A running loudspeaker, virtual microphone or file. */
export interface AudioSink extends StreamFormat {
  /** Estimated time from `pull` to sound at the device, in ms: what is queued below, as it stands now. */
  readonly latencyMs: number;
  /** How often silence was played because no block came in time, as far as the back end can tell. */
  readonly underruns: number;
  /** Begins asking for blocks. Call once. */
  start(handlers: SinkHandlers): Promise<void>;
  /** Plays what was pulled where the device can, then releases it. Safe to call twice; never hangs. */
  close(): Promise<void>;
}

export interface AudioBackend {
  /** `portaudio`, `decibri`, `file`, `fake`. */
  readonly id: string;
  /** A fresh enumeration, also while streams run. @throws ResiduaError AUDIO_UNAVAILABLE */
  devices(): Promise<readonly AudioDevice[]>;
  /**
   * @throws ResiduaError AUDIO_DEVICE_NOT_FOUND (its hint lists the devices there are),
   * AUDIO_DEVICE_REFUSED (busy, wrong rate or channel count), AUDIO_UNAVAILABLE
   */
  openSource(request: StreamRequest): Promise<AudioSource>;
  /** @throws as {@link openSource} */
  openSink(request: StreamRequest): Promise<AudioSink>;
  /**
   * Calls `changed` when the devices or the defaults may have changed, where the system tells. Back ends
   * that cannot know leave it out: `DeviceWatcher` asks them periodically.
   * @returns ends the watch
   */
  watch?(changed: () => void): () => void;
  /** Closes whatever is still open. */
  dispose(): Promise<void>;
}
