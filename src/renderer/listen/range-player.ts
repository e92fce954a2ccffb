import { FADE_S, Mixer, type Transition } from './mixer.ts';
import { PieceStore } from './piece-store.ts';
import type { SoundSource } from './sound-source.ts';
import {
  fitLoop,
  nextSegment,
  Schedule,
  type Course,
  type Loop,
  type Segment,
} from './timeline.ts';

/** Sounds up to this length are held as a whole, s. */
export const HOLD_S = 30;
/** Of the pieces of a longer one. */
const PIECE_S = 2;
/** How much of a longer one is kept, in pieces. */
const PIECES_KEPT = 24;
/** How far ahead sound is handed to the audio context, s. */
const AHEAD_S = 3;
const TICK_MS = 40;
/** Between a decision and what is heard of it, s: the context may have computed up to this far already. */
const LEAD_S = 0.03;
/** Nearer than this the context may compute while it is being told: alternatives could start apart, s. */
const LATE_S = 0.02;
/** With less than this left and nothing to follow, the sound fades out rather than breaks off, s. */
const RUNNING_DRY_S = 0.12;
/** @see fitLoop */
const SHORTEST_LOOP_S = 0.1;
/** What the loudest alternative may reach, so that none clips; all are turned down alike. */
const HEADROOM = 0.98;

export interface Alternative {
  readonly key: string;
  readonly source: SoundSource;
  /** Linear; 1 plays it as it is. */
  readonly gain?: number;
}

export interface PlayerState {
  /** `waiting`: it should play, but the next piece is not here yet. */
  readonly status: 'loading' | 'paused' | 'playing' | 'waiting' | 'failed' | 'disposed';
  /** Of the longest alternative, s; 0 while unknown. */
  readonly seconds: number;
  readonly heard: string | null;
  /** Alternatives that can be heard. */
  readonly ready: readonly string[];
  /** s. */
  readonly loop: { readonly start: number; readonly end: number } | null;
  readonly error: Error | null;
}

export interface RangePlayerOptions {
  /** @default an AudioContext of the given rate, so that the media's frames are the clock's frames */
  readonly createContext?: (sampleRateHz: number) => AudioContext;
  /** @default the context's own */
  readonly destination?: (context: AudioContext) => AudioNode;
}

interface Loaded {
  readonly store: PieceStore;
  readonly frames: number;
  readonly peak: number;
  gain: number;
}

/**
 * Plays one of several alternatives of the same sound, all of them at the same place at all times: a switch is
 * instant and does not click. Alternatives can be added while it plays. They must have one sample rate.
 *
 * Sounds of up to {@link HOLD_S} are held as a whole; longer ones are read piece by piece, ahead of what is heard.
 * When a read is late, all alternatives wait together.
 */
