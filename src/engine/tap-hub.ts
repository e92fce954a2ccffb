/** Hands hops to taps, and keeps a tap that throws from doing harm. */
import { outputDelaySamples, type ModelManifest } from '../codec/manifest.ts';
import type { RecorderTelemetry, Tap, TapFormat } from './contract.ts';
import { flags, type HopRecord } from './hop-record.ts';

export class TapHub {
  readonly #manifest: ModelManifest;
  readonly #format: TapFormat;
  readonly #codes: readonly Int32Array[];
  readonly #onError: (error: unknown) => void;
  readonly #taps = new Set<Tap>();
  #running = false;

  /** @param onError told what a tap threw; that tap is removed */
  constructor(manifest: ModelManifest, onError: (error: unknown) => void) {
    this.#manifest = manifest;
    this.#onError = onError;
    this.#format = {
      modelId: manifest.id,
      sampleRateHz: manifest.sampleRate,
      hopSamples: manifest.hopSamples,
      codeLeadHops: Math.ceil(outputDelaySamples(manifest) / manifest.hopSamples),
    };
    this.#codes = manifest.quantizers.map((q) => new Int32Array(q.maxCodebooks));
  }

  add(tap: Tap): () => void {
    this.#taps.add(tap);
    if (this.#running) this.#guard(tap, () => tap.begin(this.#format));
    return () => {
      if (this.#taps.delete(tap) && this.#running) this.#guard(tap, () => tap.end());
    };
  }

  begin(): void {
    if (this.#running) return;
    this.#running = true;
    for (const tap of [...this.#taps]) this.#guard(tap, () => tap.begin(this.#format));
  }

  hop(record: HopRecord): void {
    if (this.#taps.size === 0) return;
    const codes = this.#codes[record.quantizer]!;
    for (let i = 0; i < codes.length; i++) codes[i] = record.codes[i]!;
    const hop = {
      index: record.index,
      raw: record.raw,
      enhanced: record.heard,
      codes,
      quantizer: this.#manifest.quantizers[record.quantizer]!.id,
      codebooks: record.codebooks,
      failed: (record.flags & flags.failed) !== 0,
    };
    for (const tap of [...this.#taps]) this.#guard(tap, () => tap.hop(hop));
  }

  end(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const tap of [...this.#taps]) this.#guard(tap, () => tap.end());
  }

  /** Of the first tap that records. */
  status(): RecorderTelemetry | null {
    for (const tap of this.#taps) if (tap.status) return tap.status();
    return null;
  }

  #guard(tap: Tap, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#taps.delete(tap);
      this.#onError(error);
    }
  }
}
