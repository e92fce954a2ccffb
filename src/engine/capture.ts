/**
 * The input side: blocks of a device become mono samples at the model's rate in the capture ring. Its ratio
 * is fixed, so the codec runs on the input's clock and sees every sample once; the output side follows.
 *
 * The stream is padded at its start so that hops end where blocks end: a block of one hop then completes one
 * hop, at the cost of exactly the filter's delay.
 */
import type { StreamFormat } from '../audio/backend.ts';
import { LIVE_FILTER } from '../audio/model-filter.ts';
import { Resampler } from '../audio/resampler.ts';
import { samplesToMs } from '../common/units.ts';
import type { CodecMemory } from './codec-memory.ts';
import { PeakWindow } from './peak-window.ts';
import { raisedCosine } from './ramp.ts';
import { StreamClock } from './stream-clock.ts';

/** Start and end of a stream are faded over this. */
const FADE_MS = 5;

export interface CaptureOptions {
  readonly memory: CodecMemory;
  readonly sampleRateHz: number;
  readonly hopSamples: number;
}

/** All that was ever captured, over any number of streams. */
export class Capture {
  readonly #memory: CodecMemory;
  readonly #sampleRateHz: number;
  readonly #hopSamples: number;
  #stream: CaptureStream | undefined;
  /** Samples written since the last reset. */
  #written = 0;
  #lost = 0;
  #overruns = 0;
  #clipped = false;
  #last = 0;

  constructor({ memory, sampleRateHz, hopSamples }: CaptureOptions) {
    this.#memory = memory;
    this.#sampleRateHz = sampleRateHz;
    this.#hopSamples = hopSamples;
  }

  /** Samples that found no room. */
  get lostSamples(): number {
    return this.#lost;
  }

  get overruns(): number {
    return this.#overruns;
  }

  /** The stream that runs. */
  get stream(): CaptureStream | undefined {
    return this.#stream;
  }

  /** Whether a sample reached full scale since the last call. */
  takeClipped(): boolean {
    const clipped = this.#clipped;
    this.#clipped = false;
    return clipped;
  }

  /** @throws RangeError for a rate that is no whole number */
  open(format: Pick<StreamFormat, 'sampleRateHz' | 'channels' | 'blockFrames'>): CaptureStream {
    this.#stream = new CaptureStream(format, this.#sampleRateHz, this.#written);
    return this.#stream;
  }

  /**
   * @param atMs when the last frame was there
   * @param lostFrames that the device's driver lost so far
   */
  block(samples: Float32Array, atMs: number, lostFrames = 0): void {
    const stream = this.#stream;
    if (!stream) return;
    stream.noteLost(lostFrames);
    const mono = stream.process(samples, atMs);
    if (stream.clipped) this.#clipped = true;
    if (stream.broken > 0) this.#memory.add('sanitized', stream.broken);
    this.#write(mono, atMs);
  }

