import type { ByteSource } from './byte-source.ts';
import { formatError, truncatedError } from './errors.ts';
import { isFrameHeader } from './mp3-frames.ts';

export interface Sniffed {
  container: 'wav' | 'flac' | 'ogg' | 'mp3';
  /** Where the audio begins, after an ID3v2 tag. */
  offset: number;
}

/** Formats people do try, named in the refusal. */
const KNOWN_OTHERS: readonly [at: number, magic: string, name: string][] = [
  [4, 'ftyp', 'an MP4/M4A (AAC) file'],
  [0, 'FORM', 'an AIFF file'],
  [0, 'caff', 'a Core Audio (CAF) file'],
  [0, '\x1aE\xdf\xa3', 'a Matroska/WebM file'],
  [0, '0&\xb2u', 'a WMA/ASF file'],
  [0, '#!AMR', 'an AMR file'],
  [0, 'RIFX', 'a big-endian WAV (RIFX) file'],
  [0, 'riff', 'a Sony Wave64 file'],
  [0, 'wvpk', 'a WavPack file'],
  [0, 'MAC ', "a Monkey's Audio file"],
  [0, '.snd', 'an AU file'],
  [0, 'RSD', 'a Residua code stream (use `residua decode`)'],
  [0, 'PK\x03\x04', 'a ZIP archive'],
  [0, '%PDF', 'a PDF'],
];

/**
 * Finds the format from the first bytes; file extensions are ignored.
 * @throws AudioError AUDIO_FORMAT, AUDIO_TRUNCATED
 */
export async function sniff(source: ByteSource): Promise<Sniffed> {
  const { path } = source;
  let offset = 0;
  let head = await source.readAt(0, 16);
  // Tags can stand one after another; a loop of empty ones must still end.
  for (let tags = 0; tags < 8 && startsWith(head, 'ID3') && head.length >= 10; tags++) {
    const size =
      ((head[6]! & 127) << 21) |
      ((head[7]! & 127) << 14) |
      ((head[8]! & 127) << 7) |
      (head[9]! & 127);
    offset += 10 + size + (head[5]! & 0x10 ? 10 : 0);
    if (offset >= source.size) throw truncatedError(path, 'nothing follows its ID3 tag');
    head = await source.readAt(offset, 16);
  }
  const text = String.fromCharCode(...head);
  if (text.startsWith('RIFF') || text.startsWith('RF64')) return { container: 'wav', offset };
  if (text.startsWith('fLaC')) return { container: 'flac', offset };
  if (text.startsWith('OggS')) return { container: 'ogg', offset };
  for (const [at, magic, name] of KNOWN_OTHERS) {
    if (text.startsWith(magic, at)) throw formatError(path, `is ${name}, which cannot be read`);
  }
  if (isFrameHeader(head, 0)) return { container: 'mp3', offset };
  if (offset > 0) return { container: 'mp3', offset }; // padding after the tag; the framer decides
  if (source.size < 12 && ['RIFF', 'RF64', 'fLaC', 'OggS', 'ID3'].some((m) => m.startsWith(text))) {
    throw truncatedError(path, 'in its first bytes');
  }
  throw formatError(path, 'is not an audio file of a known kind (WAV, FLAC, Ogg Opus/Vorbis, MP3)');
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
