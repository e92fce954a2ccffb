/** One packet of a `.rsd` code stream: sync, index, frame count, packed codes, CRC-32. */
import { crc32 } from 'node:zlib';
import { ResiduaError } from '../common/errors.ts';
import { bitsPerCode, packetBytes } from './rsd-header.ts';
import type { RsdHeader } from './rsd-header.ts';

/** "Rp". */
export const PACKET_SYNC = Uint8Array.of(0x52, 0x70);
const PAYLOAD_OFFSET = 7;

export interface RsdPacket {
  readonly index: number;
  readonly frames: number;
  /** Per channel, [frames × codebooks]. */
  readonly codes: readonly Int32Array[];
}

/** @throws ResiduaError `CODE_RANGE` for a code outside the codebook (absent codes cannot be written) */
export function encodePacket(header: RsdHeader, packet: RsdPacket): Uint8Array {
  const result = new Uint8Array(packetBytes(header, packet.frames));
  const bytes = Buffer.from(result.buffer);
  bytes.set(PACKET_SYNC, 0);
  bytes.writeUInt32LE(packet.index, 2);
  bytes.writeUInt8(packet.frames, 6);
  packCodes(packet.codes, header, bytes.subarray(PAYLOAD_OFFSET, -4));
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return result;
}

/** What stands at a place in the stream: a whole packet, none, or too few bytes to say. */
export type PacketProbe = { packet: RsdPacket; length: number } | 'none' | 'incomplete';

/** Looks for a packet at the very start of `bytes`. */
export function probePacket(header: RsdHeader, bytes: Uint8Array): PacketProbe {
  const frames = bytes[6];
  for (let i = 0; i < Math.min(2, bytes.length); i++)
    if (bytes[i] !== PACKET_SYNC[i]) return 'none';
  if (frames === undefined) return 'incomplete';
  if (frames < 1 || frames > header.framesPerPacket) return 'none';
  const length = packetBytes(header, frames);
  if (bytes.length < length) return 'incomplete';
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  if (crc32(view.subarray(0, -4)) !== view.readUInt32LE(length - 4)) return 'none';
  const codes = unpackCodes(view.subarray(PAYLOAD_OFFSET, length - 4), header, frames);
  if (codes === undefined) return 'none';
  return { packet: { index: view.readUInt32LE(2), frames, codes }, length };
}

/** Most significant bit first: channel by channel, frame by frame, codebook by codebook. */
function packCodes(channels: readonly Int32Array[], header: RsdHeader, out: Uint8Array): void {
  const bits = bitsPerCode(header);
  let accumulator = 0;
  let filled = 0;
  let at = 0;
  for (const codes of channels) {
    for (const code of codes) {
      if (code < 0 || code >= header.codebookSize) {
        throw new ResiduaError(
          'CODE_RANGE',
          `code ${code} is outside 0…${header.codebookSize - 1}`,
        );
      }
      // At most 7 waiting bits and 24 new ones: fits in 31.
      accumulator = (accumulator << bits) | code;
      filled += bits;
      while (filled >= 8) {
        filled -= 8;
        out[at++] = accumulator >>> filled;
        accumulator &= (1 << filled) - 1;
      }
    }
  }
  if (filled > 0) out[at] = accumulator << (8 - filled);
}

/** @returns undefined when a code lies outside the codebook. */
function unpackCodes(
  bytes: Uint8Array,
  header: RsdHeader,
  frames: number,
): Int32Array[] | undefined {
  const bits = bitsPerCode(header);
  const perChannel = frames * header.codebooks;
  let accumulator = 0;
  let filled = 0;
  let at = 0;
  const channels: Int32Array[] = [];
  for (let channel = 0; channel < header.channels; channel++) {
    const codes = new Int32Array(perChannel);
    for (let i = 0; i < perChannel; i++) {
      while (filled < bits) {
        accumulator = (accumulator << 8) | bytes[at++]!;
        filled += 8;
      }
      filled -= bits;
      const code = accumulator >>> filled;
      accumulator &= (1 << filled) - 1;
      if (code >= header.codebookSize) return undefined;
      codes[i] = code;
    }
    channels.push(codes);
  }
  return channels;
}
