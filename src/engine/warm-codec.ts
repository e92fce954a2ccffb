/**
 * The codec with every quantizer loaded and one heard. Switching takes three steps, so that nobody hears it:
 *
 * 1. The new session takes over the history that both encoders share (the denoiser's, found by
 *    `openSessions`), as it was `PREROLL_HOPS` ago.
 * 2. Pre-roll: it runs over the hops since then, in the time left between live hops, until it stands where
 *    the old one stands. With 8 hops it is then within −37 dB of a session that had always run, measured
 *    on the shipped model; without the shared history it takes a second to get there.
 * 3. In the next hop both run, and the output moves from one to the other.
 *
 * A switch that could not be prepared within two hops is carried out with a pre-roll of two: it is heard
 * within 20 ms in any case. Another number of codebooks is one encoding decoded twice, from the same decoder state.
 *
 * Not re-entrant: one call at a time.
 */
import { errorMessage, ResiduaError } from '../common/errors.ts';
import { ABSENT_CODE } from '../codec/session.ts';
import { isContinuous } from '../codec/manifest.ts';
import type { LiveSession, SessionSet } from './live-session.ts';
import { raisedCosine } from './ramp.ts';

export const PREROLL_HOPS = 8;
/** Live hops that may pass before a switch is carried out, fully prepared or not. */
const PATIENCE_HOPS = 1;
/** Pre-roll of a switch that is out of time: without the hop before, windows would not overlap. */
const HASTY_HOPS = 2;
/** Encoder histories kept: one from before each hop that a pre-roll may begin with. */
const SNAPSHOTS = PREROLL_HOPS + 1;
/** Hops kept for a pre-roll: its length and those that arrive meanwhile. */
const HISTORY = 32;
/** After the n-th failure in a row 2^n hops of dry sound, at most this many. */
const MAX_PAUSE_HOPS = 128;
/** So many good hops make a failure forgotten. */
const FORGIVEN_AFTER_HOPS = 100;

export interface Voice {
  readonly quantizer: string;
  readonly codebooks: number;
}

interface Incoming {
  readonly session: LiveSession;
  readonly quantizer: string;
  codebooks: number;
  /** Hop to run next; the switch is ready when it is the live one. */
  next: number;
  /** Live hops that passed since it was asked for. */
  waited: number;
  /** Not before this hop. */
  readonly notBefore: number;
}

export class WarmCodec {
  readonly #set: SessionSet;
  readonly #onSwitchFailed: (quantizer: string, error: unknown) => void;
  readonly #fadeIn: Float32Array;
  readonly #history: Float32Array[];
  readonly #snapshots: Float32Array[];
  /** Whose encoder each snapshot is of; undefined: of none. */
  readonly #snapshotOwner: (string | undefined)[];
  readonly #snapshotSize: ReadonlyMap<string, number>;
  readonly #scratch: Float32Array;
  readonly #codes: Int32Array;
  #decoderStart: Float32Array = new Float32Array(0);
  #decoderNext: Float32Array = new Float32Array(0);
  /** undefined while no session can be heard. */
  #active: LiveSession | undefined;
  #voice: Voice;
  #wantedCodebooks: number;
  #incoming: Incoming | undefined;
  /** Live hops since the start or reset. */
  #hop = 0;
  #failuresInRow = 0;
  #lastFailure: ResiduaError | undefined;
  #goodHops = 0;
  #switches = 0;

  constructor(
    set: SessionSet,
    options: {
      readonly hopSamples: number;
      readonly voice: Voice;
      /** A switch was given up; what was heard stays. */
      readonly onSwitchFailed: (quantizer: string, error: unknown) => void;
    },
  ) {
    this.#set = set;
    this.#onSwitchFailed = options.onSwitchFailed;
    this.#fadeIn = raisedCosine(options.hopSamples);
    this.#scratch = new Float32Array(options.hopSamples);
    const ids = [...set.sessions.keys()];
    this.#snapshotSize = new Map(
      ids.map((a) => [
        a,
        Math.max(0, ...ids.filter((b) => b !== a).map((b) => set.sharedHistory(a, b))),
      ]),
    );
    const largest = Math.max(0, ...this.#snapshotSize.values());
    this.#history = Array.from({ length: HISTORY }, () => new Float32Array(options.hopSamples));
    this.#snapshots = Array.from({ length: SNAPSHOTS }, () => new Float32Array(largest));
    this.#snapshotOwner = this.#snapshots.map(() => undefined);
    this.#codes = new Int32Array(
      Math.max(1, ...ids.map((id) => set.sessions.get(id)!.quantizer.maxCodebooks)),
    );
    this.#voice = options.voice;
    this.#wantedCodebooks = options.voice.codebooks;
    this.#active = this.#session(options.voice.quantizer);
    setCodebooks(this.#active, options.voice.codebooks);
  }