export class RangePlayer {
  readonly #options: RangePlayerOptions;
  readonly #loaded = new Map<string, Loaded>();
  readonly #removed = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #schedule = new Schedule();
  #context: AudioContext | null = null;
  #mixer: Mixer | null = null;
  #pieceFrames = 0;
  #totalFrames = 0;
  #loop: Loop | null = null;
  /** Where to go on after what is scheduled, or where it stands. */
  #next = 0;
  #hasJumped = true;
  #wantsPlay = false;
  /** Counts what makes a read that is under way obsolete. */
  #turn = 0;
  #isFilling = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sleep: ReturnType<typeof setTimeout> | undefined;
  #state: PlayerState = {
    status: 'loading',
    seconds: 0,
    heard: null,
    ready: [],
    loop: null,
    error: null,
  };

  constructor(options: RangePlayerOptions = {}) {
    this.#options = options;
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** Called at every change of {@link state}; the position is not part of it. @returns stops it */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Place that is heard now, s. */
  position(): number {
    const context = this.#context;
    if (context === null) return 0;
    // Not every browser knows its latency.
    const latency = (context.outputLatency || 0) * this.#rate;
    return this.#positionAt(this.#frameNow() - latency) / this.#rate;
  }

  /**
   * Resolves when the alternative can be heard. The first one is selected.
   * @throws what the source throws; `Error` for another sample rate than that of the others
   */
  async add({ key, source, gain = 1 }: Alternative): Promise<void> {
    this.#removed.delete(key);
    let loaded: Loaded;
    try {
      loaded = await this.#load(source, gain);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    if (this.#state.status === 'disposed' || this.#removed.has(key)) return;
    this.remove(key);
    this.#removed.delete(key);
    this.#loaded.set(key, loaded);
    const mixer = this.#mixer!;
    // Before it is there: what is heard first need not be faded to.
    if (this.#state.heard === null) mixer.select(key, 'crossfade', 0);
    mixer.add(key, this.#levelOf(loaded));
    this.#totalFrames = Math.max(this.#totalFrames, loaded.frames);
    this.#level();
    this.#join(key, loaded);
    this.#set({
      status: this.#state.status === 'loading' ? 'paused' : this.#state.status,
      heard: this.#state.heard ?? key,
    });
    if (this.#wantsPlay) void this.#fill();
  }

  remove(key: string): void {
    this.#removed.add(key);
    if (!this.#loaded.delete(key)) return;
    this.#mixer?.remove(key);
    this.#level();
    this.#set({});
  }

  setGain(key: string, gain: number): void {
    const loaded = this.#loaded.get(key);
    if (loaded === undefined || loaded.gain === gain) return;
    loaded.gain = gain;
    this.#level();
  }

  /** Lets `key` be heard; as soon as it is ready where it is not yet. */
  select(key: string, transition: Transition = 'crossfade'): void {
    if (key === this.#state.heard && transition === 'crossfade') return;
    this.#mixer?.select(key, transition, this.#time(this.#soon()));
    this.#set({ heard: key });
  }

  /** From the start again when it stands at the end. */
  async play(): Promise<void> {
    const context = this.#context;
    if (context === null || this.#wantsPlay || this.#state.status === 'failed') return;
    this.#wantsPlay = true;
    if (this.#next >= this.#totalFrames) this.#next = this.#loop?.startFrame ?? 0;
    this.#hasJumped = true;
    this.#schedule.clear();
    this.#set({ status: 'waiting' });
    clearTimeout(this.#sleep);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    await context.resume();
    if (this.#wantsPlay) await this.#fill();
  }

  pause(): void {
    if (!this.#wantsPlay) return;
    const at = this.#soon();
    this.#next = Math.min(this.#totalFrames, Math.round(this.#positionAt(at)));
    this.#halt(at);
    this.#set({ status: 'paused' });
  }

  toggle(): void {
    if (this.#wantsPlay) this.pause();
    else void this.play();
  }

  /** @param seconds clamped to the sound */
  seek(seconds: number): void {
    if (this.#context === null || !Number.isFinite(seconds)) return;
    const frame = Math.round(seconds * this.#rate);
    this.#next = Math.max(0, Math.min(this.#totalFrames, frame));
    this.#goOn(true);
  }

  /** Repeats a region. A place before or in it is played into it; `null` plays to the end. @returns whether it fits */
  setLoop(loop: { readonly start: number; readonly end: number } | null): boolean {
    const fitted =
      loop === null
        ? null
        : fitLoop(
            { startFrame: loop.start * this.#rate, endFrame: loop.end * this.#rate },
            this.#totalFrames,
            SHORTEST_LOOP_S * this.#rate,
          );
    if (loop !== null && fitted === null) return false;
    this.#loop = fitted;
    if (this.#wantsPlay) {
      const at = this.#soon();
      const place = Math.round(this.#positionAt(at));
      const isBehind = fitted !== null && place >= fitted.endFrame;
      this.#next = isBehind ? fitted.startFrame : place;
      this.#goOn(isBehind);
    }
    this.#set({});
    return true;
  }

  /** Stops and frees everything; it cannot be used again. */
  dispose(): void {
    if (this.#state.status === 'disposed') return;
    this.#wantsPlay = false;
    this.#turn++;
    clearInterval(this.#timer);
    clearTimeout(this.#sleep);
    this.#mixer?.dispose();
    this.#loaded.clear();
    this.#set({ status: 'disposed' });
    this.#listeners.clear();
    void this.#context?.close();
    this.#context = null;
  }

  async #load(source: SoundSource, gain: number): Promise<Loaded> {
    const { sampleRateHz, frames } = await source.info();
    if (this.#state.status === 'disposed') throw new Error('The player was closed.');
    if (this.#context === null) {
      const create =
        this.#options.createContext ?? ((sampleRate) => new AudioContext({ sampleRate }));
      this.#context = create(sampleRateHz);
      const destination = this.#options.destination?.(this.#context) ?? this.#context.destination;
      this.#mixer = new Mixer(this.#context, destination);
      this.#pieceFrames = Math.round(PIECE_S * sampleRateHz);
    }
    if (sampleRateHz !== this.#rate) {
      throw new Error(`Sounds of ${this.#rate} and ${sampleRateHz} Hz cannot be compared.`);
    }
    const isHeld = frames <= HOLD_S * sampleRateHz;
    const store = new PieceStore(
      source,
      this.#pieceFrames,
      frames,
      isHeld ? Infinity : PIECES_KEPT,
    );
    if (isHeld) await store.loadAll();
    // The peak of a long sound is unknown until it has been played: it is taken as full scale.
    return { store, frames, peak: isHeld ? store.peak() : 1, gain };
  }

  get #rate(): number {
    return this.#context?.sampleRate ?? 1;
  }

  #course(): Course {
    return {
      totalFrames: this.#totalFrames,
      loop: this.#loop,
      pieceFrames: this.#pieceFrames,
    };
  }

  #frameNow(): number {
    return Math.round((this.#context?.currentTime ?? 0) * this.#rate);
  }

  /** The next frame of the clock for which something can still be planned. */
  #soon(): number {
    return this.#frameNow() + Math.round(LEAD_S * this.#rate);
  }

  #time(frame: number): number {
    return frame / this.#rate;
  }

  #positionAt(frame: number): number {
    return (this.#wantsPlay ? this.#schedule.positionAt(frame) : null) ?? this.#next;
  }

  /** All alternatives are turned down alike, so far that the loudest does not clip. */
  #levelOf({ gain }: Loaded): number {
    let loudest = HEADROOM;
    for (const other of this.#loaded.values()) {
      loudest = Math.max(loudest, other.gain === 1 ? 0 : other.gain * other.peak);
    }
    return (gain * HEADROOM) / loudest;
  }

  #level(): void {
    const at = this.#time(this.#soon());
    for (const [key, loaded] of this.#loaded) this.#mixer?.setGain(key, this.#levelOf(loaded), at);
  }

  /** Plays on from `#next`, with a fade where that is a jump. */
  #goOn(isJump: boolean): void {
    if (!this.#wantsPlay) return this.#set({});
    const at = this.#soon();
    this.#turn++;
    this.#isFilling = false;
    this.#mixer?.stop(this.#time(at), isJump);
    if (isJump) this.#schedule.clear();
    else this.#schedule.cut(at);
    this.#hasJumped = isJump;
    void this.#fill();
  }

  #halt(at: number): void {
    this.#wantsPlay = false;
    this.#turn++;
    this.#isFilling = false;
    this.#mixer?.stop(this.#time(at), true);
    this.#schedule.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
    // Gives the sound device back once the fade is out.
    this.#sleep = setTimeout(() => void this.#context?.suspend(), 500);
  }

  #tick(): void {
    const now = this.#frameNow();
    const end = this.#schedule.endsAtFrame;
    if (this.#next >= this.#totalFrames && this.#loop === null) {
      if (end === null || now >= end) {
        this.#next = this.#totalFrames;
        this.#halt(now);
        this.#set({ status: 'paused' });
      }
      return;
    }
    const left = end === null ? 0 : end - now;
    if (left < RUNNING_DRY_S * this.#rate && this.#state.status === 'playing') {
      // Late: fade out where the sound ends, and wait.
      if (left > FADE_S * this.#rate) this.#mixer?.stop(this.#time(end!), true);
      this.#hasJumped = true;
      this.#set({ status: 'waiting' });
    }
    this.#schedule.forget(now - this.#rate);
    void this.#fill();
  }

  /** Schedules until far enough ahead; reads what is missing first. One at a time. */
  async #fill(): Promise<void> {
    if (this.#isFilling || !this.#wantsPlay || this.#loaded.size === 0) return;
    this.#isFilling = true;
    const turn = this.#turn;
    try {
      while (this.#wantsPlay && turn === this.#turn) {
        const end = this.#schedule.endsAtFrame ?? 0;
        if (end - this.#frameNow() > AHEAD_S * this.#rate) break;
        const segment = nextSegment(this.#next, this.#hasJumped, this.#course());
        if (segment === null) break;
        const index = Math.floor(segment.startFrame / this.#pieceFrames);
        const missing = [...this.#loaded.values()].filter(
          ({ store }) => index < store.pieceCount && store.get(index) === undefined,
        );
        if (missing.length > 0) {
          await Promise.all(missing.map(({ store }) => store.load(index)));
          // Time has passed: alternatives, loop and clock may be others.
          continue;
        }
        this.#play(segment);
      }
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    } finally {
      if (turn === this.#turn) this.#isFilling = false;
    }
  }

  #play(segment: Segment): void {
    const end = this.#schedule.endsAtFrame ?? 0;
    const soon = this.#soon();
    const isLate = end < this.#frameNow() + Math.round(LATE_S * this.#rate);
    // What follows on is continued without a seam; after a gap it rises again.
    const at = isLate ? soon : end;
    const isFadedIn = segment.isFadedIn || isLate;
    const planned = this.#schedule.add({ ...segment, isFadedIn }, at);
    for (const [key, { store }] of this.#loaded) this.#playOn(key, store, planned);
    this.#next = segment.startFrame + segment.frames;
    this.#hasJumped = false;
    if (this.#state.status === 'waiting') this.#set({ status: 'playing' });
  }

  #playOn(
    key: string,
    store: PieceStore,
    segment: Segment & { readonly atFrame: number },
    skipFrames = 0,
  ): void {
    const index = Math.floor(segment.startFrame / this.#pieceFrames);
    const piece = store.get(index);
    if (piece === undefined) return;
    const offset = segment.startFrame - index * this.#pieceFrames;
    this.#mixer?.play(
      key,
      piece.subarray(offset, offset + segment.frames),
      { in: segment.isFadedIn, out: segment.isFadedOut },
      this.#time(segment.atFrame + skipFrames),
      skipFrames / this.#rate,
    );
  }

  /** A newcomer joins what is playing, at the same place as the others. */
  #join(key: string, { store }: Loaded): void {
    const soon = this.#soon();
    for (const segment of this.#schedule.segments) {
      const skip = Math.max(0, soon - segment.atFrame);
      if (skip < segment.frames) this.#playOn(key, store, segment, skip);
    }
  }

  #fail(error: unknown): void {
    if (this.#state.status === 'disposed') return;
    if (this.#wantsPlay) this.#halt(this.#soon());
    this.#set({
      status: 'failed',
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }

  #set(change: Partial<PlayerState>): void {
    const loop = this.#loop;
    this.#state = {
      ...this.#state,
      seconds: this.#totalFrames / this.#rate,
      ready: [...this.#loaded.keys()],
      loop:
        loop === null
          ? null
          : { start: this.#time(loop.startFrame), end: this.#time(loop.endFrame) },
      ...change,
    };
    for (const listener of [...this.#listeners]) listener();
  }
}
