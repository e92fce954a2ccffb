/**
 * Reads a `.rsd` stream in constant memory, in order and without gaps: packets that are damaged or
 * missing come out as blocks of absent codes.
 */
import { createReadStream } from 'node:fs';
import { ResiduaError } from '../common/errors.ts';
import type { ModelManifest, QuantizerEntry } from './manifest.ts';
import { outputDelaySamples } from './manifest.ts';
import { packetBytes, parseRsdHeader, totalFrames } from './rsd-header.ts';
import type { RsdHeader } from './rsd-header.ts';
import { PACKET_SYNC, probePacket } from './rsd-packet.ts';
import type { RsdPacket } from './rsd-packet.ts';
import { ABSENT_CODE } from './session.ts';

export interface RsdBlock {
  /** Hop number of the first frame. */
  readonly firstFrame: number;
  readonly frames: number;
  /** Per channel, [frames × codebooks]; all −1 in a lost block. */
  readonly codes: readonly Int32Array[];
  /** The packet was damaged or missing. */
  readonly lost: boolean;
}

export interface RsdReadOptions {
  /** Also read streams that end early or were never finished, as far as they go. Default false. */
  readonly allowTruncated?: boolean;
}

export interface RsdStream {
  readonly header: RsdHeader;
  /**
   * To be iterated once.
   * @throws ResiduaError `RSD_TRUNCATED` when the stream ends early or lost most of its packets,
   * `RSD_UNFINISHED` (at once) when its writer never finished it
   */
  readonly blocks: AsyncIterable<RsdBlock>;
  /** Frees the source. Needed only when `blocks` is not iterated to its end. */
  close(): Promise<void>;
}

/** A packet may claim an index only this far beyond what the bytes so far could hold. */
const MAX_GAP_PACKETS = 64;

/**
 * @param path a `.rsd` file
 * @throws ResiduaError `RSD_NOT_FOUND` when it cannot be read, and as `readRsd`
 */
export async function openRsd(path: string, options: RsdReadOptions = {}): Promise<RsdStream> {
  return readRsd(fileChunks(path), options);
}

/**
 * @param source the stream's bytes in chunks of any size
 * @throws ResiduaError `RSD_FORMAT`, `RSD_VERSION`, `RSD_CORRUPT`, `RSD_TRUNCATED`, `RSD_UNFINISHED`
 */
export async function readRsd(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: RsdReadOptions = {},
): Promise<RsdStream> {
  const window = new ByteWindow(source);
  try {
    const header = await takeHeader(window);
    if (header.modelSamples === undefined && !options.allowTruncated) {
      throw new ResiduaError('RSD_UNFINISHED', 'the code stream was never finished by its writer', {
        hint: 'Encode the recording again.',
      });
    }
    const blocks = readBlocks(window, header, options.allowTruncated ?? false);
    return { header, blocks, close: () => window.close() };
  } catch (error) {
    await window.close();
    throw error;
  }
}

async function takeHeader(window: ByteWindow): Promise<RsdHeader> {
  for (;;) {
    const parsed = parseRsdHeader(window.bytes);
    if (parsed) {
      window.drop(parsed.length);
      return parsed.header;
    }
    if (!(await window.more())) throw truncated('it ends inside its header');
  }
}

/**
 * @returns the quantizer to decode with
 * @throws ResiduaError `RSD_MODEL_MISMATCH` when the stream was made for another model or version
 */
export function matchRsdModel(header: RsdHeader, manifest: ModelManifest): QuantizerEntry {
  const mismatch = (why: string, hint: string) => {
    throw new ResiduaError('RSD_MODEL_MISMATCH', `the code stream ${why}`, { hint });
  };
  const wanted = `${header.modelId} ${header.modelVersion}`;
  if (header.modelId !== manifest.id) {
    mismatch(`needs model ${wanted}, not ${manifest.id}`, 'Choose that model.');
  }
  const entry = manifest.quantizers.find((q) => q.id === header.quantizer);
  const hint = `Install ${wanted}, or encode the recording again.`;
  if (!entry)
    return mismatch(`uses quantizer '${header.quantizer}', which this ${manifest.id} lacks`, hint);
  if (entry.decoder.sha256 !== header.decoderSha256) {
    mismatch(
      `was made for another build of model ${wanted} (installed: ${manifest.version})`,
      hint,
    );
  }
  const fits =
    header.sampleRate === manifest.sampleRate &&
    header.hopSamples === manifest.hopSamples &&
    header.delaySamples === outputDelaySamples(manifest) &&
    header.codebookSize === entry.codebookSize &&
    header.codebooks <= entry.maxCodebooks;
  if (!fits) mismatch(`does not fit the numbers of model ${wanted}`, hint);
  return entry;
}

