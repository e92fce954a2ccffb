/**
 * The header of a `.rsd` code stream; docs/rsd-format.md describes it byte by byte. It says everything a
 * reader needs: which decoder the codes mean something to, how they are packed, and how long the
 * recording was at its own rate.
 */
import { crc32 } from 'node:zlib';
import { ResiduaError } from '../common/errors.ts';
import { hopsForSamples, outputDelaySamples } from './manifest.ts';
import type { ModelManifest, QuantizerEntry } from './manifest.ts';

export const RSD_VERSION = 1;
/** "RSD" and ASCII SUB, which stops a terminal from printing the rest. */
export const RSD_MAGIC = Uint8Array.of(0x52, 0x53, 0x44, 0x1a);

/** Packet bytes around the payload: sync, index, frame count, CRC-32. */
export const PACKET_OVERHEAD = 11;
/** No packet is larger; keeps the search for the next one cheap in hostile files. */
const MAX_PACKET_BYTES = 65_536;

const FIXED_BYTES = 76;
const UNKNOWN = 0xffff_ffff_ffff_ffffn;

export interface RsdHeader {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly quantizer: string;
  /** SHA-256 of the decoder graph, lower-case hex: what gives the codes their meaning. */
  readonly decoderSha256: string;
  /** Of the model, Hz. */
  readonly sampleRate: number;
  readonly hopSamples: number;
  /** Samples by which decoded hops trail the encoded ones. */
  readonly delaySamples: number;
  /** Codes per frame and channel. */
  readonly codebooks: number;
  readonly codebookSize: number;
  /** Every channel is coded by itself. */
  readonly channels: number;
  /** Frames (hops) in every packet but the last. */
  readonly framesPerPacket: number;
  /** Of the recording, Hz. */
  readonly originalSampleRate: number;
  /** Per channel at the original rate; undefined in a file whose writer never finished. */
  readonly originalSamples: number | undefined;
  /** Per channel at the model's rate, before padding to hops; undefined as above. */
  readonly modelSamples: number | undefined;
}

/** ⌈log2 size⌉, what one code takes in a packet. */
export function bitsPerCode(header: Pick<RsdHeader, 'codebookSize'>): number {
  return Math.ceil(Math.log2(header.codebookSize));
}

/** Frames of the whole recording; undefined when the length is. */
export function totalFrames(header: RsdHeader): number | undefined {
  const { modelSamples, hopSamples, delaySamples } = header;
  return modelSamples === undefined
    ? undefined
    : hopsForSamples(modelSamples, hopSamples, delaySamples);
}

/** Size of a packet of `frames` frames. */
export function packetBytes(header: RsdHeader, frames: number): number {
  const bits = header.channels * frames * header.codebooks * bitsPerCode(header);
  return PACKET_OVERHEAD + Math.ceil(bits / 8);
}

export interface RsdStreamOptions {
  /** Codebooks written, 1…maxCodebooks. */
  readonly codebooks: number;
  /** 1…32. */
  readonly channels: number;
  /** Hz. */
  readonly originalSampleRate: number;
  /** What a lost packet costs; default 20 frames (0.2 s at 100 frames/s, 0.44 kbps of framing). */
  readonly framesPerPacket?: number;
}

/** The header of a new stream, its lengths still unknown. */
export function rsdHeaderFor(
  manifest: ModelManifest,
  entry: QuantizerEntry,
  options: RsdStreamOptions,
): RsdHeader {
  return {
    modelId: manifest.id,
    modelVersion: manifest.version,
    quantizer: entry.id,
    decoderSha256: entry.decoder.sha256,
    sampleRate: manifest.sampleRate,
    hopSamples: manifest.hopSamples,
    delaySamples: outputDelaySamples(manifest),
    codebooks: options.codebooks,
    codebookSize: entry.codebookSize,
    channels: options.channels,
    framesPerPacket: options.framesPerPacket ?? 20,
    originalSampleRate: options.originalSampleRate,
    originalSamples: undefined,
    modelSamples: undefined,
  };
}

