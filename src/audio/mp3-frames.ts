import { chunksOf, type ByteSource } from './byte-source.ts';
import { corruptError, formatError, truncatedError } from './errors.ts';

/** MPEG-1/2/2.5 audio frame headers, layers I–III (ISO/IEC 11172-3 §2.4.2.3, 13818-3). */
export interface FrameHeader {
  sampleRate: number;
  channels: 1 | 2;
  /** Samples per channel in the frame. */
  samples: number;
  /** Length of the whole frame in bytes. */
  bytes: number;
}

const RATES = [44100, 48000, 32000];
/** kbit/s by [MPEG-1 layer I, II, III, MPEG-2 layer I, MPEG-2 layers II and III]. */
const BITRATES = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/** @returns the header at `at`, or undefined where there is none (free format is not accepted) */
export function parseFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) {
    return undefined;
  }
  const version = (bytes[at + 1]! >> 3) & 3; // 0: 2.5, 2: 2, 3: 1
  const layer = 4 - ((bytes[at + 1]! >> 1) & 3); // 4: reserved
  const bitrateIndex = bytes[at + 2]! >> 4;
  const rateIndex = (bytes[at + 2]! >> 2) & 3;
  if (version === 1 || layer === 4 || bitrateIndex === 0 || bitrateIndex === 15) return undefined;
  if (rateIndex === 3) return undefined;
  const mpeg1 = version === 3;
  const sampleRate = RATES[rateIndex]! / (mpeg1 ? 1 : version === 2 ? 2 : 4);
  const table = mpeg1 ? layer - 1 : layer === 1 ? 3 : 4;
  const bitrate = BITRATES[table]![bitrateIndex]! * 1000;
  const padding = (bytes[at + 2]! >> 1) & 1;
  const channels = bytes[at + 3]! >> 6 === 3 ? 1 : 2;
  if (layer === 1) {
    const size = (Math.floor((12 * bitrate) / sampleRate) + padding) * 4;
    return { sampleRate, channels, samples: 384, bytes: size };
  }
  const samples = layer === 3 && !mpeg1 ? 576 : 1152;
  const size = Math.floor(((samples / 8) * bitrate) / sampleRate) + padding;
  return { sampleRate, channels, samples, bytes: size };
}

export function isFrameHeader(bytes: Uint8Array, at: number): boolean {
  return parseFrameHeader(bytes, at) !== undefined;
}

/** Junk tolerated before the first frame, and between frames, in bytes. */
const MAX_JUNK = 65536;

/**
 * Splits an MPEG audio stream into whole frames of one rate and channel count. Tags at the end
 * (ID3v1, APE, Lyrics3) are left out.
 * @throws AudioError AUDIO_FORMAT where no two consecutive frames begin the stream, AUDIO_CORRUPT,
 * AUDIO_TRUNCATED where the last frame is cut
 */
export async function* mp3Frames(
  source: ByteSource,
  offset: number,
): AsyncGenerator<{ header: FrameHeader; bytes: Uint8Array }> {
  const { path } = source;
  let buffer = new Uint8Array(0);
  let first: FrameHeader | undefined;
  let skipped = 0;
  const chunks = chunksOf(source, offset);
  let ended = false;
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (next.done) {
      ended = true;
      return false;
    }
    const joined = new Uint8Array(buffer.length + next.value.length);
    joined.set(buffer);
    joined.set(next.value, buffer.length);
    buffer = joined;
    return true;
  };
  for (;;) {
    let at = 0;
    while (buffer.length - at < 4 && !ended) {
      buffer = buffer.subarray(at);
      at = 0;
      await more();
    }
    const header = parseFrameHeader(buffer, 0);
    if (!header) {
      if (buffer.length < 4 || isTrailingTag(buffer)) break;
      const next = nextSync(buffer, 1);
      skipped += next;
      if (skipped > MAX_JUNK) {
        if (!first) throw formatError(path, 'holds no MPEG audio');
        throw corruptError(path, 'frames are missing in the middle');
      }
      buffer = buffer.subarray(next);
      continue;
    }
    while (buffer.length < header.bytes + 4 && !ended) await more();
    if (!first) {
      // One header can be chance; a second one right behind the first frame is not.
      const second = parseFrameHeader(buffer, header.bytes);
      const single = buffer.length <= header.bytes + 4 && buffer.length >= header.bytes;
      if (second ? !sameStream(header, second) : !single) {
        skipped++;
        if (skipped > MAX_JUNK) throw formatError(path, 'holds no MPEG audio');
        buffer = buffer.subarray(1);
        continue;
      }
      first = header;
    }
    if (buffer.length < header.bytes) {
      throw truncatedError(path, 'in the middle of its last MPEG frame');
    }
    if (!sameStream(header, first)) {
      throw corruptError(path, 'the sample rate or channel count changes in the middle');
    }
    skipped = 0;
    yield { header, bytes: buffer.slice(0, header.bytes) };
    buffer = buffer.subarray(header.bytes);
  }
  if (!first) throw formatError(path, 'holds no MPEG audio');
}

function sameStream(a: FrameHeader, b: FrameHeader): boolean {
  return a.sampleRate === b.sampleRate && a.channels === b.channels && a.samples === b.samples;
}

function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from);
  return at < 0 ? bytes.length : at;
}

function isTrailingTag(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 11));
  return text.startsWith('TAG') || text.startsWith('APETAGEX') || text.startsWith('LYRICSBEGIN');
}
