import type { SoundSource } from './sound-source.ts';

/** Pieces of one sound, kept while they are of use. */
export class PieceStore {
  readonly #source: SoundSource;
  readonly #pieceFrames: number;
  readonly #totalFrames: number;
  /** How many pieces are kept; the one used longest ago goes first. */
  readonly #capacity: number;
  readonly #pieces = new Map<number, Float32Array<ArrayBuffer>>();
  readonly #loading = new Map<number, Promise<Float32Array<ArrayBuffer>>>();

  constructor(source: SoundSource, pieceFrames: number, totalFrames: number, capacity: number) {
    this.#source = source;
    this.#pieceFrames = pieceFrames;
    this.#totalFrames = totalFrames;
    this.#capacity = capacity;
  }

  get pieceCount(): number {
    return Math.ceil(this.#totalFrames / this.#pieceFrames);
  }

  /** @returns the piece if it is here */
  get(index: number): Float32Array<ArrayBuffer> | undefined {
    const piece = this.#pieces.get(index);
    if (piece !== undefined) {
      this.#pieces.delete(index);
      this.#pieces.set(index, piece);
    }
    return piece;
  }

  /**
   * @returns piece `index`, of the full length but for the last one of the sound: an answer that is too short ends
   * in silence, so that alternatives of slightly unequal length stay together
   */
  async load(index: number): Promise<Float32Array<ArrayBuffer>> {
    const ready = this.get(index);
    if (ready !== undefined) return ready;
    let loading = this.#loading.get(index);
    if (loading === undefined) {
      loading = this.#read(index).finally(() => this.#loading.delete(index));
      this.#loading.set(index, loading);
    }
    return loading;
  }

  async loadAll(): Promise<void> {
    for (let index = 0; index < this.pieceCount; index++) await this.load(index);
  }

  /** Greatest magnitude in the pieces that are here. */
  peak(): number {
    let peak = 0;
    for (const piece of this.#pieces.values()) {
      for (const sample of piece) peak = Math.max(peak, Math.abs(sample));
    }
    return peak;
  }

  async #read(index: number): Promise<Float32Array<ArrayBuffer>> {
    const start = index * this.#pieceFrames;
    const piece = new Float32Array(Math.min(this.#pieceFrames, this.#totalFrames - start));
    for (let filled = 0; filled < piece.length;) {
      const samples = await this.#source.read(start + filled, piece.length - filled);
      if (samples.length === 0) break;
      piece.set(samples.subarray(0, piece.length - filled), filled);
      filled += samples.length;
    }
    this.#pieces.set(index, piece);
    for (const oldest of this.#pieces.keys()) {
      if (this.#pieces.size <= this.#capacity) break;
      this.#pieces.delete(oldest);
    }
    return piece;
  }
}
