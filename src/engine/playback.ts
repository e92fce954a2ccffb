/**
 * The output side: what the device pulls is made from the playback ring by an adaptive resampler, so that
 * the ring neither runs dry nor fills up although input and output have clocks of their own.
 *
 * Speed = drift between the two clocks, as both are measured, × a small correction towards the cushion's
 * target. Drift is followed to some ppm; corrections stay below 2000 ppm (a thirtieth of a semitone), change
 * by at most 2 ppm per ms, and are made only when there is something to correct.
 *
 * Gaps: an underrun fades out and waits until the target is there again; a surplus that no correction would
 * work off soon (a burst after a stall) is skipped with a crossfade. Both are counted.
 */
import { AdaptiveResampler } from '../audio/adaptive-resampler.ts';
import { LIVE_FILTER } from '../audio/model-filter.ts';
import type { StreamFormat } from '../audio/backend.ts';
import { samplesToMs } from '../common/units.ts';
import type { Capture } from './capture.ts';
import type { CodecMemory } from './codec-memory.ts';
import { Cushion } from './cushion.ts';
import { raisedCosine } from './ramp.ts';
import { StreamClock } from './stream-clock.ts';

/** Correction per second of error: a time constant of three seconds. */
const GAIN_PER_S = 0.3;
const MAX_CORRECTION = 2000e-6;
const MAX_STEP_PER_MS = 2e-6;
/** An error is left alone until it exceeds the first, and then worked off until it is below the second. */
const TOLERATED_MS = 1;
const SETTLED_MS = 0.2;
/** More than this is no jitter but a stall: nothing to keep a cushion for. */
const MAX_CUSHION_MS = 120;
/** Pulls this close to the moment a hop appears may fall on either side of it. */
const GUARD_MS = 1.5;
/** The same while the drift is not known. */
const UNKNOWN_GUARD_MS = 2;
/** Correcting by a whole hop takes this long. */
const FORESIGHT_MS = 12_000;
/** A surplus beyond this is skipped. */
const SKIP_MS = 20;
const FADE_MS = 5;
const SKIP_FADE_MS = 10;
/** Memory of the averages shown, ms. */
const AVERAGE_MS = 200;

export interface PlaybackCounters {
  readonly underruns: number;
  readonly missingSamples: number;
  readonly skips: number;
  readonly skippedSamples: number;
}

/** Averages over the last fifth of a second, in ms; undefined before sound passes. */
export interface PlaybackDelays {
  /** From a sample being captured (block delay included) to being pulled, without the codec's overlap. */
  readonly softwareMs: number;
  /** What the device had queued below, at the pull. */
  readonly deviceMs: number;
}

export interface PlaybackOptions {
  readonly memory: CodecMemory;
  readonly capture: Capture;
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  /** What the codec usually takes for a hop, waiting included, ms. */
  readonly workMs: () => number;
}

export class Playback {
  readonly #memory: CodecMemory;
  readonly #capture: Capture;
  readonly #rateHz: number;
  readonly #hopMs: number;
  readonly #workMs: () => number;
  readonly #cushion = new Cushion();
  readonly #fadeIn: Float32Array;
  readonly #skipFade: Float32Array;
  #channels = 1;
  #clock: StreamClock | undefined;
  #resampler: AdaptiveResampler | undefined;
  #mono = new Float32Array(0);
  #scratch = new Float32Array(0);
  #playing = false;
  /** Sound was heard before: silence is a gap now and not a beginning. */
  #interrupted = false;
  #draining = false;
  #faded = 0;
  /** The last sample played, and how far its fading away has come. */
  #last = 0;
  #tail = 0;
  /** The greatest requirement of the gap that is being heard. */
  #starvedMs: number | undefined;
  /** What a skip moves away from, in the next block. */
  #fadeOut: Float32Array | undefined;
  /** Samples taken out of the ring since the reset, skipped ones included. */
  #taken = 0;
  /** What the codec's counters of lost samples stood at at the reset. */
  #lostBefore = 0;
  #speed = 1;
  #isCorrecting = false;
  #atMs = 0;
  #shifts = 0;
  #softwareMs: number | undefined;
  #deviceMs = 0;
  #counters = { underruns: 0, missingSamples: 0, skips: 0, skippedSamples: 0 };

