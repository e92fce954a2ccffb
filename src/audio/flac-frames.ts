import { chunksOf, type ByteSource } from './byte-source.ts';
import { corruptError, formatError, truncatedError } from './errors.ts';
import type { AudioInfo } from './reader.ts';

/** A FLAC frame header (RFC 9639 §9.1); rate and depth are undefined where STREAMINFO has them. */
export interface FlacFrameHeader {
  /** Samples per channel in this frame, 1–65536. */
  blockSize: number;
  /** `number` counts samples instead of frames. */
  variable: boolean;
  number: number;
  /** Hz. */
  sampleRate?: number;
  channels: number;
  bitDepth?: number;
  /** Length of the header with its CRC-8, bytes. */
  bytes: number;
}

/** Sync and codes 4, coded number ≤ 7, block size ≤ 2, rate ≤ 2, CRC-8 1. */
const LONGEST_HEADER = 16;
/** The decoder takes no more in one piece; blocks of 4096 stereo samples stay below 32 KiB. */
const LONGEST_FRAME = 65535 * 8;
const ID3V1_BYTES = 128;
const RATES = [88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000];
const DEPTHS = [undefined, 8, 12, undefined, 16, 20, 24, 32];

/** @returns the header at `at`, or undefined where there is none, it is cut or its CRC-8 fails */
export function parseFlacFrameHeader(bytes: Uint8Array, at: number): FlacFrameHeader | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return undefined;
  const blockCode = bytes[at + 2]! >> 4;
  const rateCode = bytes[at + 2]! & 15;
  const channelCode = bytes[at + 3]! >> 4;
  const depthCode = (bytes[at + 3]! >> 1) & 7;
  if (blockCode === 0 || rateCode === 15 || channelCode > 10 || depthCode === 3) return undefined;
  if (bytes[at + 3]! & 1) return undefined;
  const coded = codedNumber(bytes, at + 4);
  if (!coded) return undefined;
  let end = at + 4 + coded.bytes;
  const next = (count: number): number => {
    let value = 0;
    for (; count > 0; count--) value = value * 256 + (bytes[end++] ?? 0);
    return value;
  };
  let blockSize = 192;
  if (blockCode >= 8) blockSize = 2 ** blockCode;
  else if (blockCode === 6 || blockCode === 7) blockSize = next(blockCode - 5) + 1;
  else if (blockCode > 1) blockSize = 576 * 2 ** (blockCode - 2);
  let sampleRate = RATES[rateCode - 1];
  if (rateCode === 12) sampleRate = next(1) * 1000;
  else if (rateCode > 12) sampleRate = next(2) * (rateCode === 14 ? 10 : 1);
  if (end >= bytes.length || crc8(bytes, at, end) !== bytes[end]) return undefined;
  const bitDepth = DEPTHS[depthCode];
  return {
    blockSize,
    variable: (bytes[at + 1]! & 1) !== 0,
    number: coded.value,
    ...(sampleRate === undefined ? {} : { sampleRate }),
    channels: channelCode < 8 ? channelCode + 1 : 2,
    ...(bitDepth === undefined ? {} : { bitDepth }),
    bytes: end + 1 - at,
  };
}

/** UTF-8's scheme carried on to 36 bits (RFC 9639 §9.1.5). */
function codedNumber(bytes: Uint8Array, at: number): { value: number; bytes: number } | undefined {
  const first = bytes[at];
  if (first === undefined || first === 0xff) return undefined;
  const ones = Math.clz32(~(first << 24));
  if (ones === 0) return { value: first, bytes: 1 };
  if (ones === 1) return undefined;
  let value = first & (0x7f >> ones);
  for (let i = 1; i < ones; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 63);
  }
  return { value, bytes: ones };
}

/**
 * Splits a FLAC stream into frames, in constant memory. Nothing in a frame says how long it is: it
 * ends where its CRC-16 comes out and the next header, or the end of the file, follows. This is
 * done here because the splitter inside the decoder library (codec-parser 2.5.0) loses the last
 * frame of some files, and skips damaged frames without a word. An ID3v1 tag at the end is left out.
 *
 * @param offset of the first frame, behind the metadata
 * @throws AudioError AUDIO_CORRUPT where a checksum fails or a frame is missing, AUDIO_TRUNCATED
 * where the file ends inside a frame, AUDIO_FORMAT for frames the decoder cannot take
 */
