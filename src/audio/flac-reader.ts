import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { chunksOf, type ByteSource } from './byte-source.ts';
import { quietly, type DecodedPiece } from './decoder-port.ts';
import { corruptError, formatError, truncatedError } from './errors.ts';
import { checkInfo, type AudioInfo, type RawReader } from './reader.ts';

/** 'fLaC', a block header and STREAMINFO (RFC 9639 §8.2). */
const HEADER_BYTES = 4 + 4 + 34;

/** Reads native FLAC; `offset` skips an ID3 tag some taggers put before it. */
export async function openFlac(source: ByteSource, offset = 0): Promise<RawReader> {
  const head = await source.readAt(offset, HEADER_BYTES);
  if (head.length < HEADER_BYTES) throw truncatedError(source.path, 'in the FLAC header');
  if ((head[4]! & 0x7f) !== 0) throw formatError(source.path, 'is not valid FLAC: no STREAMINFO');
  const info = streamInfo(head.subarray(8), 'flac');
  checkInfo(source.path, info.channels, info.sampleRate);
  const decoder = new FLACDecoder();
  await decoder.ready;
  return new FlacReader(source, offset, info, decoder);
}

/** The fields of a STREAMINFO block that matter here. */
export function streamInfo(block: Uint8Array, format: 'flac' | 'ogg-flac'): AudioInfo {
  const sampleRate = (block[10]! << 12) | (block[11]! << 4) | (block[12]! >> 4);
  const channels = ((block[12]! >> 1) & 7) + 1;
  const bitDepth = (((block[12]! & 1) << 4) | (block[13]! >> 4)) + 1;
  const frames =
    (block[13]! & 15) * 2 ** 32 +
    ((block[14]! << 24) | (block[15]! << 16) | (block[16]! << 8) | block[17]!) +
    (block[14]! & 0x80 ? 2 ** 32 : 0);
  return { format, sampleRate, channels, bitDepth, ...(frames > 0 ? { frames } : {}) };
}

class FlacReader implements RawReader {
  readonly info: AudioInfo;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #decoder: FLACDecoder;

  constructor(source: ByteSource, offset: number, info: AudioInfo, decoder: FLACDecoder) {
    this.#source = source;
    this.#offset = offset;
    this.info = info;
    this.#decoder = decoder;
  }

  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { path } = this.#source;
    let total = 0;
    const accept = (piece: DecodedPiece): Float32Array[] | undefined => {
      if (piece.errors.length > 0) throw corruptError(path, piece.errors[0]!.message);
      if (piece.samplesDecoded === 0) return undefined;
      if (piece.channelData.length !== this.info.channels) {
        throw corruptError(path, 'the channel count changes in the middle');
      }
      total += piece.samplesDecoded;
      return piece.channelData;
    };
    for await (const chunk of chunksOf(this.#source, this.#offset)) {
      const block = accept(await this.#decode(() => this.#decoder.decode(chunk)));
      if (block) yield block;
    }
    const block = accept(await this.#decode(() => this.#decoder.flush()));
    if (block) yield block;
    const { frames } = this.info;
    if (frames !== undefined && total < frames) {
      throw truncatedError(path, `or damaged: ${total} of ${frames} samples could be decoded`);
    }
    if (frames !== undefined && total > frames) {
      throw corruptError(path, `${total} samples instead of ${frames}`);
    }
    if (frames === undefined && total === 0) throw truncatedError(path, 'no samples follow');
  }

  async #decode(call: () => Promise<DecodedPiece>): Promise<DecodedPiece> {
    try {
      return await quietly(call);
    } catch (error) {
      throw corruptError(this.#source.path, (error as Error).message);
    }
  }

  dispose(): void {
    this.#decoder.free();
  }
}
