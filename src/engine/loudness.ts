/**
 * Loudness of speech as it runs, to play the unprocessed sound as loud as the enhanced one: K-weighted
 * power (ITU-R BS.1770-4: a high shelf for the head and a high-pass), averaged over some seconds and only
 * while the enhanced sound is above a gate.
 */
import { powerToDb } from '../common/units.ts';
import { kWeighting, type Biquad } from '../metrics/k-weighting.ts';

const TIME_CONSTANT_S = 3;
const GATE_DB = -50;
/** Matching further than this would only make noise loud. */
const MAX_MATCH_DB = 12;

class KPower {
  readonly #filters: readonly [Biquad, Biquad];
  readonly #weighted: Float32Array;

  constructor(sampleRateHz: number, hopSamples: number) {
    this.#filters = kWeighting(sampleRateHz);
    this.#weighted = new Float32Array(hopSamples);
  }

  /** Mean square of the weighted hop. */
  of(hop: Float32Array): number {
    const weighted = this.#weighted;
    this.#filters[0].process(hop, weighted);
    this.#filters[1].process(weighted, weighted);
    let sum = 0;
    for (let i = 0; i < weighted.length; i++) sum += weighted[i]! * weighted[i]!;
    return sum / weighted.length;
  }
}

export class LoudnessMatch {
  readonly #dry: KPower;
  readonly #wet: KPower;
  readonly #keep: number;
  #dryPower = 0;
  #wetPower = 0;

  constructor(sampleRateHz: number, hopSamples: number) {
    this.#dry = new KPower(sampleRateHz, hopSamples);
    this.#wet = new KPower(sampleRateHz, hopSamples);
    this.#keep = Math.exp(-hopSamples / sampleRateHz / TIME_CONSTANT_S);
  }

  /** Both signals of one hop, aligned. */
  add(dry: Float32Array, wet: Float32Array): void {
    const dryPower = this.#dry.of(dry);
    const wetPower = this.#wet.of(wet);
    if (powerToDb(wetPower) < GATE_DB) return;
    const keep = this.#dryPower === 0 ? 0 : this.#keep;
    this.#dryPower = keep * this.#dryPower + (1 - keep) * dryPower;
    this.#wetPower = keep * this.#wetPower + (1 - keep) * wetPower;
  }

  /** Factor that makes the dry sound as loud as the enhanced one; 1 before anything was heard. */
  get dryGain(): number {
    if (this.#dryPower === 0) return 1;
    const limit = 10 ** (MAX_MATCH_DB / 20);
    return Math.max(1 / limit, Math.min(limit, Math.sqrt(this.#wetPower / this.#dryPower)));
  }
}
