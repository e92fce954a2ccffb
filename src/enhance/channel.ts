import { FILE_FILTER } from '../audio/model-filter.ts';
import { Resampler } from '../audio/resampler.ts';
import type { CodecSession } from '../codec/session.ts';
import type { HopTimes } from './hop-times.ts';

/**
 * One channel of a file on its way through the codec: device rate → model rate → codec → device
 * rate. Output is aligned with the input and, in all, exactly as long.
 */
export class EnhancedChannel {
  readonly #session: CodecSession;
  readonly #toModel: Resampler;
  readonly #fromModel: Resampler;
  readonly #times: HopTimes;
  readonly #onHop: (() => void) | undefined;
  readonly #hop: Float32Array;
  #filled = 0;
  #taken = 0;
  #given = 0;

  /**
   * @param session freshly reset
   * @param sampleRate of input and output, Hz
   * @param onHop called after every hop, e.g. to look at the session's codes
   */
  constructor(session: CodecSession, sampleRate: number, times: HopTimes, onHop?: () => void) {
    this.#session = session;
    this.#toModel = new Resampler(sampleRate, session.sampleRate, FILE_FILTER);
    this.#fromModel = new Resampler(session.sampleRate, sampleRate, FILE_FILTER);
    this.#times = times;
    this.#onHop = onHop;
    this.#hop = new Float32Array(session.hopSamples);
  }

  /** Takes any number of samples, returns the output that became available. */
  async push(input: Float32Array): Promise<Float32Array> {
    this.#taken += input.length;
    return this.#emit(await this.#enhance(this.#toModel.process(input)));
  }

  /** Ends the stream and returns the rest. */
  async finish(): Promise<Float32Array> {
    const parts = await this.#enhance(this.#toModel.flush());
    if (this.#filled > 0) parts.push(await this.#session.process(this.#hop.slice(0, this.#filled)));
    const tail = await this.#session.flush();
    this.#onHop?.();
    const output = this.#emit([...parts, tail]);
    const rest = this.#fromModel.flush();
    const missing = this.#taken - this.#given;
    this.#given = this.#taken;
    return concat([output, rest.subarray(0, missing)]);
  }

  async #enhance(samples: Float32Array): Promise<Float32Array[]> {
    const parts: Float32Array[] = [];
    for (let at = 0; at < samples.length;) {
      const take = Math.min(this.#hop.length - this.#filled, samples.length - at);
      this.#hop.set(samples.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === this.#hop.length) {
        const started = performance.now();
        parts.push(await this.#session.process(this.#hop));
        this.#times.add(performance.now() - started);
        this.#onHop?.();
        this.#filled = 0;
      }
    }
    return parts;
  }

  /** Back to the device rate, never more samples than went in. */
  #emit(parts: Float32Array[]): Float32Array {
    const all = concat(parts.map((part) => this.#fromModel.process(part)));
    const output = all.subarray(0, this.#taken - this.#given);
    this.#given += output.length;
    return output;
  }
}

export function concat(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
