import type { ByteSource } from './byte-source.ts';
import { truncatedError } from './errors.ts';

/** One Ogg page header (RFC 3533 §6). */
export interface OggPage {
  serial: number;
  granule: bigint;
  isFirst: boolean;
  isLast: boolean;
  headerBytes: number;
  bodyBytes: number;
}

/** Largest possible page: 27 + 255 header bytes and 255 × 255 body bytes. */
export const MAX_PAGE_BYTES = 27 + 255 + 255 * 255;

/** @returns the page whose header starts at `at`, or undefined if there is none or it is cut */
export function parsePage(bytes: Uint8Array, at: number): OggPage | undefined {
  if (at + 27 > bytes.length) return undefined;
  if (bytes[at] !== 0x4f || bytes[at + 1] !== 0x67) return undefined;
  if (bytes[at + 2] !== 0x67 || bytes[at + 3] !== 0x53 || bytes[at + 4] !== 0) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = bytes[at + 26]!;
  if (at + 27 + segments > bytes.length) return undefined;
  let bodyBytes = 0;
  for (let i = 0; i < segments; i++) bodyBytes += bytes[at + 27 + i]!;
  const flags = bytes[at + 5]!;
  return {
    serial: data.getUint32(at + 14, true),
    granule: data.getBigUint64(at + 6, true),
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 4) !== 0,
    headerBytes: 27 + segments,
    bodyBytes,
  };
}

/**
 * Finds the last page of the file.
 * @throws AudioError AUDIO_TRUNCATED where the file ends inside a page or before the page marked
 * as the end of the stream
 */
export async function lastPage(source: ByteSource): Promise<OggPage> {
  const from = Math.max(0, source.size - 2 * MAX_PAGE_BYTES);
  const tail = await source.readAt(from, source.size - from);
  for (let at = tail.length - 27; at >= 0; at--) {
    const page = parsePage(tail, at);
    if (!page) continue;
    const end = at + page.headerBytes + page.bodyBytes;
    if (end > tail.length) throw truncatedError(source.path, 'in the middle of an Ogg page');
    if (end < tail.length && tail[end] === 0x4f) {
      throw truncatedError(source.path, 'in the middle of an Ogg page header');
    }
    if (!page.isLast) throw truncatedError(source.path, 'before its end-of-stream page');
    return page;
  }
  throw truncatedError(source.path, 'no whole Ogg page near its end');
}