/**
 * The same length whether the sample counts are known or not, so that a writer can patch it at the end.
 * @throws ResiduaError `RSD_HEADER` for values that the format cannot hold
 */
export function encodeRsdHeader(header: RsdHeader): Uint8Array {
  const problem = headerProblem(header);
  if (problem) throw new ResiduaError('RSD_HEADER', `cannot write this code stream: ${problem}`);
  const strings = [header.modelId, header.modelVersion, header.quantizer].map((s) => {
    return Buffer.from(s, 'utf8');
  });
  const length = FIXED_BYTES + strings.reduce((n, s) => n + 1 + s.length, 0) + 4;
  const result = new Uint8Array(length);
  const bytes = Buffer.from(result.buffer);
  bytes.set(RSD_MAGIC, 0);
  bytes.writeUInt8(RSD_VERSION, 4);
  bytes.writeUInt16LE(length, 6);
  bytes.writeUInt32LE(header.sampleRate, 8);
  bytes.writeUInt16LE(header.hopSamples, 12);
  bytes.writeUInt16LE(header.delaySamples, 14);
  bytes.writeUInt32LE(header.codebookSize, 16);
  bytes.writeUInt8(header.codebooks, 20);
  bytes.writeUInt8(bitsPerCode(header), 21);
  bytes.writeUInt8(header.channels, 22);
  bytes.writeUInt8(header.framesPerPacket, 23);
  bytes.writeUInt32LE(header.originalSampleRate, 24);
  bytes.writeBigUInt64LE(toCount(header.originalSamples), 28);
  bytes.writeBigUInt64LE(toCount(header.modelSamples), 36);
  bytes.write(header.decoderSha256, 44, 'hex');
  let at = FIXED_BYTES;
  for (const s of strings) {
    at = bytes.writeUInt8(s.length, at);
    bytes.set(s, at);
    at += s.length;
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  return result;
}

/**
 * @param bytes the start of a stream, possibly with more behind the header
 * @returns the header and its length; undefined when `bytes` ends before the header does
 * @throws ResiduaError `RSD_FORMAT` (no code stream), `RSD_VERSION`, `RSD_CORRUPT` (damaged header)
 */
export function parseRsdHeader(
  bytes: Uint8Array,
): { header: RsdHeader; length: number } | undefined {
  const start = bytes.subarray(0, RSD_MAGIC.length);
  if (!start.every((b, i) => b === RSD_MAGIC[i])) {
    throw new ResiduaError('RSD_FORMAT', 'this is no Residua code stream', {
      hint: "Give a .rsd file that 'encode' has written.",
    });
  }
  if (bytes.length < 8) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.readUInt8(4);
  if (version !== RSD_VERSION) {
    throw new ResiduaError(
      'RSD_VERSION',
      `the code stream has format version ${version}; this program reads version ${RSD_VERSION}`,
      { hint: 'Encode the recording again with this program, or update it.' },
    );
  }
  const length = view.readUInt16LE(6);
  if (length < FIXED_BYTES + 3 + 4) throw corrupt('its length is impossible');
  if (bytes.length < length) return undefined;
  if (crc32(view.subarray(0, length - 4)) !== view.readUInt32LE(length - 4)) {
    throw corrupt('its checksum does not match');
  }
  if (view.readUInt8(5) !== 0) throw corrupt('it has unknown flags');
  const [modelId, modelVersion, quantizer] = readStrings(view, length);
  const header: RsdHeader = {
    modelId,
    modelVersion,
    quantizer,
    decoderSha256: view.toString('hex', 44, 76),
    sampleRate: view.readUInt32LE(8),
    hopSamples: view.readUInt16LE(12),
    delaySamples: view.readUInt16LE(14),
    codebooks: view.readUInt8(20),
    codebookSize: view.readUInt32LE(16),
    channels: view.readUInt8(22),
    framesPerPacket: view.readUInt8(23),
    originalSampleRate: view.readUInt32LE(24),
    originalSamples: fromCount(view.readBigUInt64LE(28)),
    modelSamples: fromCount(view.readBigUInt64LE(36)),
  };
  const problem = headerProblem(header);
  if (problem) throw corrupt(problem);
  if (view.readUInt8(21) !== bitsPerCode(header))
    throw corrupt('bits per code do not fit the codebook');
  return { header, length };
}

function readStrings(view: Buffer, length: number): [string, string, string] {
  const strings: string[] = [];
  let at = FIXED_BYTES;
  for (let i = 0; i < 3; i++) {
    const end = at + 1 + (at < length - 4 ? view.readUInt8(at) : 0);
    if (end > length - 4) throw corrupt('a name runs past its end');
    strings.push(view.toString('utf8', at + 1, end));
    at = end;
  }
  if (at !== length - 4) throw corrupt('it holds more than it says');
  return strings as [string, string, string];
}

/** @returns what is wrong in one phrase, or undefined. */
function headerProblem(h: RsdHeader): string | undefined {
  const inRange = (v: number, low: number, high: number) =>
    Number.isInteger(v) && v >= low && v <= high;
  if (!inRange(h.sampleRate, 4000, 384_000)) return `model rate ${h.sampleRate} Hz`;
  if (!inRange(h.originalSampleRate, 1, 768_000)) return `original rate ${h.originalSampleRate} Hz`;
  if (!inRange(h.hopSamples, 1, 65_535)) return `hop of ${h.hopSamples} samples`;
  if (!inRange(h.delaySamples, 0, 65_535)) return `delay of ${h.delaySamples} samples`;
  if (!inRange(h.codebookSize, 2, 1 << 24)) return `codebook of ${h.codebookSize} entries`;
  if (!inRange(h.codebooks, 1, 64)) return `${h.codebooks} codebooks`;
  if (!inRange(h.channels, 1, 32)) return `${h.channels} channels`;
  if (!inRange(h.framesPerPacket, 1, 255)) return `${h.framesPerPacket} frames per packet`;
  if (packetBytes(h, h.framesPerPacket) > MAX_PACKET_BYTES) return 'packets that are too large';
  if (!/^[0-9a-f]{64}$/.test(h.decoderSha256)) return 'no SHA-256';
  for (const name of [h.modelId, h.modelVersion, h.quantizer]) {
    if (name === '' || Buffer.byteLength(name) > 255) return 'a name that is empty or too long';
  }
  return lengthProblem(h);
}

function lengthProblem(h: RsdHeader): string | undefined {
  const { originalSamples, modelSamples } = h;
  if (originalSamples === undefined && modelSamples === undefined) return undefined;
  if (originalSamples === undefined || modelSamples === undefined)
    return 'one of two lengths missing';
  const max = 2 ** 48;
  if (!(
    originalSamples >= 0 &&
    originalSamples <= max &&
    modelSamples >= 0 &&
    modelSamples <= max
  )) {
    return 'an impossible length';
  }
  // A resampler may add or drop a little at the ends, never a second.
  const expected = (originalSamples / h.originalSampleRate) * h.sampleRate;
  return Math.abs(modelSamples - expected) > h.sampleRate
    ? 'lengths that contradict each other'
    : undefined;
}

function toCount(samples: number | undefined): bigint {
  return samples === undefined ? UNKNOWN : BigInt(samples);
}

function fromCount(value: bigint): number | undefined {
  return value === UNKNOWN ? undefined : Number(value);
}

function corrupt(why: string): ResiduaError {
  return new ResiduaError('RSD_CORRUPT', `the code stream's header is damaged: ${why}`, {
    hint: 'Get the file again, or encode the recording again.',
  });
}
