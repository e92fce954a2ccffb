import type { ByteSource } from './byte-source.ts';
import { formatError, truncatedError } from './errors.ts';
import { checkInfo } from './reader.ts';

/**
 * WAV headers: RIFF/WAVE and RF64 (EBU Tech 3306), WAVE_FORMAT PCM, IEEE float, A-law, µ-law and
 * EXTENSIBLE. Chunks are padded to even sizes; any unknown chunk is skipped.
 */

export type SampleCoding = 'pcm' | 'float' | 'alaw' | 'mulaw';

export interface WavLayout {
  sampleRate: number;
  channels: number;
  coding: SampleCoding;
  /** Bytes of one sample of one channel, 1–8. */
  sampleBytes: number;
  bitDepth: number;
  /** Byte range of the samples in the file. */
  dataOffset: number;
  dataBytes: number;
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_ALAW = 6;
const FORMAT_MULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
const UNKNOWN_SIZE = 0xffffffff;
/** What SoX, arecord and others put there when they write to a pipe and cannot come back. */
const PIPE_SIZES = [0x7ffff000, 0x7fffffff, 0x7fffffff - 36, 0x80000000, UNKNOWN_SIZE - 36];
/** Many small chunks are legal; thousands before the samples are an attack or noise. */
const MAX_CHUNKS = 1000;

const ascii = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);

/** Reads the chunks up to and including the header of `data`. */
export async function parseWav(source: ByteSource): Promise<WavLayout> {
  const { path, size } = source;
  const top = await source.readAt(0, 12);
  if (top.length < 12) throw truncatedError(path, 'in the middle of the WAV header');
  const isRf64 = ascii(top, 0) === 'RF64';
  if (ascii(top, 8) !== 'WAVE') throw formatError(path, 'is a RIFF file but not a WAV file');
  const riffSize = view(top).getUint32(4, true);

  let format: Omit<WavLayout, 'dataOffset' | 'dataBytes'> | undefined;
  let longDataSize: number | undefined;
  let offset = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    const head = await source.readAt(offset, 8);
    if (head.length < 8) {
      const missing = format ? 'no samples follow the header' : 'in the middle of the WAV header';
      throw truncatedError(path, missing);
    }
    const id = ascii(head, 0);
    const chunkSize = view(head).getUint32(4, true);
    const body = offset + 8;
    if (id === 'ds64') {
      const bytes = await source.readAt(body, 24);
      if (bytes.length < 24) throw truncatedError(path, 'in the middle of the WAV header');
      longDataSize = Number(view(bytes).getBigUint64(8, true));
    } else if (id === 'fmt ') {
      const bytes = await source.readAt(body, Math.min(chunkSize, 40));
      if (bytes.length < Math.min(chunkSize, 40)) {
        throw truncatedError(path, 'in the middle of the WAV header');
      }
      format = parseFormat(path, bytes);
    } else if (id === 'data') {
      if (!format) throw formatError(path, 'has no WAV format chunk before its samples');
      const declared = isRf64 && longDataSize ? longDataSize : chunkSize;
      const dataBytes = resolveDataSize(path, declared, riffSize, body, size);
      return { ...format, dataOffset: body, dataBytes };
    }
    offset = body + chunkSize + (chunkSize % 2);
  }
  throw formatError(path, `holds more than ${MAX_CHUNKS} chunks and no samples`);
}

/** The data size to trust: the declared one, or the rest of the file where a writer never came back to fill it in. */
function resolveDataSize(
  path: string,
  declared: number,
  riffSize: number,
  dataOffset: number,
  fileSize: number,
): number {
  const available = fileSize - dataOffset;
  const neverFilledIn = declared === 0 && riffSize + 8 <= dataOffset;
  if (declared === UNKNOWN_SIZE || neverFilledIn) return available;
  if (declared <= available) return declared;
  if (PIPE_SIZES.includes(declared)) return available;
  throw truncatedError(
    path,
    `the header promises ${declared} bytes of samples, ${available} exist`,
  );
}

function parseFormat(path: string, bytes: Uint8Array): Omit<WavLayout, 'dataOffset' | 'dataBytes'> {
  if (bytes.length < 16) throw formatError(path, 'has a WAV format chunk of the wrong size');
  const data = view(bytes);
  let tag = data.getUint16(0, true);
  const channels = data.getUint16(2, true);
  const sampleRate = data.getUint32(4, true);
  const blockAlign = data.getUint16(12, true);
  const bitDepth = data.getUint16(14, true);
  if (tag === FORMAT_EXTENSIBLE) {
    if (bytes.length < 26) throw formatError(path, 'has a WAV format chunk of the wrong size');
    tag = data.getUint16(24, true); // first two bytes of the sub-format GUID
  }
  checkInfo(path, channels, sampleRate);
  const coding = codingOf(tag);
  if (!coding) throw formatError(path, `is a WAV file with an unsupported codec (format ${tag})`);
  const sampleBytes = blockAlign / channels;
  const legal = {
    pcm: [1, 2, 3, 4],
    float: [4, 8],
    alaw: [1],
    mulaw: [1],
  }[coding];
  if (!legal.includes(sampleBytes) || bitDepth > sampleBytes * 8 || bitDepth < 1) {
    throw formatError(path, `has ${bitDepth}-bit ${coding} samples, which are not supported`);
  }
  return { sampleRate, channels, coding, sampleBytes, bitDepth };
}

function codingOf(tag: number): SampleCoding | undefined {
  switch (tag) {
    case FORMAT_PCM:
      return 'pcm';
    case FORMAT_FLOAT:
      return 'float';
    case FORMAT_ALAW:
      return 'alaw';
    case FORMAT_MULAW:
      return 'mulaw';
    default:
      return undefined;
  }
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