  /** What is heard: changes when a switch is carried out. */
  get voice(): Voice {
    return this.#voice;
  }

  /** Provider of what is heard. */
  get provider(): string {
    return this.#session(this.#voice.quantizer).provider;
  }

  /** Switches carried out. */
  get switches(): number {
    return this.#switches;
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  /** Why the last of them happened. */
  get lastFailure(): ResiduaError | undefined {
    return this.#lastFailure;
  }

  /** Codes of the last hop, one per codebook of the quantizer heard; −1: not in use or not there. */
  codesInto(out: Float32Array): void {
    out.fill(ABSENT_CODE);
    const { codebooks } = this.#voice;
    for (let i = 0; i < codebooks; i++) out[i] = this.#codes[i]!;
  }

  /** Asks for another quantizer or number of codebooks. The last request counts. */
  request({ quantizer, codebooks }: Voice): void {
    if (quantizer === this.#voice.quantizer && this.#active) {
      this.#incoming = undefined;
      this.#wantedCodebooks = codebooks;
    } else if (this.#incoming?.quantizer === quantizer) {
      this.#incoming.codebooks = codebooks;
    } else {
      this.#prepare(quantizer, codebooks, 0);
    }
  }

  /** Pre-rolls by one hop. @returns false when there is nothing to do */
  async background(): Promise<boolean> {
    const incoming = this.#incoming;
    if (!incoming || incoming.next >= this.#hop || this.#hop < incoming.notBefore) return false;
    // Too far behind: continue with what is still there.
    incoming.next = Math.max(incoming.next, this.#hop - HISTORY + 1);
    try {
      await incoming.session.processHop(this.#historyOf(incoming.next), this.#scratch);
      incoming.next += 1;
    } catch (error) {
      this.#incomingFailed(error);
    }
    return true;
  }

  /**
   * One live hop.
   * @param input finite samples
   * @returns false: there is no enhanced sound, play the dry one; `out` holds nothing of use
   */
  async process(input: Float32Array, out: Float32Array): Promise<boolean> {
    this.#remember(input);
    const ok = await this.#run(input, out);
    this.#hop += 1;
    if (ok && ++this.#goodHops >= FORGIVEN_AFTER_HOPS) this.#failuresInRow = 0;
    return ok;
  }

  /** Forgets all sound, keeps what is set; a switch on its way is carried out at once. */
  reset(): void {
    const { quantizer, codebooks } = this.#incoming ?? {
      quantizer: this.#voice.quantizer,
      codebooks: this.#wantedCodebooks,
    };
    this.#incoming = undefined;
    this.#active = this.#session(quantizer);
    this.#active.reset();
    this.#voice = { quantizer, codebooks };
    this.#wantedCodebooks = codebooks;
    setCodebooks(this.#active, codebooks);
    this.#hop = 0;
    this.#failuresInRow = 0;
    this.#codes.fill(ABSENT_CODE);
  }

  async #run(input: Float32Array, out: Float32Array): Promise<boolean> {
    let ok = false;
    if (this.#active) {
      try {
        await this.#runActive(this.#active, input, out);
        ok = true;
      } catch (cause) {
        this.#activeFailed(cause);
      }
    }
    const incoming = this.#incoming;
    if (!incoming || this.#hop < incoming.notBefore) return ok;
    const ready = incoming.next >= this.#hop;
    if (!ready && incoming.waited++ < PATIENCE_HOPS) return ok;
    try {
      // Time is up: at least what the overlap needs.
      for (let k = Math.max(incoming.next, this.#hop - HASTY_HOPS); k < this.#hop; k++) {
        await incoming.session.processHop(this.#historyOf(k), this.#scratch);
      }
      await incoming.session.processHop(input, this.#scratch);
    } catch (cause) {
      this.#incomingFailed(cause);
      return ok;
    }
    if (ok) this.#crossfade(out, this.#scratch);
    else out.set(this.#scratch);
    this.#takeOver(incoming);
    return true;
  }

  async #runActive(session: LiveSession, input: Float32Array, out: Float32Array): Promise<void> {
    if (this.#voice.codebooks === this.#wantedCodebooks) {
      await session.processHop(input, out);
      this.#codes.set(session.lastCodes);
      return;
    }
    const before = this.#voice.codebooks;
    const after = this.#wantedCodebooks;
    const codes = this.#codes.subarray(0, session.quantizer.maxCodebooks);
    session.setCodebooks(Math.max(before, after));
    await session.encodeHop(input, codes);
    this.#decoderStart = copyInto(this.#decoderStart, session.decoderState);
    await session.decodeHop(codes.subarray(0, after), this.#scratch);
    this.#decoderNext = copyInto(this.#decoderNext, session.decoderState);
    session.decoderState.set(this.#decoderStart);
    await session.decodeHop(codes.subarray(0, before), out);
    session.decoderState.set(this.#decoderNext);
    session.setCodebooks(after);
    this.#crossfade(out, this.#scratch);
    this.#voice = { ...this.#voice, codebooks: after };
    this.#switches += 1;
  }

  /** `out` moves to `incoming` over the hop. */
  #crossfade(out: Float32Array, incoming: Float32Array): void {
    const fadeIn = this.#fadeIn;
    for (let i = 0; i < out.length; i++) {
      const old = out[i]!;
      out[i] = old + fadeIn[i]! * (incoming[i]! - old);
    }
  }

  #takeOver({ session, quantizer, codebooks }: Incoming): void {
    this.#active = session;
    this.#voice = { quantizer, codebooks: session.codebooks };
    this.#wantedCodebooks = codebooks;
    this.#incoming = undefined;
    this.#codes.set(session.lastCodes);
    this.#switches += 1;
    this.#goodHops = 0;
  }

  #prepare(quantizer: string, codebooks: number, pauseHops: number): void {
    const session = this.#session(quantizer);
    session.reset();
    setCodebooks(session, codebooks);
    const start = Math.max(0, this.#hop - PREROLL_HOPS);
    const owner = start < this.#hop ? this.#snapshotOwner[start % SNAPSHOTS] : undefined;
    if (owner !== undefined && owner !== quantizer) {
      const shared = this.#set.sharedHistory(owner, quantizer);
      session.encoderState.set(this.#snapshots[start % SNAPSHOTS]!.subarray(0, shared));
    }
    const notBefore = this.#hop + pauseHops;
    const next = pauseHops > 0 ? Math.max(0, notBefore - PREROLL_HOPS) : start;
    this.#incoming = { session, quantizer, codebooks, next, waited: 0, notBefore };
  }

  /** The session heard broke: dry sound, then a fresh start with a pre-roll. */
  #activeFailed(cause: unknown): void {
    const { quantizer } = this.#voice;
    this.#active = undefined;
    this.#codes.fill(ABSENT_CODE);
    if (!this.#incoming) this.#retry(quantizer, this.#wantedCodebooks);
    this.#lastFailure = asResiduaError(cause);
  }

  #incomingFailed(cause: unknown): void {
    const { quantizer, codebooks } = this.#incoming!;
    this.#incoming = undefined;
    if (this.#active) this.#onSwitchFailed(quantizer, cause);
    else this.#retry(quantizer, codebooks);
    this.#lastFailure = asResiduaError(cause);
  }

  #retry(quantizer: string, codebooks: number): void {
    this.#failuresInRow += 1;
    this.#goodHops = 0;
    this.#prepare(quantizer, codebooks, Math.min(MAX_PAUSE_HOPS, 2 ** this.#failuresInRow));
  }

  #session(quantizer: string): LiveSession {
    const session = this.#set.sessions.get(quantizer);
    if (!session) throw new RangeError(`no session for quantizer '${quantizer}'`);
    return session;
  }

  #remember(input: Float32Array): void {
    this.#historyOf(this.#hop).set(input);
    const slot = this.#hop % SNAPSHOTS;
    this.#snapshotOwner[slot] = this.#active && this.#voice.quantizer;
    if (!this.#active) return;
    const size = this.#snapshotSize.get(this.#voice.quantizer)!;
    this.#snapshots[slot]!.set(this.#active.encoderState.subarray(0, size));
  }

  #historyOf(hop: number): Float32Array {
    return this.#history[hop % HISTORY]!;
  }
}

/** A continuous quantizer has none to set. */
function setCodebooks(session: LiveSession, codebooks: number): void {
  if (!isContinuous(session.quantizer)) session.setCodebooks(codebooks);
}

/** @returns `target`, or a longer one, with the values of `source` */
function copyInto(target: Float32Array, source: Float32Array): Float32Array {
  if (target.length !== source.length) return source.slice();
  target.set(source);
  return target;
}

function asResiduaError(cause: unknown): ResiduaError {
  if (cause instanceof ResiduaError) return cause;
  return new ResiduaError('INFERENCE_FAILED', `the codec failed: ${errorMessage(cause)}`, {
    cause,
  });
}
