/**
 * One hop of the live chain at the model's rate, all of it but the codec being plain arithmetic:
 *
 * ```
 * raw ─ sanitize ─ gain, mute ─┬─ codec ───────────── wet ─┬─ mix, limit ─┬─ mute ─ heard
 *                              └─ delay ─ dry ─┬───────────┘              │
 *                                              └─ × loudness match ─ bypass ┘
 * ```
 *
 * The dry path is delayed by the codec's overlap, so both line up sample by sample. Every control moves its
 * factor over one hop; where a signal breaks (a failed hop, dropped sound) the seam is closed.
 */
import { outputDelaySamples, type ModelManifest } from '../codec/manifest.ts';
import { sanitize } from '../codec/sanitize.ts';
import { dbToGain } from '../common/units.ts';
import type { LiveControls } from './contract.ts';
import { wetShare } from './controls.ts';
import { LoudnessMatch } from './loudness.ts';
import { Ramp, Seam } from './ramp.ts';
import type { WarmCodec } from './warm-codec.ts';

export interface HopReport {
  /** The dry signal was heard in place of an enhanced one. */
  readonly failed: boolean;
  readonly sanitized: number;
  readonly bypass: boolean;
}

export class HopChain {
  readonly #manifest: ModelManifest;
  readonly #codec: WarmCodec;
  readonly #clean: Float32Array;
  readonly #wet: Float32Array;
  readonly #dry: Float32Array;
  readonly #factor: Float32Array;
  /** The last overlap of input, oldest first. */
  readonly #delayed: Float32Array;
  readonly #inputGain: Ramp;
  readonly #outputGain: Ramp;
  readonly #wetShare: Ramp;
  readonly #bypass: Ramp;
  readonly #dryGain: Ramp;
  readonly #loudness: LoudnessMatch;
  readonly #inputSeam: Seam;
  readonly #heardSeam: Seam;
  #controls: LiveControls;
  #hadWet = true;

  constructor(manifest: ModelManifest, codec: WarmCodec, controls: LiveControls) {
    const { hopSamples, sampleRate } = manifest;
    this.#manifest = manifest;
    this.#codec = codec;
    this.#controls = controls;
    this.#clean = new Float32Array(hopSamples);
    this.#wet = new Float32Array(hopSamples);
    this.#dry = new Float32Array(hopSamples);
    this.#factor = new Float32Array(hopSamples);
    this.#delayed = new Float32Array(outputDelaySamples(manifest) + hopSamples);
    this.#inputGain = new Ramp(hopSamples, inputGain(controls));
    this.#outputGain = new Ramp(hopSamples, controls.mute ? 0 : 1);
    this.#wetShare = new Ramp(hopSamples, wetShare(controls));
    this.#bypass = new Ramp(hopSamples, controls.bypass ? 1 : 0);
    this.#dryGain = new Ramp(hopSamples, 1);
    this.#loudness = new LoudnessMatch(sampleRate, hopSamples);
    // 5 ms, or what a hop has.
    const seamSamples = Math.min(hopSamples, Math.round(sampleRate / 200));
    this.#inputSeam = new Seam(seamSamples);
    this.#heardSeam = new Seam(seamSamples);
  }

  /** Heard from the next hop on. */
  update(controls: LiveControls): void {
    this.#controls = controls;
    const entry = this.#manifest.quantizers.find((q) => q.id === controls.quantizer)!;
    this.#codec.request({
      quantizer: entry.id,
      codebooks: controls.codebooks ?? entry.maxCodebooks,
    });
  }

  /**
   * @param input one hop from the capture ring
   * @param raw receives what the codec was given, delayed to line up with `heard`
   * @param heard receives the output
   * @param gap sound was dropped between the last hop and this one
   */
  async process(
    input: Float32Array,
    raw: Float32Array,
    heard: Float32Array,
    gap: boolean,
  ): Promise<HopReport> {
    const clean = this.#clean;
    const sanitized = sanitize(input, clean);
    this.#multiply(clean, this.#inputGain, inputGain(this.#controls));
    if (gap) this.#inputSeam.close(clean);
    this.#inputSeam.follow(clean);
    this.#delay(clean, raw);

    const hasWet = await this.#codec.process(clean, this.#wet);
    this.#blend(raw, heard, hasWet);
    // Going back to the enhanced sound needs no repair: its share rises from 0.
    if (gap || (this.#hadWet && !hasWet)) this.#heardSeam.close(heard);
    this.#hadWet = hasWet;
    this.#multiply(heard, this.#outputGain, this.#controls.mute ? 0 : 1);
    this.#heardSeam.follow(heard);
    return {
      failed: !hasWet,
      sanitized,
      bypass: this.#controls.bypass,
    };
  }

  /** Forgets all sound; controls stand where they are set. */
  reset(): void {
    this.#codec.reset();
    this.#delayed.fill(0);
    this.#inputSeam.reset();
    this.#heardSeam.reset();
    this.#hadWet = true;
    this.#inputGain.set(inputGain(this.#controls));
    this.#outputGain.set(this.#controls.mute ? 0 : 1);
    this.#wetShare.set(wetShare(this.#controls));
    this.#bypass.set(this.#controls.bypass ? 1 : 0);
  }

  #blend(raw: Float32Array, heard: Float32Array, hasWet: boolean): void {
    const dry = this.#dry;
    dry.set(raw);
    if (hasWet) {
      this.#loudness.add(dry, this.#wet);
      // After a failure the share starts from 0 again: the enhanced sound fades in.
      this.#wetShare.next(wetShare(this.#controls), this.#factor);
      for (let i = 0; i < heard.length; i++) {
        heard[i] = dry[i]! + this.#factor[i]! * (this.#wet[i]! - dry[i]!);
      }
    } else {
      this.#wetShare.set(0);
      heard.set(dry);
    }
    const target = this.#controls.bypass ? 1 : 0;
    if (target === 0 && this.#bypass.value === 0) {
      // Nobody hears it: it may jump.
      this.#dryGain.set(this.#loudness.dryGain);
      return;
    }
    this.#multiply(dry, this.#dryGain, this.#loudness.dryGain);
    this.#bypass.next(target, this.#factor);
    for (let i = 0; i < heard.length; i++) {
      heard[i] = heard[i]! + this.#factor[i]! * (dry[i]! - heard[i]!);
    }
  }

  #multiply(hop: Float32Array, ramp: Ramp, target: number): void {
    if (target === 1 && ramp.value === 1) return;
    ramp.next(target, this.#factor);
    for (let i = 0; i < hop.length; i++) hop[i] = hop[i]! * this.#factor[i]!;
  }

  #delay(hop: Float32Array, out: Float32Array): void {
    const line = this.#delayed;
    line.copyWithin(0, hop.length);
    line.set(hop, line.length - hop.length);
    out.set(line.subarray(0, hop.length));
  }
}

function inputGain({ mute, inputGainDb }: LiveControls): number {
  return mute ? 0 : dbToGain(inputGainDb);
}
