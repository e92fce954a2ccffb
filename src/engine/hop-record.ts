/**
 * One hop as the codec reports it: a fixed number of floats in the records ring.
 *
 * `index low 16 bits, index high, queue ms, compute ms, quantizer, codebooks, flags, codes…, raw…, heard…`
 *
 * float32 holds whole numbers up to 2^24 exactly; codes are smaller by the manifest's schema.
 */
import type { FloatRing } from '../common/ring.ts';
import type { ModelManifest } from '../codec/manifest.ts';

const HEADER = 7;

export const flags = {
  /** The model failed; the dry signal was heard. */
  failed: 1,
  bypass: 2,
  /** Sound was dropped right before this hop. */
  gap: 4,
} as const;

/** The shape of a model's records. */
export interface RecordShape {
  readonly maxCodebooks: number;
  readonly hopSamples: number;
  /** Floats. */
  readonly length: number;
}

export function recordShape(manifest: ModelManifest): RecordShape {
  const maxCodebooks = Math.max(...manifest.quantizers.map((q) => q.maxCodebooks));
  const { hopSamples } = manifest;
  return { maxCodebooks, hopSamples, length: HEADER + maxCodebooks + 2 * hopSamples };
}

/** A record in memory of its own; filled and read again and again. */
export class HopRecord {
  readonly floats: Float32Array;
  /** −1 beyond the codebooks in use. */
  readonly codes: Float32Array;
  readonly raw: Float32Array;
  readonly heard: Float32Array;

  constructor({ maxCodebooks, hopSamples, length }: RecordShape) {
    this.floats = new Float32Array(length);
    this.codes = this.floats.subarray(HEADER, HEADER + maxCodebooks);
    this.raw = this.floats.subarray(HEADER + maxCodebooks, HEADER + maxCodebooks + hopSamples);
    this.heard = this.floats.subarray(HEADER + maxCodebooks + hopSamples);
  }

  get index(): number {
    return this.floats[0]! + this.floats[1]! * 0x1_0000;
  }
  set index(value: number) {
    this.floats[0] = value % 0x1_0000;
    this.floats[1] = Math.floor(value / 0x1_0000);
  }
  /** From the hop being complete to the codec taking it up. */
  get queueMs(): number {
    return this.floats[2]!;
  }
  set queueMs(value: number) {
    this.floats[2] = value;
  }
  get computeMs(): number {
    return this.floats[3]!;
  }
  set computeMs(value: number) {
    this.floats[3] = value;
  }
  /** Index into the manifest's quantizers. */
  get quantizer(): number {
    return this.floats[4]!;
  }
  set quantizer(value: number) {
    this.floats[4] = value;
  }
  get codebooks(): number {
    return this.floats[5]!;
  }
  set codebooks(value: number) {
    this.floats[5] = value;
  }
  get flags(): number {
    return this.floats[6]!;
  }
  set flags(value: number) {
    this.floats[6] = value;
  }

  /** @returns false when there was no room: the record is lost */
  writeTo(ring: FloatRing): boolean {
    return ring.availableWrite >= this.floats.length && ring.write(this.floats) > 0;
  }

  /** @returns false when there is none */
  readFrom(ring: FloatRing): boolean {
    return ring.availableRead >= this.floats.length && ring.read(this.floats) > 0;
  }
}
