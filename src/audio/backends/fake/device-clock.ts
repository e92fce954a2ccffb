/**
 * The sample clock of one simulated device: it counts frames against the back end's clock, off by some
 * parts per million that may change while it runs.
 */
export class DeviceClock {
  readonly nominalRateHz: number;
  #driftPpm: number;
  // Where the present rate began to hold.
  #anchorMs: number;
  #anchorFrame = 0;

  /** @param startMs when frame 0 begins */
  constructor(nominalRateHz: number, driftPpm: number, startMs: number) {
    this.nominalRateHz = nominalRateHz;
    this.#driftPpm = driftPpm;
    this.#anchorMs = startMs;
  }

  /** When a frame begins (and the one before it is complete), in ms of the back end's clock. */
  timeOfFrame(frame: number): number {
    return this.#anchorMs + (frame - this.#anchorFrame) / this.#framesPerMs;
  }

  /** Frames begun by then, with its fraction. */
  frameAt(atMs: number): number {
    return this.#anchorFrame + (atMs - this.#anchorMs) * this.#framesPerMs;
  }

  /** Frames counted so far stay what they are; from `atMs` on they come at the new rate. */
  setDrift(driftPpm: number, atMs: number): void {
    this.#anchorFrame = this.frameAt(atMs);
    this.#anchorMs = atMs;
    this.#driftPpm = driftPpm;
  }

  get #framesPerMs(): number {
    return (this.nominalRateHz * (1 + this.#driftPpm * 1e-6)) / 1000;
  }
}
