import { MPEGDecoder } from 'mpg123-decoder';
import type { ByteSource } from './byte-source.ts';
import { quietly, type DecodedPiece } from './decoder-port.ts';
import { corruptError, truncatedError } from './errors.ts';
import { mp3Frames, type FrameHeader } from './mp3-frames.ts';
import { checkInfo, type AudioInfo, type RawReader } from './reader.ts';

/** Reads MPEG audio, layers I–III. Encoder delay and padding are removed where a LAME tag says. */
export async function openMp3(source: ByteSource, offset: number): Promise<RawReader> {
  let first: { header: FrameHeader; bytes: Uint8Array } | undefined;
  for await (const frame of mp3Frames(source, offset)) {
    first = frame;
    break;
  }
  const { header, bytes } = first!; // mp3Frames throws where there is no frame
  checkInfo(source.path, header.channels, header.sampleRate);
  const tag = parseXingTag(bytes, header);
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const frames = tag?.samples;
  const info: AudioInfo = {
    format: 'mp3',
    sampleRate: header.sampleRate,
    channels: header.channels,
    ...(frames === undefined ? {} : { frames }),
  };
  return new Mp3Reader(source, offset, info, tag?.frameCount, decoder);
}

interface XingTag {
  /** MPEG frames after the tag's own. */
  frameCount: number;
  /** Samples per channel without delay and padding, where the LAME part says. */
  samples?: number;
}

/** The Xing/Info header and its LAME extension, if the first frame carries one. */
function parseXingTag(frame: Uint8Array, header: FrameHeader): XingTag | undefined {
  const data = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const mpeg1 = header.samples === 1152;
  const at = 4 + (mpeg1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17);
  if (at + 12 > frame.length) return undefined;
  const id = String.fromCharCode(...frame.subarray(at, at + 4));
  if (id !== 'Xing' && id !== 'Info') return undefined;
  const flags = data.getUint32(at + 4);
  if ((flags & 1) === 0) return undefined;
  const frameCount = data.getUint32(at + 8);
  const lame = at + 8 + 4 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (lame + 24 > frame.length || frame[lame] === 0) return { frameCount };
  const delay = (frame[lame + 21]! << 4) | (frame[lame + 22]! >> 4);
  const padding = ((frame[lame + 22]! & 15) << 8) | frame[lame + 23]!;
  const samples = frameCount * header.samples - delay - padding;
  return samples > 0 ? { frameCount, samples } : { frameCount };
}

class Mp3Reader implements RawReader {
  readonly info: AudioInfo;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #declaredFrames: number | undefined;
  readonly #decoder: MPEGDecoder;

  constructor(
    source: ByteSource,
    offset: number,
    info: AudioInfo,
    declaredFrames: number | undefined,
    decoder: MPEGDecoder,
  ) {
    this.#source = source;
    this.#offset = offset;
    this.info = info;
    this.#declaredFrames = declaredFrames;
    this.#decoder = decoder;
  }

  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { path } = this.#source;
    let mpegFrames = 0;
    for await (const { bytes } of mp3Frames(this.#source, this.#offset)) {
      mpegFrames++;
      const piece = await this.#decode(bytes);
      if (piece.samplesDecoded > 0) yield piece.channelData.slice(0, this.info.channels);
    }
    const audioFrames = this.#declaredFrames === undefined ? mpegFrames : mpegFrames - 1;
    if (this.#declaredFrames !== undefined && audioFrames < this.#declaredFrames) {
      throw truncatedError(path, `${audioFrames} of ${this.#declaredFrames} MPEG frames exist`);
    }
  }

  async #decode(bytes: Uint8Array): Promise<DecodedPiece> {
    try {
      const piece = await quietly(() => this.#decoder.decode(bytes));
      if (piece.errors.length > 0) throw new Error(piece.errors[0]!.message);
      return piece;
    } catch (error) {
      throw corruptError(this.#source.path, (error as Error).message);
    }
  }

  dispose(): void {
    this.#decoder.free();
  }
}
