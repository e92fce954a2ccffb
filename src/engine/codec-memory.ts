/**
 * Everything that audio callbacks and the codec share: three rings and a block of counters, all in shared
 * memory, allocated once by the engine and handed to the codec's thread. Nothing here locks or allocates.
 *
 * | ring | writes | reads | holds |
 * |---|---|---|---|
 * | capture | audio thread | codec | mono samples at the model's rate |
 * | playback | codec | audio thread | enhanced samples at the model's rate |
 * | records | codec | audio thread | one record per hop: times, codes, both signals (`hop-record.ts`) |
 */
import { FloatRing } from '../common/ring.ts';

/** Seconds of sound each ring can hold: more than any stall that is worth waiting for. */
const CAPTURE_SECONDS = 4;
const PLAYBACK_SECONDS = 1;
const RECORDS_SECONDS = 4;
/** Hops whose time of completion is remembered; a power of two, more than the capture ring can hold. */
const READY_SLOTS = 4096;

/** Counters of the codec's side; only the codec writes them, except the first. */
export const slots = {
  /** Wakes the codec: counted up and notified by the audio thread. */
  doorbell: 0,
  /** Hops done. */
  hops: 1,
  /** Samples of the capture ring thrown away to catch up. */
  dropped: 2,
  /** Times that happened. */
  drops: 3,
  /** Enhanced samples for which the playback ring had no room. */
  discarded: 4,
  sanitized: 5,
  failures: 6,
  switches: 7,
  recordsLost: 8,
} as const;

export type Slot = keyof typeof slots;

export interface CodecMemorySizes {
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  /** Floats of one record. */
  readonly recordLength: number;
}

/** What crosses to a worker. */
export interface CodecMemoryBuffers {
  readonly capture: SharedArrayBuffer;
  readonly playback: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
  readonly status: SharedArrayBuffer;
  readonly ready: SharedArrayBuffer;
}

export class CodecMemory {
  readonly buffers: CodecMemoryBuffers;
  readonly capture: FloatRing;
  readonly playback: FloatRing;
  readonly records: FloatRing;
  readonly status: Int32Array;
  readonly #readyAtMs: Float64Array;

  /** Attaches to what `allocate` made, in this or another thread. */
  constructor(buffers: CodecMemoryBuffers) {
    this.buffers = buffers;
    this.capture = new FloatRing(buffers.capture);
    this.playback = new FloatRing(buffers.playback);
    this.records = new FloatRing(buffers.records);
    this.status = new Int32Array(buffers.status);
    this.#readyAtMs = new Float64Array(buffers.ready);
  }

  static allocate(sizes: CodecMemorySizes): CodecMemory {
    const { sampleRateHz, hopSamples, recordLength } = sizes;
    const ring = (samples: number) => FloatRing.allocate(Math.ceil(samples)).buffer;
    return new CodecMemory({
      capture: ring(CAPTURE_SECONDS * sampleRateHz),
      playback: ring(PLAYBACK_SECONDS * sampleRateHz),
      records: ring((RECORDS_SECONDS * sampleRateHz * recordLength) / hopSamples),
      status: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * Object.keys(slots).length),
      ready: new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * READY_SLOTS),
    });
  }

  count(slot: Slot): number {
    return Atomics.load(this.status, slots[slot]);
  }

  add(slot: Slot, amount = 1): void {
    Atomics.add(this.status, slots[slot], amount);
  }

  ring(): void {
    Atomics.add(this.status, slots.doorbell, 1);
    Atomics.notify(this.status, slots.doorbell);
  }

  /** Audio thread, before the hop's last sample goes into the ring. @param hop counted from 0 */
  setReady(hop: number, atMs: number): void {
    this.#readyAtMs[hop & (READY_SLOTS - 1)] = atMs;
  }

  /** Codec: when the hop was complete, on the engine's clock. */
  readyAtMs(hop: number): number {
    return this.#readyAtMs[hop & (READY_SLOTS - 1)]!;
  }
}
