import { systemClock, type Clock } from '../../../common/clock.ts';
import type {
  AudioBackend,
  AudioDevice,
  AudioSink,
  AudioSource,
  StreamRequest,
} from '../../backend.ts';
import { deviceRefused } from '../../device-errors.ts';
import { openAudio } from '../../open-audio.ts';
import { MAX_CHANNELS } from '../../reader.ts';
import { findDevice, resolveFormat } from '../../stream-request.ts';
import type { WavSampleFormat } from '../../wav-writer.ts';
import { FileSink } from './file-sink.ts';
import { FileSource } from './file-source.ts';

/** `real-time`: block by block on a clock, like a device. `free`: as fast as the other side takes it. */
export type Pace = 'real-time' | 'free';

export interface FileBackendOptions {
  /** Recordings that can be opened as sources, under their paths. Default none. */
  readonly inputs?: readonly string[];
  /** WAV files that can be opened as sinks. Default none. */
  readonly outputs?: readonly string[];
  /** Default `real-time`. */
  readonly pace?: Pace;
  /** Paces `real-time` streams. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Of written files, where the request says none, Hz. Default 48000. */
  readonly outputRateHz?: number;
  /** Of written files. Default `float`: what was played, bit for bit. */
  readonly sampleFormat?: WavSampleFormat;
}

/**
 * Recordings in place of a microphone, WAV files in place of headphones.
 * @example
 * const backend = new FileBackend({ inputs: ['noisy.flac'], outputs: ['clean.wav'], pace: 'free' });
 */
export class FileBackend implements AudioBackend {
  readonly id = 'file';
  readonly #options: Required<FileBackendOptions>;
  readonly #streams = new Set<FileSource | FileSink>();

  constructor(options: FileBackendOptions = {}) {
    this.#options = {
      inputs: [],
      outputs: [],
      pace: 'real-time',
      clock: systemClock,
      outputRateHz: 48_000,
      sampleFormat: 'float',
      ...options,
    };
  }

  /** @throws AudioError for an input that cannot be read */
  async devices(): Promise<readonly AudioDevice[]> {
    const { inputs, outputs, outputRateHz } = this.#options;
    const sources: AudioDevice[] = [];
    for (const path of inputs) {
      const reader = await openAudio(path);
      await reader.close();
      sources.push(device(path, reader.channels, 0, reader.sampleRate, sources.length === 0));
    }
    return [
      ...sources,
      ...outputs.map((path, i) => device(path, 0, MAX_CHANNELS, outputRateHz, i === 0)),
    ];
  }

  /** The rate is the file's own. @throws AudioError too */
  async openSource(request: StreamRequest): Promise<AudioSource> {
    const found = findDevice(await this.devices(), 'input', request.device);
    const format = resolveFormat(found, 'input', request);
    if (format.sampleRateHz !== found.defaultSampleRateHz) {
      throw deviceRefused('input', found.name, `it is at ${found.defaultSampleRateHz} Hz`);
    }
    const { pace, clock } = this.#options;
    const reader = await openAudio(found.name);
    const source: FileSource = new FileSource(format, reader, pace, clock, () =>
      this.#streams.delete(source),
    );
    this.#streams.add(source);
    return source;
  }

  async openSink(request: StreamRequest): Promise<AudioSink> {
    const found = findDevice(await this.devices(), 'output', request.device);
    const format = resolveFormat(found, 'output', request);
    const { pace, clock, sampleFormat } = this.#options;
    const sink = await FileSink.create(format, sampleFormat, pace, clock, () =>
      this.#streams.delete(sink),
    );
    this.#streams.add(sink);
    return sink;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
  }
}

function device(
  name: string,
  inputChannels: number,
  outputChannels: number,
  defaultSampleRateHz: number,
  isFirst: boolean,
): AudioDevice {
  return {
    name,
    hostApi: 'file',
    inputChannels,
    outputChannels,
    defaultSampleRateHz,
    isDefaultInput: isFirst && inputChannels > 0,
    isDefaultOutput: isFirst && outputChannels > 0,
  };
}
