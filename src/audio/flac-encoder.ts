import { createRequire } from 'node:module';
import type libFactory from 'libflacjs';
import { ResiduaError } from '../common/errors.ts';

/** The one place that knows libflacjs: libFLAC compiled to JavaScript. */

type Library = ReturnType<typeof libFactory>;

/** How hard to try, 0–8; libFLAC's own default. */
const COMPRESSION = 5;

let loading: Promise<Library> | undefined;

/** Its WebAssembly build asks `fetch` for a file, which Node refuses; the other build has no files to load. */
function library(): Promise<Library> {
  loading ??= new Promise((resolve) => {
    const require = createRequire(import.meta.url);
    const flac = (require('libflacjs') as typeof libFactory)('release');
    if (flac.isReady()) resolve(flac);
    else flac.on('ready', () => resolve(flac));
  });
  return loading;
}

export interface FlacEncoderOptions {
  /** Hz, 1–655350. */
  readonly sampleRate: number;
  /** 1–8. */
  readonly channels: number;
  /** 16 or 24. */
  readonly bitDepth: number;
  /**
   * Takes what was encoded, synchronously.
   * @param frameSamples samples per channel in this frame; 0 for the header's blocks
   */
  readonly onBytes: (bytes: Uint8Array, frameSamples: number) => void;
}

/** One native FLAC stream. STREAMINFO comes first and knows neither length, frame sizes nor MD5 sum. */
export interface FlacEncoder {
  /** @param samples interleaved integers of `bitDepth` bits, whole frames */
  encode(samples: Int32Array<ArrayBuffer>): void;
  finish(): void;
  /** Frees its memory. Safe to call twice. */
  dispose(): void;
}

/** @throws ResiduaError `FLAC_ENCODER` for a rate or channel count that FLAC cannot hold */
export async function createFlacEncoder(options: FlacEncoderOptions): Promise<FlacEncoder> {
  const { sampleRate, channels, bitDepth, onBytes } = options;
  const flac = await library();
  const id = flac.create_libflac_encoder(sampleRate, channels, bitDepth, COMPRESSION, 0, false);
  const fail = (what: string): never => {
    throw new ResiduaError('FLAC_ENCODER', `FLAC encoder: ${what}`, {
      hint: 'Choose WAV instead.',
    });
  };
  if (id === 0) fail(`${channels} channels at ${sampleRate} Hz are refused`);
  const status = flac.init_encoder_stream(id, (bytes, _count, samples) => onBytes(bytes, samples));
  // libflacjs types the status as something else than the number that it is.
  if (Number(status) !== 0) {
    flac.FLAC__stream_encoder_delete(id);
    fail(`${channels} channels at ${sampleRate} Hz are refused (status ${String(status)})`);
  }
  let isOpen = true;
  return {
    encode(samples) {
      const frames = samples.length / channels;
      if (!flac.FLAC__stream_encoder_process_interleaved(id, samples, frames)) {
        fail(`state ${flac.FLAC__stream_encoder_get_state(id)}`);
      }
    },
    finish() {
      if (!flac.FLAC__stream_encoder_finish(id)) fail('the stream could not be ended');
    },
    dispose() {
      if (isOpen) flac.FLAC__stream_encoder_delete(id);
      isOpen = false;
    },
  };
}