  /**
   * The stream is over. What was begun is completed: the sound fades out, and the hop is filled.
   * @param tailHops of silence behind it, to push out what the codec still holds
   */
  close(atMs: number, tailHops = 0): void {
    if (!this.#stream) return;
    this.#stream = undefined;
    const fade = raisedCosine(Math.round((FADE_MS * this.#sampleRateHz) / 1000)).reverse();
    for (let i = 0; i < fade.length; i++) fade[i] = this.#last * fade[i]!;
    const missing = (this.#written + fade.length) % this.#hopSamples;
    const rest = missing === 0 ? 0 : this.#hopSamples - missing;
    const tail = new Float32Array(fade.length + rest + tailHops * this.#hopSamples);
    tail.set(fade);
    this.#write(tail, atMs);
  }

  /** With the codec's side empty as well. */
  reset(): void {
    this.#written = 0;
    this.#last = 0;
    this.#stream = undefined;
  }

  #write(mono: Float32Array, atMs: number): void {
    if (mono.length === 0) return;
    const { capture } = this.#memory;
    if (capture.availableWrite < mono.length) {
      // A whole block or nothing: hops stay where blocks end.
      this.#lost += mono.length;
      this.#overruns += 1;
      return;
    }
    const before = Math.floor(this.#written / this.#hopSamples);
    this.#written += mono.length;
    const after = Math.floor(this.#written / this.#hopSamples);
    for (let hop = before; hop < after; hop++) this.#memory.setReady(hop, atMs);
    this.#last = mono[mono.length - 1]!;
    capture.write(mono);
  }
}

/** One opened device. */
export class CaptureStream {
  readonly clock: StreamClock;
  readonly blockMs: number;
  /** Of the last block: whether a sample reached full scale, and how many were NaN or infinite. */
  clipped = false;
  broken = 0;
  readonly #lateness = new PeakWindow();
  readonly #channels: number;
  readonly #resampler: Resampler;
  readonly #ratio: number;
  readonly #start: number;
  readonly #blockSamples: number;
  /** Frames lost in the driver: all of them, and those the clock has not been told of yet. */
  #lostFrames = 0;
  #newlyLost = 0;
  #pad: number | undefined;
  #mono = new Float32Array(0);
  #out = new Float32Array(0);
  #fadeIn: Float32Array;
  #faded = 0;

  constructor(
    format: Pick<StreamFormat, 'sampleRateHz' | 'channels' | 'blockFrames'>,
    modelRateHz: number,
    start: number,
  ) {
    const { sampleRateHz, channels, blockFrames } = format;
    this.#resampler = new Resampler(sampleRateHz, modelRateHz, LIVE_FILTER);
    this.clock = new StreamClock({ nominalRateHz: sampleRateHz });
    this.blockMs = samplesToMs(blockFrames, sampleRateHz);
    this.#channels = channels;
    this.#ratio = modelRateHz / sampleRateHz;
    this.#start = start;
    this.#blockSamples = Math.floor(blockFrames * this.#ratio);
    this.#fadeIn = raisedCosine(Math.round((FADE_MS * modelRateHz) / 1000));
  }

  /** Silence put in front so that hops end with blocks: what the filter's delay costs. */
  get padSamples(): number {
    return this.#pad ?? 0;
  }

  /** How late blocks usually come at the worst, against the device's clock. */
  get latenessMs(): number {
    return Math.max(0, this.#lateness.typicalPeak);
  }

  /** Where in the capture ring the sound of this moment belongs, in samples since the reset. */
  ringPositionAt(atMs: number): number {
    const frames = this.clock.framesAt(atMs) - this.#lostFrames;
    return this.#start + this.padSamples + frames * this.#ratio;
  }

  /** @param lostFrames since the stream's start */
  noteLost(lostFrames: number): void {
    this.#newlyLost = lostFrames - this.#lostFrames;
    this.#lostFrames = lostFrames;
  }

  /** @returns mono at the model's rate; reused by the next call */
  process(samples: Float32Array, atMs: number): Float32Array {
    const frames = Math.floor(samples.length / this.#channels);
    this.clock.add(frames + this.#newlyLost, atMs);
    this.#newlyLost = 0;
    this.#lateness.add(atMs - this.clock.timeOfMs(this.clock.frames), atMs);
    const mono = this.#downmix(samples, frames);
    const room = this.#resampler.maxOutput(frames) + this.#blockSamples;
    if (this.#out.length < room) this.#out = new Float32Array(room);
    if (this.#pad === undefined) {
      // How much later than the block its samples come out shows in the first block.
      const first = this.#resampler.process(mono);
      const pad = Math.max(0, Math.floor(frames * this.#ratio) - first.length);
      this.#pad = pad;
      this.#out.fill(0, 0, pad).set(first, pad);
      return this.#fade(this.#out.subarray(0, pad + first.length), pad);
    }
    const count = this.#resampler.processInto(mono, this.#out);
    return this.#fade(this.#out.subarray(0, count), 0);
  }

  #downmix(samples: Float32Array, frames: number): Float32Array {
    if (this.#mono.length !== frames) this.#mono = new Float32Array(frames);
    const mono = this.#mono;
    const channels = this.#channels;
    let clipped = false;
    let broken = 0;
    for (let i = 0; i < frames; i++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        const value = samples[i * channels + c]!;
        if (value >= 1 || value <= -1) clipped = true;
        sum += value;
      }
      const value = sum / channels;
      // One NaN would spread over the length of the filter.
      const finite = value - value === 0;
      mono[i] = finite ? value : 0;
      if (!finite) broken += 1;
    }
    this.clipped = clipped;
    this.broken = broken;
    return mono;
  }

  #fade(out: Float32Array, from: number): Float32Array {
    for (let i = from; i < out.length && this.#faded < this.#fadeIn.length; i++) {
      out[i] = out[i]! * this.#fadeIn[this.#faded++]!;
    }
    return out;
  }
}
