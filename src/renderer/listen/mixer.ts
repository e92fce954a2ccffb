import { Fader } from './fader.ts';

/**
 * Alternatives of one sound on the audio graph: all run at the same time, sample by sample beside each other, and a
 * switch moves two gains.
 *
 * ```
 * source ─► switch ─► level ─┐
 * source ─► switch ─► level ─┼─► master ─► destination
 * ```
 */

/** A switch, s: long enough not to click, short enough to feel instant. */
export const SWITCH_S = 0.015;
/** Where the sound jumps: start, stop, seam of a loop, s. */
export const FADE_S = 0.006;

/**
 * - `crossfade`: alternatives are alike, so gains that add up to one keep the level. - `silence`: out and in again,
 * the same whatever is switched, so that a blind test cannot be passed by listening to the switch itself.
 */
export type Transition = 'crossfade' | 'silence';

interface Bus {
  readonly nodes: readonly [GainNode, GainNode];
  readonly change: Fader;
  readonly level: Fader;
  readonly sources: Set<AudioBufferSourceNode>;
}

export class Mixer {
  readonly #context: BaseAudioContext;
  readonly #master: GainNode;
  readonly #masterFader: Fader;
  readonly #buses = new Map<string, Bus>();
  #selected: string | null = null;

  constructor(context: BaseAudioContext, destination: AudioNode) {
    this.#context = context;
    this.#master = context.createGain();
    this.#masterFader = new Fader(this.#master.gain, 1);
    this.#master.connect(destination);
  }

  get selected(): string | null {
    return this.#selected;
  }

  /** Adds a silent alternative. @param gain linear, see {@link setGain} */
  add(key: string, gain: number): void {
    const change = this.#context.createGain();
    const level = this.#context.createGain();
    change.connect(level).connect(this.#master);
    this.#buses.set(key, {
      nodes: [change, level],
      change: new Fader(change.gain, key === this.#selected ? 1 : 0),
      level: new Fader(level.gain, gain),
      sources: new Set(),
    });
  }

  remove(key: string): void {
    const bus = this.#buses.get(key);
    if (bus === undefined) return;
    this.#buses.delete(key);
    for (const source of bus.sources) source.stop();
    for (const node of bus.nodes) node.disconnect();
  }

  /** Loudness of one alternative, linear; moves there over {@link SWITCH_S}. */
  setGain(key: string, gain: number, atTime: number): void {
    this.#buses.get(key)?.level.move([gain], atTime, SWITCH_S);
  }

  /** Lets `key` be heard from `atTime` on, and nothing else. It need not exist yet. */
  select(key: string, transition: Transition, atTime: number): void {
    this.#selected = key;
    for (const [other, { change }] of this.#buses) {
      const target = other === key ? 1 : 0;
      change.move(transition === 'silence' ? [0, target] : [target], atTime, SWITCH_S);
    }
  }

  /**
   * Plays `samples` on alternative `key` from `atTime` on; with `offset` as if they had begun earlier.
   * @param fades whether the first and the last {@link FADE_S} rise and fall
   */
  play(
    key: string,
    samples: Float32Array<ArrayBuffer>,
    fades: { readonly in: boolean; readonly out: boolean },
    atTime: number,
    offset = 0,
  ): void {
    const bus = this.#buses.get(key);
    if (bus === undefined || samples.length === 0) return;
    const buffer = this.#context.createBuffer(1, samples.length, this.#context.sampleRate);
    const data = buffer.getChannelData(0);
    data.set(samples);
    fade(data, Math.round(FADE_S * this.#context.sampleRate), fades);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(bus.nodes[0]);
    source.onended = () => {
      source.disconnect();
      bus.sources.delete(source);
    };
    bus.sources.add(source);
    source.start(atTime, offset);
  }

  /** Fades out until `atTime`, and plays nothing of what was handed over so far from then on. */
  stop(atTime: number, isFaded: boolean): void {
    if (isFaded) {
      this.#masterFader.move([0], atTime - FADE_S, FADE_S);
      this.#masterFader.jump(1, atTime);
    }
    for (const { sources } of this.#buses.values()) {
      for (const source of sources) source.stop(atTime);
    }
  }

  dispose(): void {
    for (const key of [...this.#buses.keys()]) this.remove(key);
    this.#master.disconnect();
  }
}

function fade(
  data: Float32Array,
  frames: number,
  fades: { readonly in: boolean; readonly out: boolean },
): void {
  const length = Math.min(frames, data.length >> 1);
  for (let i = 0; i < length; i++) {
    const gain = (i + 0.5) / length;
    if (fades.in) data[i]! *= gain;
    if (fades.out) data[data.length - 1 - i]! *= gain;
  }
}
