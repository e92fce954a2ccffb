import type { Telemetry } from '../../ipc/live.ts';

/** Time kept, s. */
export const HISTORY_S = 10;
const FLOOR_DB = -120;

/**
 * The last seconds of both spectrograms in rings of bytes (dB + 120). Columns are counted from the beginning:
 * column n lies at n modulo `capacity`.
 */
export class SpectrogramHistory {
  bins = 0;
  columnMs = 0;
  capacity = 0;
  /** Columns that came so far. */
  written = 0;
  /** When the newest came, by the window's clock. */
  newestAtMs = 0;
  input: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  output: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  push({ spectrogram }: Pick<Telemetry, 'spectrogram'>, nowMs: number): void {
    const { bins, columnMs, input, output } = spectrogram;
    if (bins === 0 || columnMs <= 0) return;
    if (bins !== this.bins || columnMs !== this.columnMs) this.#resize(bins, columnMs);
    const count = Math.min(input.length, output.length);
    for (let i = 0; i < count; i++) {
      const at = (this.written % this.capacity) * bins;
      put(this.input, at, bins, input[i]!);
      put(this.output, at, bins, output[i]!);
      this.written++;
    }
    if (count > 0) this.newestAtMs = nowMs;
  }

  #resize(bins: number, columnMs: number): void {
    this.bins = bins;
    this.columnMs = columnMs;
    this.capacity = Math.max(1, Math.ceil((HISTORY_S * 1000) / columnMs));
    this.written = 0;
    this.input = new Uint8Array(this.capacity * bins);
    this.output = new Uint8Array(this.capacity * bins);
  }
}

function put(into: Uint8Array, at: number, bins: number, column: readonly number[]): void {
  for (let b = 0; b < bins; b++) into[at + b] = (column[b] ?? FLOOR_DB) - FLOOR_DB;
}
