import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { ByteSource } from './byte-source.ts';
import { quietly, type DecodedPiece } from './decoder-port.ts';
import { corruptError, formatError, truncatedError } from './errors.ts';
import { flacFrames, selfContained } from './flac-frames.ts';
import { FLAC_BIT_DEPTHS, FlacSamples } from './flac-samples.ts';
import { checkInfo, type AudioInfo, type RawReader } from './reader.ts';

/** 'fLaC', a block header and STREAMINFO (RFC 9639 §8.2). */
const HEADER_BYTES = 4 + 4 + 34;
/** Real files hold a handful; a file made of empty blocks must not keep the reader busy. */
const MAX_METADATA_BLOCKS = 1024;

/** Reads native FLAC; `offset` skips an ID3 tag some taggers put before it. */
export async function openFlac(source: ByteSource, offset = 0): Promise<RawReader> {
  const head = await source.readAt(offset, HEADER_BYTES);
  if (head.length < HEADER_BYTES) throw truncatedError(source.path, 'in the FLAC header');
  if ((head[4]! & 0x7f) !== 0) throw formatError(source.path, 'is not valid FLAC: no STREAMINFO');
  const streamInfoBlock = head.slice(8);
  const info = streamInfo(streamInfoBlock, 'flac');
  checkInfo(source.path, info.channels, info.sampleRate);
  checkBitDepth(source.path, info.bitDepth!);
  const audioOffset = await metadataEnd(source, offset + 4);
  const decoder = new FLACDecoder();
  await decoder.ready;
  return new FlacReader(source, audioOffset, info, streamInfoBlock, decoder);
}

/** @returns where the first frame begins */
async function metadataEnd(source: ByteSource, offset: number): Promise<number> {
  const { path } = source;
  let at = offset;
  for (let block = 0; block < MAX_METADATA_BLOCKS; block++) {
    const head = await source.readAt(at, 4);
    if (head.length < 4) throw truncatedError(path, 'in the FLAC header');
    at += 4 + ((head[1]! << 16) | (head[2]! << 8) | head[3]!);
    if (at > source.size) throw truncatedError(path, 'in the FLAC header');
    if (head[0]! & 0x80) return at;
  }
  throw corruptError(path, 'its FLAC header has no end');
}

/** @throws AudioError AUDIO_FORMAT */
export function checkBitDepth(path: string, bitDepth: number): void {
  if (FLAC_BIT_DEPTHS.includes(bitDepth)) return;
  throw formatError(path, `is ${bitDepth}-bit FLAC; 8, 16, 24 and 32 bits can be read`);
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
  readonly #audioOffset: number;
  readonly #streamInfo: Uint8Array;
  readonly #decoder: FLACDecoder;

  constructor(
    source: ByteSource,
    audioOffset: number,
    info: AudioInfo,
    streamInfoBlock: Uint8Array,
    decoder: FLACDecoder,
  ) {
    this.#source = source;
    this.#audioOffset = audioOffset;
    this.info = info;
    this.#streamInfo = streamInfoBlock;
    this.#decoder = decoder;
  }

  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { path } = this.#source;
    const { frames } = this.info;
    const samples = new FlacSamples(this.info.bitDepth!, this.#streamInfo);
    let total = 0;
    for await (const { header, bytes } of flacFrames(this.#source, this.#audioOffset, this.info)) {
      const piece = await this.#decode(selfContained(bytes, header, this.info));
      if (piece.errors.length > 0) throw corruptError(path, piece.errors[0]!.message);
      if (
        piece.samplesDecoded !== header.blockSize ||
        piece.channelData.length !== this.info.channels
      ) {
        throw corruptError(path, 'a FLAC frame does not hold what its header says');
      }
      total += header.blockSize;
      samples.restore(piece.channelData);
      yield piece.channelData;
    }
    if (frames !== undefined && total < frames) {
      throw truncatedError(path, `or damaged: ${total} of ${frames} samples could be decoded`);
    }
    if (frames !== undefined && total > frames) {
      throw corruptError(path, `${total} samples instead of ${frames}`);
    }
    if (frames === undefined && total === 0) throw truncatedError(path, 'no samples follow');
    if (!samples.matches()) {
      throw corruptError(path, 'the decoded samples do not have the MD5 sum in the FLAC header');
    }
  }

  async #decode(frame: Uint8Array): Promise<DecodedPiece> {
    try {
      return await quietly(() => this.#decoder.decodeFrames([frame]));
    } catch (error) {
      throw corruptError(this.#source.path, (error as Error).message);
    }
  }

  dispose(): void {
    this.#decoder.free();
  }
}