export async function* flacFrames(
  source: ByteSource,
  offset: number,
  info: AudioInfo,
): AsyncGenerator<{ header: FlacFrameHeader; bytes: Uint8Array }> {
  const { path } = source;
  const chunks = chunksOf(source, offset);
  let buffer = new Uint8Array(0);
  let ended = false;
  const more = async (): Promise<void> => {
    const next = await chunks.next();
    if (next.done) {
      ended = true;
      return;
    }
    const joined = new Uint8Array(buffer.length + next.value.length);
    joined.set(buffer);
    joined.set(next.value, buffer.length);
    buffer = joined;
  };
  let position = offset;
  let expected: number | undefined;
  for (;;) {
    while (buffer.length < LONGEST_HEADER && !ended) await more();
    if (buffer.length === 0 || (ended && isId3v1(buffer))) return;
    const header = parseFlacFrameHeader(buffer, 0);
    if (!header || !belongs(header, info)) {
      if (buffer.length < LONGEST_HEADER) throw truncatedError(path, 'in a FLAC frame header');
      throw corruptError(path, `no FLAC frame of this stream at byte ${position}`);
    }
    // A sample number that jumps is left to the decoder: old encoders disagree about its unit.
    if (!header.variable && expected !== undefined && header.number !== expected) {
      throw corruptError(path, `FLAC frame ${header.number} follows frame ${expected - 1}`);
    }
    expected = header.number + 1;

    let crc = 0;
    let at = 0;
    let length: number | undefined;
    let passedHeader = false;
    while (length === undefined) {
      const known = ended ? buffer.length : buffer.length - LONGEST_HEADER;
      for (; at < known; at++) {
        if (buffer[at] === 0xff && at > header.bytes) {
          const next = parseFlacFrameHeader(buffer, at);
          if (next && belongs(next, info)) {
            // Over a frame with its own checksum behind it, the CRC is 0.
            if (crc === 0) break;
            passedHeader = true;
          }
        }
        crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ buffer[at]!]!;
      }
      if (at < known) {
        length = at;
      } else if (ended) {
        length = lastFrameLength(buffer, crc);
        if (length !== undefined) break;
        if (passedHeader) throw checksumError(path, position);
        throw truncatedError(path, `or damaged: the frame at byte ${position} has no end`);
      } else if (at > LONGEST_FRAME) {
        if (passedHeader) throw checksumError(path, position);
        throw formatError(path, 'has FLAC frames of more than 512 KiB, which cannot be read');
      } else {
        await more();
      }
    }
    yield { header, bytes: buffer.subarray(0, length) };
    buffer = buffer.subarray(length);
    position += length;
  }
}

/**
 * The frame as a decoder that never saw STREAMINFO can read it: with a rate and a depth of its own,
 * and new checksums. Few encoders leave these out; the same bytes come back for all others. The
 * decoder library is not given STREAMINFO itself: called without a frame it frees memory it never
 * allocated.
 */
export function selfContained(
  frame: Uint8Array,
  header: FlacFrameHeader,
  info: AudioInfo,
): Uint8Array {
  if (header.sampleRate !== undefined && header.bitDepth !== undefined) return frame;
  const copy = frame.slice();
  // Any rate will do: the samples do not depend on it, and info has the true one.
  if (header.sampleRate === undefined) copy[2]! |= RATES.indexOf(44100) + 1;
  if (header.bitDepth === undefined) copy[3]! |= DEPTHS.indexOf(info.bitDepth) << 1;
  copy[header.bytes - 1] = crc8(copy, 0, header.bytes - 1);
  const crc = crc16(copy, copy.length - 2);
  copy[copy.length - 2] = crc >> 8;
  copy[copy.length - 1] = crc;
  return copy;
}

function checksumError(path: string, position: number): Error {
  return corruptError(path, `the FLAC frame at byte ${position}, or the one behind it, is broken`);
}

/** All frames of one stream share its format; a header that differs is chance, or damage. */
function belongs(header: FlacFrameHeader, info: AudioInfo): boolean {
  return (
    header.channels === info.channels &&
    (header.sampleRate ?? info.sampleRate) === info.sampleRate &&
    (header.bitDepth ?? info.bitDepth) === info.bitDepth
  );
}

function lastFrameLength(bytes: Uint8Array, crc: number): number | undefined {
  if (crc === 0) return bytes.length;
  const length = bytes.length - ID3V1_BYTES;
  return length > 0 && isId3v1(bytes.subarray(length)) && crc16(bytes, length) === 0
    ? length
    : undefined;
}

function isId3v1(bytes: Uint8Array): boolean {
  return (
    bytes.length === ID3V1_BYTES && bytes[0] === 0x54 && bytes[1] === 0x41 && bytes[2] === 0x47
  );
}

/** x⁸ + x² + x + 1, of bytes `from` to `to`. */
function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = CRC8[crc ^ bytes[i]!]!;
  return crc;
}

/** x¹⁶ + x¹⁵ + x² + 1, of the first `length` bytes. */
function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) {
    crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ bytes[i]!]!;
  }
  return crc;
}

const CRC8 = crcTable(8, 0x07);
const CRC16 = crcTable(16, 0x8005);

function crcTable(bits: number, polynomial: number): Uint16Array {
  const top = 2 ** (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc & top ? polynomial : 0);
    return crc & (2 ** bits - 1);
  });
}
