import { createHash, type Hash } from 'node:crypto';

/** Where the MD5 sum stands in a STREAMINFO block (RFC 9639 §8.2). */
const MD5_AT = 18;
const MD5_BYTES = 16;

/** Depths the decoder library scales; it leaves others undefined. */
export const FLAC_BIT_DEPTHS: readonly number[] = [8, 16, 24, 32];

/**
 * Turns the decoder's floats back into the integers that were coded, checks these against the MD5
 * sum in STREAMINFO, and scales them as WAV is scaled, by 1/2^(bits−1).
 *
 * The decoder divides by 2^(bits−1) − 1 in float32, so rounding finds every integer of up to 24
 * bits again. 32-bit samples do not survive float32; it divides those by 2^31 already, and they are
 * passed on unchecked.
 */
export class FlacSamples {
  readonly #bitDepth: number;
  readonly #expected: string;
  readonly #hash: Hash | undefined;
  #bytes = new Uint8Array(0);

  /** @param streamInfo the body of the STREAMINFO block; an MD5 sum of zeros means none */
  constructor(bitDepth: number, streamInfo: Uint8Array) {
    const md5 = streamInfo.subarray(MD5_AT, MD5_AT + MD5_BYTES);
    this.#bitDepth = bitDepth;
    this.#expected = Buffer.from(md5).toString('hex');
    if (bitDepth <= 24 && md5.some((byte) => byte !== 0)) this.#hash = createHash('md5');
  }

  /** Rescales planes of one length, in place. */
  restore(planes: readonly Float32Array[]): void {
    if (this.#bitDepth > 24) return;
    const fullScale = 2 ** (this.#bitDepth - 1);
    const width = this.#bitDepth / 8;
    const stride = width * planes.length;
    const size = stride * (planes[0]?.length ?? 0);
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size);
    const bytes = this.#bytes;
    for (let c = 0; c < planes.length; c++) {
      const plane = planes[c]!;
      for (let i = 0, at = c * width; i < plane.length; i++, at += stride) {
        const value = Math.round(plane[i]! * (fullScale - 1));
        plane[i] = value / fullScale;
        // Interleaved, little-endian.
        bytes[at] = value;
        if (width > 1) bytes[at + 1] = value >> 8;
        if (width > 2) bytes[at + 2] = value >> 16;
      }
    }
    this.#hash?.update(bytes.subarray(0, size));
  }

  /** Call once, behind the last sample. @returns false where the MD5 sum differs */
  matches(): boolean {
    return this.#hash === undefined || this.#hash.digest('hex') === this.#expected;
  }
}