  constructor(options: PlaybackOptions) {
    const { memory, capture, sampleRateHz, hopSamples, workMs } = options;
    this.#hopMs = samplesToMs(hopSamples, sampleRateHz);
    this.#workMs = workMs;
    this.#memory = memory;
    this.#capture = capture;
    this.#rateHz = sampleRateHz;
    this.#fadeIn = raisedCosine(Math.round((FADE_MS * sampleRateHz) / 1000));
    this.#skipFade = raisedCosine(Math.round((SKIP_FADE_MS * sampleRateHz) / 1000));
  }

  get counters(): PlaybackCounters {
    return this.#counters;
  }

  get playing(): boolean {
    return this.#playing;
  }

  get delays(): PlaybackDelays | undefined {
    return this.#softwareMs === undefined
      ? undefined
      : { softwareMs: this.#softwareMs, deviceMs: this.#deviceMs };
  }

  /** What is waiting beyond what the last pull needed, in ms. */
  get fillMs(): number {
    return samplesToMs(this.#memory.playback.availableRead, this.#rateHz);
  }

  /** What should be between microphone and pull, in ms; 0 before anything was pulled. */
  get targetMs(): number {
    return this.#cushion.targetMs(this.#atMs) ?? 0;
  }

  get outputResamplerMs(): number {
    return this.#resampler ? samplesToMs(this.#resampler.delayInputSamples, this.#rateHz) : 0;
  }

  /** Output clock relative to input clock; undefined until both are known. */
  get driftPpm(): number | undefined {
    const source = this.#capture.stream?.clock;
    if (!source?.known || !this.#clock?.known) return undefined;
    return ((1 + this.#clock.deviation) / (1 + source.deviation) - 1) * 1e6;
  }

  /** A device was opened. */
  open({ sampleRateHz, channels }: Pick<StreamFormat, 'sampleRateHz' | 'channels'>): void {
    this.#channels = channels;
    this.#clock = new StreamClock({ nominalRateHz: sampleRateHz });
    this.#resampler = new AdaptiveResampler(this.#rateHz, sampleRateHz, LIVE_FILTER);
    this.#last = 0;
    this.#forget();
    this.#stopPlaying();
  }

  /** Goes on where another one stands that worked on other memory: what that one has begun fades out. */
  adopt(old: Playback): void {
    this.#channels = old.#channels;
    this.#clock = old.#clock;
    this.#resampler = old.#resampler;
    this.#speed = old.#speed;
    this.#last = old.#last;
    this.#tail = old.#tail;
    this.#interrupted = old.#playing || old.#interrupted;
    // A gap will be heard; had it begun already, the old one would have counted it.
    if (old.#playing) this.#counters.underruns += 1;
  }

  /** The input was opened anew: what was seen of its jitter no longer holds. */
  inputChanged(): void {
    this.#forget();
  }

  /** What is in the ring is the end: running dry is no gap any more. */
  drain(): void {
    this.#draining = true;
  }

  /** The device is gone. What waits will be too old when another one comes. */
  close(): void {
    this.#clock = undefined;
    this.#resampler = undefined;
    this.#stopPlaying();
  }

  /** With the codec's side empty as well. */
  reset(): void {
    this.#memory.playback.skip();
    this.#taken = 0;
    this.#lostBefore = this.#memory.count('dropped') + this.#memory.count('discarded');
    this.#draining = false;
    this.#interrupted = false;
    this.#stopPlaying();
    this.#forget();
  }

  /**
   * Fills one block.
   * @param atMs now
   * @param deviceMs what the device has queued, in ms
   */
  pull(out: Float32Array, atMs: number, deviceMs: number): void {
    const resampler = this.#resampler;
    const clock = this.#clock;
    if (!resampler || !clock) {
      out.fill(0);
      return;
    }
    const frames = Math.floor(out.length / this.#channels);
    this.#atMs = atMs;
    clock.add(frames, atMs);
    this.#regulate(resampler, clock, frames, atMs, deviceMs);
    const need = resampler.needed(frames, this.#speed);
    if (this.#scratch.length < need) this.#scratch = new Float32Array(2 * need);
    const input = this.#scratch.subarray(0, need);
    this.#take(input);
    resampler.push(input);
    if (this.#mono.length !== frames) this.#mono = new Float32Array(frames);
    resampler.pull(this.#mono, this.#speed);
    interleave(this.#mono, out, this.#channels);
  }

  /** Samples between the microphone's present and the next output; undefined without an input. */
  #behind(atMs: number, lookahead: number): number | undefined {
    const stream = this.#capture.stream;
    if (!stream || stream.clock.frames === 0) return undefined;
    const lost = this.#memory.count('dropped') + this.#memory.count('discarded') - this.#lostBefore;
    return stream.ringPositionAt(atMs) - lost - (this.#taken - lookahead);
  }

  #regulate(
    resampler: AdaptiveResampler,
    clock: StreamClock,
    frames: number,
    atMs: number,
    deviceMs: number,
  ): void {
    const lookahead = resampler.lookahead;
    // The pull as it would have come without jitter.
    const dueMs = Math.min(atMs, clock.timeOfMs(clock.frames));
    const behind = this.#behind(dueMs, lookahead);
    if (behind === undefined) return;
    const available = this.#memory.playback.availableRead;
    const need = resampler.needed(frames, this.#speed);
    const slack = available - need;
    const behindMs = samplesToMs(behind, this.#rateHz);
    const requiredMs = samplesToMs(behind - slack, this.#rateHz);
    this.#checkShifts(clock);
    this.#learn(requiredMs, slack, available, atMs);
    const foreseenMs = this.#foreseenMs(dueMs, samplesToMs(lookahead + need, this.#rateHz));
    if (foreseenMs !== undefined) this.#cushion.foresee(foreseenMs, atMs);
    const targetMs = this.#cushion.targetMs(atMs);
    if (targetMs === undefined) return;
    const surplusMs = behindMs - targetMs;
    if (!this.#playing) {
      const isSettled = this.#capture.stream!.clock.settled;
      if (slack >= 0 && surplusMs >= 0 && isSettled)
        this.#start(Math.min(slack, this.#samples(surplusMs)));
    } else if (surplusMs > SKIP_MS && slack > 0) {
      this.#skip(Math.min(slack, this.#samples(surplusMs)), need);
    }
    this.#steer(surplusMs, samplesToMs(frames, clock.nominalRateHz), clock);
    if (this.#playing) {
      const nowMs = samplesToMs(this.#behind(atMs, lookahead)!, this.#rateHz);
      this.#average(nowMs, deviceMs, samplesToMs(frames, clock.nominalRateHz));
    }
  }

  /**
   * What is required once pulls come just before a hop instead of just after it, if that is near: while
   * they come so soon after a hop that one that is late would miss them.
   * @param pullMs what a pull takes, and what the filter has in hand
   */
  #foreseenMs(dueMs: number, pullMs: number): number | undefined {
    const stream = this.#capture.stream!;
    // Only blocks of one hop make hops appear at even distances.
    if (Math.abs(stream.blockMs - this.#hopMs) > 0.1) return undefined;
    const lagMs = stream.latenessMs + this.#workMs();
    const sinceHopMs = samplesToMs(stream.ringPositionAt(dueMs), this.#rateHz) % this.#hopMs;
    const drift = this.driftPpm;
    const guardMs =
      drift === undefined ? UNKNOWN_GUARD_MS : GUARD_MS + Math.max(0, drift * 1e-6 * FORESIGHT_MS);
    return sinceHopMs < lagMs + guardMs ? this.#hopMs + lagMs + pullMs : undefined;
  }

  #forget(): void {
    this.#cushion.reset();
    this.#starvedMs = undefined;
  }

  /** A clock's line was moved: what was required before is measured against the old one. */
  #checkShifts(clock: StreamClock): void {
    const shifts = clock.shifts + (this.#capture.stream?.clock.shifts ?? 0);
    if (shifts !== this.#shifts) this.#forget();
    this.#shifts = shifts;
  }

  /** Tells the cushion what this pull required. What a gap would have required shows when it ends. */
  #learn(requiredMs: number, slack: number, available: number, atMs: number): void {
    const isMissing = slack < 0 && !this.#draining;
    if (this.#starvedMs !== undefined) {
      if (isMissing) {
        this.#starvedMs = Math.max(this.#starvedMs, requiredMs);
        return;
      }
      if (this.#starvedMs <= MAX_CUSHION_MS) this.#cushion.miss(this.#starvedMs, atMs);
      this.#starvedMs = undefined;
    } else if (this.#playing && isMissing) {
      this.#starvedMs = requiredMs;
      return;
    }
    const isHeard = available > 0 || this.#playing;
    if (isHeard && requiredMs <= MAX_CUSHION_MS) this.#cushion.observe(requiredMs, atMs);
  }

  #steer(surplusMs: number, blockMs: number, clock: StreamClock): void {
    const errorMs = Math.abs(surplusMs);
    this.#isCorrecting =
      this.#playing && errorMs > (this.#isCorrecting ? SETTLED_MS : TOLERATED_MS);
    const wanted = this.#isCorrecting
      ? Math.max(-MAX_CORRECTION, Math.min(MAX_CORRECTION, (GAIN_PER_S * surplusMs) / 1000))
      : 0;
    const source = this.#capture.stream?.clock.deviation ?? 0;
    const speed = ((1 + source) / (1 + clock.deviation)) * (1 + wanted);
    const step = MAX_STEP_PER_MS * blockMs;
    this.#speed = this.#playing
      ? this.#speed + Math.max(-step, Math.min(step, speed - this.#speed))
      : speed;
  }

  #average(softwareMs: number, deviceMs: number, blockMs: number): void {
    const keep = this.#softwareMs === undefined ? 0 : Math.exp(-blockMs / AVERAGE_MS);
    this.#softwareMs = keep * (this.#softwareMs ?? 0) + (1 - keep) * softwareMs;
    this.#deviceMs = keep * this.#deviceMs + (1 - keep) * deviceMs;
  }

  /** Sound begins: at the target to the sample, what is older was never heard. */
  #start(surplus: number): void {
    const skipped = this.#memory.playback.skip(surplus);
    this.#taken += skipped;
    if (this.#interrupted) this.#counters.skippedSamples += skipped;
    this.#playing = true;
    this.#faded = 0;
    this.#softwareMs = undefined;
  }

  #stopPlaying(): void {
    if (this.#playing) this.#interrupted = true;
    this.#playing = false;
    this.#softwareMs = undefined;
  }

  /** Leaves `count` samples out, moving over to what follows them. */
  #skip(count: number, need: number): void {
    const fade = Math.min(this.#skipFade.length, need, this.#memory.playback.availableRead - count);
    if (count <= 0 || fade <= 0) return;
    const old = new Float32Array(fade);
    this.#memory.playback.peek(old);
    this.#taken += this.#memory.playback.skip(count);
    this.#fadeOut = old;
    this.#counters.skips += 1;
    this.#counters.skippedSamples += count;
  }

  /** Takes sound out of the ring, or makes silence. */
  #take(input: Float32Array): void {
    if (!this.#playing) {
      this.#silence(input, 0);
      if (this.#interrupted && this.#capture.stream) {
        this.#counters.missingSamples += input.length;
      }
      return;
    }
    const got = this.#memory.playback.read(input);
    this.#taken += got;
    this.#shape(input, got);
    if (got > 0) {
      this.#last = input[got - 1]!;
      this.#tail = 0;
    }
    if (got === input.length) return;
    this.#silence(input, got);
    this.#stopPlaying();
    if (this.#draining || !this.#capture.stream) return;
    this.#counters.underruns += 1;
    this.#counters.missingSamples += input.length - got;
  }

  #shape(input: Float32Array, length: number): void {
    for (let i = 0; i < length && this.#faded < this.#fadeIn.length; i++) {
      input[i] = input[i]! * this.#fadeIn[this.#faded++]!;
    }
    const old = this.#fadeOut;
    if (!old) return;
    this.#fadeOut = undefined;
    const count = Math.min(old.length, length);
    for (let i = 0; i < count; i++) {
      input[i] = old[i]! + this.#skipFade[i]! * (input[i]! - old[i]!);
    }
  }

  /** From `from` on the last sample fades away, over as many blocks as it takes. */
  #silence(input: Float32Array, from: number): void {
    const fade = this.#fadeIn;
    for (let i = from; i < input.length; i++) {
      input[i] = this.#tail < fade.length ? this.#last * (1 - fade[this.#tail++]!) : 0;
    }
  }

  #samples(ms: number): number {
    return Math.floor((ms * this.#rateHz) / 1000);
  }
}

function interleave(mono: Float32Array, out: Float32Array, channels: number): void {
  if (channels === 1) {
    out.set(mono);
    return;
  }
  out.fill(0);
  for (let i = 0, o = 0; i < mono.length; i++) {
    for (let c = 0; c < channels; c++) out[o++] = mono[i]!;
  }
}
