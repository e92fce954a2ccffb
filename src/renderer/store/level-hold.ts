/** dB per second by which a held peak and a shown level fall. */
const PEAK_FALL_DB_S = 12;
const LEVEL_FALL_DB_S = 30;
const PEAK_HOLD_MS = 1500;
const CLIP_HOLD_MS = 3000;
export const SILENCE_DB = -120;

export interface Level {
  readonly rms: number;
  readonly peak: number;
  readonly clipped: boolean;
}

/** One meter's needle, dBFS: rises at once, falls at a speed that an eye can follow, and holds its peak a while. */
export class LevelHold {
  #level = SILENCE_DB;
  #peak = SILENCE_DB;
  #levelAtMs = 0;
  #peakAtMs = 0;
  #clippedAtMs = Number.NEGATIVE_INFINITY;

  push({ rms, peak, clipped }: Level, nowMs: number): void {
    if (rms >= this.levelDb(nowMs)) this.#level = rms;
    else this.#level = Math.max(rms, this.levelDb(nowMs));
    this.#levelAtMs = nowMs;
    if (peak >= this.peakDb(nowMs)) {
      this.#peak = peak;
      this.#peakAtMs = nowMs;
    }
    if (clipped) this.#clippedAtMs = nowMs;
  }

  /** RMS, dBFS. */
  levelDb(nowMs: number): number {
    const fallen = ((nowMs - this.#levelAtMs) * LEVEL_FALL_DB_S) / 1000;
    return Math.max(SILENCE_DB, this.#level - fallen);
  }

  peakDb(nowMs: number): number {
    const falling = Math.max(0, nowMs - this.#peakAtMs - PEAK_HOLD_MS);
    return Math.max(SILENCE_DB, this.#peak - (falling * PEAK_FALL_DB_S) / 1000);
  }

  /** Full scale was reached a moment ago. */
  isClipped(nowMs: number): boolean {
    return nowMs - this.#clippedAtMs < CLIP_HOLD_MS;
  }
}