async function* readBlocks(
  window: ByteWindow,
  header: RsdHeader,
  allowTruncated: boolean,
): AsyncGenerator<RsdBlock> {
  const layout = new Layout(header);
  let next = 0;
  try {
    for (;;) {
      if (next === layout.packets) return;
      const probe = probePacket(header, window.bytes);
      if (probe === 'incomplete' && (await window.more())) continue;
      if (probe === 'none' || probe === 'incomplete') {
        if (window.bytes.length === 0) {
          if (await window.more()) continue;
          break;
        }
        window.skipTo(PACKET_SYNC);
        continue;
      }
      const { packet, length } = probe;
      if (!layout.accepts(packet, next, window.consumed + length)) {
        window.skipTo(PACKET_SYNC);
        continue;
      }
      window.drop(length);
      for (; next < packet.index; next++) yield layout.lostBlock(next);
      yield { ...layout.place(next), codes: packet.codes, lost: false };
      window.skipped = 0;
      next += 1;
    }
    if (layout.packets === undefined || allowTruncated) return;
    // Damaged bytes where the last packets should be are a loss; no bytes at all are a cut.
    if (window.skipped < layout.bytesFrom(next)) {
      throw truncated(`it ends after ${next} of ${layout.packets} packets`);
    }
    for (; next < layout.packets; next++) yield layout.lostBlock(next);
  } finally {
    await window.close();
  }
}

/** Where packets and frames lie. */
class Layout {
  readonly #header: RsdHeader;
  readonly #frames: number | undefined;
  /** undefined in an unfinished stream. */
  readonly packets: number | undefined;

  constructor(header: RsdHeader) {
    this.#header = header;
    this.#frames = totalFrames(header);
    this.packets =
      this.#frames === undefined ? undefined : Math.ceil(this.#frames / header.framesPerPacket);
  }

  place(index: number): { firstFrame: number; frames: number } {
    const per = this.#header.framesPerPacket;
    const firstFrame = index * per;
    return { firstFrame, frames: Math.min(per, (this.#frames ?? Infinity) - firstFrame) };
  }

  lostBlock(index: number): RsdBlock {
    const { codebooks, channels } = this.#header;
    const { firstFrame, frames } = this.place(index);
    const codes = Array.from({ length: channels }, () => {
      return new Int32Array(frames * codebooks).fill(ABSENT_CODE);
    });
    return { firstFrame, frames, codes, lost: true };
  }

  /**
   * @param consumed bytes of the stream up to the packet's end
   */
  accepts(packet: RsdPacket, next: number, consumed: number): boolean {
    const { index, frames } = packet;
    if (index < next || index >= (this.packets ?? Infinity)) return false;
    if (this.packets !== undefined && frames !== this.place(index).frames) return false;
    // An index far ahead would make us conceal for hours: the stream must have had room for half of it.
    const size = packetBytes(this.#header, this.#header.framesPerPacket);
    return (index - MAX_GAP_PACKETS) * size <= 2 * consumed;
  }

  /** Bytes of the packets from `index` to the end. */
  bytesFrom(index: number): number {
    let bytes = 0;
    const last = (this.packets ?? 0) - 1;
    if (index <= last) bytes += packetBytes(this.#header, this.place(last).frames);
    const full = Math.max(0, last - index);
    return bytes + full * packetBytes(this.#header, this.#header.framesPerPacket);
  }
}

/** A sliding window over a chunked byte stream. */
class ByteWindow {
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  bytes: Uint8Array = new Uint8Array(0);
  /** Bytes dropped or skipped so far. */
  consumed = 0;
  /** Bytes skipped in search of a packet; the reader resets it. */
  skipped = 0;

  constructor(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** Appends the next chunk. @returns false at the end. */
  async more(): Promise<boolean> {
    const { value, done } = await this.#iterator.next();
    if (done) return false;
    this.bytes = this.bytes.length === 0 ? value : Buffer.concat([this.bytes, value]);
    return true;
  }

  drop(length: number): void {
    this.bytes = this.bytes.subarray(length);
    this.consumed += length;
  }

  /** Skips at least one byte, up to the next one that could start `pattern`. */
  skipTo(pattern: Uint8Array): void {
    const next = this.bytes.indexOf(pattern[0]!, 1);
    const length = next < 0 ? this.bytes.length : next;
    this.skipped += length;
    this.drop(length);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    const why: Record<string, string> = { ENOENT: 'it does not exist', EISDIR: 'it is a folder' };
    throw new ResiduaError('RSD_NOT_FOUND', `${path} cannot be read: ${why[code] ?? code}`, {
      hint: 'Check the file name.',
      cause,
    });
  }
}

function truncated(why: string): ResiduaError {
  return new ResiduaError('RSD_TRUNCATED', `the code stream is cut: ${why}`, {
    hint: 'Get the file again, or encode the recording again.',
  });
}
