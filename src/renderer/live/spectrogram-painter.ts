import type { SpectrogramHistory } from '../store/spectrogram-history.ts';
import { colorIndex, magma } from './colormap.ts';

export interface SpectrogramWords {
  seconds(value: number): string;
  readonly now: string;
  khz(value: number): string;
}

export interface SpectrogramPicture {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly history: SpectrogramHistory;
  readonly side: 'input' | 'output';
  /** Column at the right edge, see `Scroll`. */
  readonly head: number;
  /** Time across, s. */
  readonly seconds: number;
}

const AXIS_PX = 16;
const INK = 'rgb(255 255 255 / 78%)';
const GRID = 'rgb(255 255 255 / 13%)';
const GROUND = '#050308';

/** Draws one spectrogram: new columns go into a picture of its own once, and each frame shows a part of that. */
export class SpectrogramPainter {
  readonly #topHz: number;
  readonly #words: SpectrogramWords;
  readonly #colors = magma();
  #picture: HTMLCanvasElement | undefined;
  #column: ImageData | undefined;
  /** Columns painted so far. */
  #painted = 0;

  /** @param topHz at the upper edge */
  constructor(topHz: number, words: SpectrogramWords) {
    this.#topHz = topHz;
    this.#words = words;
  }

  draw(context: CanvasRenderingContext2D, picture: SpectrogramPicture): void {
    const { width, height, history } = picture;
    const plotHeight = height - AXIS_PX;
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    if (history.capacity > 0) {
      this.#paintNew(history, picture.side);
      this.#show(context, picture, plotHeight);
    }
    this.#drawAxes(context, picture, plotHeight);
  }

  #paintNew(history: SpectrogramHistory, side: 'input' | 'output'): void {
    const { bins, capacity, written } = history;
    if (this.#picture?.width !== capacity || this.#picture.height !== bins) {
      this.#picture = document.createElement('canvas');
      this.#picture.width = capacity;
      this.#picture.height = bins;
      this.#column = new ImageData(1, bins);
      this.#painted = 0;
    }
    if (this.#painted > written) this.#painted = 0;
    this.#painted = Math.max(this.#painted, written - capacity);
    if (this.#painted === written) return;
    const context = this.#picture.getContext('2d')!;
    const column = this.#column!;
    const pixels = new Uint32Array(column.data.buffer);
    const ring = history[side];
    for (; this.#painted < written; this.#painted++) {
      const x = this.#painted % capacity;
      for (let b = 0; b < bins; b++) {
        pixels[bins - 1 - b] = this.#colors[colorIndex(ring[x * bins + b]!)]!;
      }
      context.putImageData(column, x, 0);
    }
  }

  #show(context: CanvasRenderingContext2D, picture: SpectrogramPicture, plotHeight: number): void {
    const { width, history, head, seconds } = picture;
    const { capacity, bins, columnMs, written } = history;
    const across = (seconds * 1000) / columnMs;
    const perColumn = width / across;
    const oldest = Math.max(0, written - capacity + 1);
    // Whole runs of columns that lie side by side in the ring.
    let from = Math.max(oldest, head - across);
    while (from < head) {
      const x = from % capacity;
      const count = Math.min(head - from, capacity - x);
      const left = width - (head - from) * perColumn;
      context.drawImage(this.#picture!, x, 0, count, bins, left, 0, count * perColumn, plotHeight);
      from += count;
    }
  }

  #drawAxes(
    context: CanvasRenderingContext2D,
    picture: SpectrogramPicture,
    plotHeight: number,
  ): void {
    const { width, seconds } = picture;
    context.font = '10px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const stepHz = this.#topHz > 12_000 ? 4000 : 2000;
    for (let hz = stepHz; hz < this.#topHz; hz += stepHz) {
      const y = Math.round(plotHeight * (1 - hz / this.#topHz)) + 0.5;
      context.fillStyle = GRID;
      context.fillRect(0, y, width, 1);
      context.fillStyle = INK;
      context.fillText(this.#words.khz(hz / 1000), 4, y - 6);
    }
    context.textBaseline = 'alphabetic';
    for (let s = 0; s < seconds; s += 2) {
      const x = width * (1 - s / seconds);
      context.fillStyle = GRID;
      if (s > 0) context.fillRect(Math.round(x), 0, 1, plotHeight);
      context.fillStyle = INK;
      context.textAlign = s === 0 ? 'right' : 'center';
      const text = s === 0 ? this.#words.now : this.#words.seconds(s);
      context.fillText(text, s === 0 ? width - 4 : x, plotHeight + 12);
    }
  }
}
