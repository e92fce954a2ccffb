import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { chunksOf, type ByteSource } from './byte-source.ts';
import { quietly, type DecodedPiece } from './decoder-port.ts';
import { AudioError, corruptError, formatError, truncatedError } from './errors.ts';
import { checkBitDepth, streamInfo } from './flac-reader.ts';
import { FlacSamples } from './flac-samples.ts';
import { lastPage, MAX_PAGE_BYTES, parsePage } from './ogg-pages.ts';
import { checkInfo, type AudioInfo, type RawReader } from './reader.ts';

interface OggDecoder {
  readonly ready: Promise<unknown>;
  /** Always a promise; ogg-opus-decoder's types forget it. */
  decode(bytes: Uint8Array): DecodedPiece | Promise<DecodedPiece>;
  flush(): Promise<DecodedPiece>;
  free(): unknown;
}

/** Opus always decodes at 48 kHz (RFC 7845 §5.1). */
const OPUS_RATE = 48000;
/** A packet can reach beyond the end of its stream: 120 ms of Opus, one Vorbis or FLAC block. */
const LONGEST_PACKET = 65536;

/** Reads Ogg with one Opus, Vorbis or FLAC stream. */
export async function openOgg(source: ByteSource): Promise<RawReader> {
  const { path } = source;
  const head = await source.readAt(0, MAX_PAGE_BYTES);
  const page = parsePage(head, 0);
  if (!page || head.length < page.headerBytes + page.bodyBytes) {
    throw truncatedError(path, 'in the middle of its first Ogg page');
  }
  const identified = identify(
    path,
    head.subarray(page.headerBytes, page.headerBytes + page.bodyBytes),
  );
  const last = await lastPage(source);
  if (last.serial !== page.serial) {
    throw formatError(path, 'holds several Ogg streams (video, or files joined together)');
  }
  const frames = Number(last.granule) - identified.preSkip;
  if (last.granule >= 1n << 62n || frames < 0) throw corruptError(path, 'impossible length');
  checkInfo(path, identified.channels, identified.sampleRate);
  const decoder = createDecoder(identified.format);
  await decoder.ready;
  const { format, sampleRate, channels, bitDepth } = identified;
  const info: AudioInfo = {
    format,
    sampleRate,
    channels,
    frames,
    ...(bitDepth === undefined ? {} : { bitDepth }),
  };
  return new OggReader(source, info, decoder, identified.flac);
}

interface Identified {
  format: 'opus' | 'vorbis' | 'ogg-flac';
  sampleRate: number;
  channels: number;
  /** Samples to drop at the start, counted in the last granule position. */
  preSkip: number;
  bitDepth?: number;
  flac?: FlacSamples;
}

function identify(path: string, packet: Uint8Array): Identified {
  const text = String.fromCharCode(...packet.subarray(0, 9));
  const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (text.startsWith('OpusHead') && packet.length >= 19) {
    const preSkip = data.getUint16(10, true);
    return { format: 'opus', sampleRate: OPUS_RATE, channels: packet[9]!, preSkip };
  }
  if (text.startsWith('\x01vorbis') && packet.length >= 30) {
    const sampleRate = data.getUint32(12, true);
    return { format: 'vorbis', sampleRate, channels: packet[11]!, preSkip: 0 };
  }
  if (text.startsWith('\x7fFLAC') && packet.length >= 51) {
    const block = packet.subarray(17, 51);
    const { sampleRate, channels, bitDepth } = streamInfo(block, 'ogg-flac');
    checkBitDepth(path, bitDepth!);
    const flac = new FlacSamples(bitDepth!, block);
    return { format: 'ogg-flac', sampleRate, channels, preSkip: 0, bitDepth: bitDepth!, flac };
  }
  if (text.startsWith('Speex')) throw formatError(path, 'is Ogg Speex, which cannot be read');
  throw formatError(path, 'is an Ogg file without Opus, Vorbis or FLAC audio first');
}

function createDecoder(format: Identified['format']): OggDecoder {
  switch (format) {
    case 'opus':
      return new OggOpusDecoder();
    case 'vorbis':
      return new OggVorbisDecoder();
    case 'ogg-flac':
      return new FLACDecoder();
  }
}

class OggReader implements RawReader {
  readonly info: AudioInfo;
  readonly #source: ByteSource;
  readonly #decoder: OggDecoder;
  readonly #flac: FlacSamples | undefined;

  constructor(source: ByteSource, info: AudioInfo, decoder: OggDecoder, flac?: FlacSamples) {
    this.#source = source;
    this.info = info;
    this.#decoder = decoder;
    this.#flac = flac;
  }

  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { path } = this.#source;
    const frames = this.info.frames!;
    let total = 0;
    const accept = (piece: DecodedPiece): Float32Array[] | undefined => {
      if (piece.errors.length > 0) throw corruptError(path, piece.errors[0]!.message);
      if (piece.samplesDecoded <= 0) return undefined;
      if (piece.channelData.length !== this.info.channels) {
        throw corruptError(path, 'the channel count changes in the middle');
      }
      // The last page's granule position says where the stream ends; the decoders do not always cut
      // there, e.g. where an Opus stream fits one page.
      const room = Math.max(0, frames - total);
      total += piece.samplesDecoded;
      if (room === 0) return undefined;
      const planes = piece.channelData.map((samples) => samples.subarray(0, room));
      this.#flac?.restore(planes);
      return planes;
    };
    for await (const chunk of chunksOf(this.#source)) {
      const block = accept(await this.#decode(() => this.#decoder.decode(chunk)));
      if (block) yield block;
    }
    const block = accept(await this.#decode(() => this.#decoder.flush()));
    if (block) yield block;
    if (total < frames || total > frames + LONGEST_PACKET) {
      throw corruptError(path, `${total} of ${frames} samples could be decoded`);
    }
    if (this.#flac && !this.#flac.matches()) {
      throw corruptError(path, 'the decoded samples do not have the MD5 sum in the FLAC header');
    }
  }

  async #decode(call: () => DecodedPiece | Promise<DecodedPiece>): Promise<DecodedPiece> {
    try {
      return await quietly(call);
    } catch (error) {
      if (error instanceof AudioError) throw error;
      throw corruptError(this.#source.path, (error as Error).message);
    }
  }

  dispose(): void {
    this.#decoder.free();
  }
}
