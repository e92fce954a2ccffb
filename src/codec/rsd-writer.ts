/** Turns codes into the bytes of a `.rsd` stream; where they go is the caller's business. */
import { ResiduaError } from '../common/errors.ts';
import { encodeRsdHeader, totalFrames } from './rsd-header.ts';
import type { RsdHeader } from './rsd-header.ts';
import { encodePacket } from './rsd-packet.ts';

/**
 * @example
 * const writer = new RsdWriter(rsdHeaderFor(manifest, entry, { codebooks: 1, channels: 1, originalSampleRate: 48000 }));
 * await file.append(writer.start());
 * for (…) await file.append(writer.push([await session.encode(chunk)]));
 * await file.append(writer.push([await session.encodeFlush()]));
 * const { rest, header } = writer.finish(originalSamples, modelSamples);
 * await file.append(rest);
 * await file.writeAt(0, header);
 */
export class RsdWriter {
  readonly #header: RsdHeader;
  /** Per channel, codes of the packet that is filling. */
  readonly #pending: Int32Array[];
  #pendingFrames = 0;
  #packets = 0;
  #frames = 0;

  constructor(header: RsdHeader) {
    this.#header = { ...header, originalSamples: undefined, modelSamples: undefined };
    const size = header.framesPerPacket * header.codebooks;
    this.#pending = Array.from({ length: header.channels }, () => new Int32Array(size));
  }

  /** The header of an unfinished stream: write it first. */
  start(): Uint8Array {
    return encodeRsdHeader(this.#header);
  }

  /**
   * @param codes per channel, [frames × codebooks], the same number of frames in each
   * @returns the packets that became full, possibly none (an empty array)
   * @throws ResiduaError `RSD_CODES` when the arrays do not fit, `CODE_RANGE` for a code outside the
   * codebook
   */
  push(codes: readonly Int32Array[]): Uint8Array {
    const { channels, codebooks, framesPerPacket } = this.#header;
    const frames = (codes[0]?.length ?? 0) / codebooks;
    const fits = codes.length === channels && codes.every((c) => c.length === frames * codebooks);
    if (!fits || !Number.isInteger(frames)) {
      const lengths = codes.map((c) => c.length).join(', ');
      throw new ResiduaError(
        'RSD_CODES',
        `codes of lengths ${lengths || 'none'} are not ${channels} channels of whole frames of ${codebooks}`,
      );
    }
    const packets: Uint8Array[] = [];
    for (let frame = 0; frame < frames;) {
      const take = Math.min(framesPerPacket - this.#pendingFrames, frames - frame);
      for (const [channel, source] of codes.entries()) {
        const part = source.subarray(frame * codebooks, (frame + take) * codebooks);
        this.#pending[channel]!.set(part, this.#pendingFrames * codebooks);
      }
      this.#pendingFrames += take;
      frame += take;
      if (this.#pendingFrames === framesPerPacket) packets.push(this.#closePacket());
    }
    return Uint8Array.from(Buffer.concat(packets));
  }

  /**
   * @param originalSamples per channel at the original rate
   * @param modelSamples per channel at the model's rate, before padding
   * @returns `rest` to append and the complete `header` to write over the first one
   * @throws ResiduaError `RSD_CODES` when the frames pushed are not those of `modelSamples`
   */
  finish(originalSamples: number, modelSamples: number): { rest: Uint8Array; header: Uint8Array } {
    const complete = { ...this.#header, originalSamples, modelSamples };
    const header = encodeRsdHeader(complete);
    const rest = this.#pendingFrames > 0 ? this.#closePacket() : new Uint8Array(0);
    const expected = totalFrames(complete);
    if (expected !== this.#frames) {
      throw new ResiduaError(
        'RSD_CODES',
        `${modelSamples} samples want ${expected} frames, not ${this.#frames}`,
      );
    }
    return { rest, header };
  }

  #closePacket(): Uint8Array {
    const frames = this.#pendingFrames;
    const codes = this.#pending.map((c) => c.subarray(0, frames * this.#header.codebooks));
    const bytes = encodePacket(this.#header, { index: this.#packets, frames, codes });
    this.#packets += 1;
    this.#frames += frames;
    this.#pendingFrames = 0;
    return bytes;
  }
}
