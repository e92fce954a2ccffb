/**
 * Where each hop belongs in a recording. Codes run ahead of sound by the codec's overlap (`leadHops`), hops
 * may be lost on the way, and sound may pause; every later sample must still keep its place.
 */
import type { RecordingGap } from './sidecar.ts';

export interface Placement {
  /** Sample of the recording at which this hop's codes begin. */
  readonly codeSample: number;
  /** Whether this hop's sound belongs in; not for the first hops, whose sound is older than the first codes. */
  readonly hasSound: boolean;
  /** Samples of silence to put in before the sound. */
  readonly silentSamples: number;
  /** This hop begins a stretch of its own, after a pause or as the first. */
  readonly isNewStretch: boolean;
}

const MAX_LISTED_GAPS = 1000;

export class RecordingTimeline {
  readonly #hopSamples: number;
  readonly #leadHops: number;
  readonly #maxLostHops: number;
  /** Of the stretch that goes on now. */
  #first: { readonly index: number; readonly sample: number } | undefined;
  #nextIndex = 0;
  /** Samples placed so far. */
  samples = 0;
  readonly gaps: RecordingGap[] = [];
  gapCount = 0;

  /**
   * @param leadHops by how much codes run ahead
   * @param maxLostHops a longer jump is a pause, and nothing is put in for it
   */
  constructor(hopSamples: number, leadHops: number, maxLostHops: number) {
    this.#hopSamples = hopSamples;
    this.#leadHops = leadHops;
    this.#maxLostHops = maxLostHops;
  }

  /** The next hop does not follow on from the last one. */
  pause(): void {
    this.#first = undefined;
  }

  place(index: number): Placement {
    const jump = index - this.#nextIndex;
    const isNewStretch = this.#first === undefined || jump < 0 || jump > this.#maxLostHops;
    if (isNewStretch) {
      if (this.samples > 0) this.#note('paused', 0);
      this.#first = { index, sample: this.samples };
    }
    this.#nextIndex = index + 1;
    const { index: firstIndex, sample: firstSample } = this.#first!;
    const codeSample = firstSample + (index - firstIndex) * this.#hopSamples;
    const soundSample = codeSample - this.#leadHops * this.#hopSamples;
    if (soundSample < firstSample) {
      return { codeSample, hasSound: false, silentSamples: 0, isNewStretch };
    }
    const silentSamples = soundSample - this.samples;
    if (silentSamples > 0) this.#note('lost', silentSamples);
    this.samples = soundSample + this.#hopSamples;
    return { codeSample, hasSound: true, silentSamples, isNewStretch };
  }

  #note(why: RecordingGap['why'], silentSamples: number): void {
    this.gapCount += 1;
    if (this.gaps.length < MAX_LISTED_GAPS) {
      this.gaps.push({ sample: this.samples, silentSamples, why });
    }
  }
}
