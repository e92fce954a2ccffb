import type { SpectrogramHistory } from '../store/spectrogram-history.ts';
import { colorIndex, magma } from './colormap.ts';

/** Colour of a level, from its byte in the history. */
const COLORS = (() => {
  const colors = magma();
  return Uint32Array.from({ length: 256 }, (_, byte) => colors[colorIndex(byte)]!);
})();

interface Tile {
  readonly canvas: HTMLCanvasElement;
  /** Which stretch of columns is on it; −1: none. */
  index: number;
}

/**
 * Scrolls a spectrogram without drawing it anew: two tiles, each as wide as the window of time, take new columns as
 * they come (20 times a second), and are moved by the compositor at every frame. One pixel of a tile is one value;
 * the compositor scales it to the screen.
 */
export class SpectrogramTiles {
  readonly #tiles: readonly [Tile, Tile];
  readonly #shownMs: number;
  /** Columns of a tile, but for one more at its right: the first of the next, so that no seam shows. */
  #width = 0;
  #bins = 0;
  #column: ImageData | undefined;
  #pixels = new Uint32Array(0);
  /** Columns painted so far. */
  #painted = 0;

  /** @param shownMs time across */
  constructor(canvases: readonly [HTMLCanvasElement, HTMLCanvasElement], shownMs: number) {
    this.#tiles = [
      { canvas: canvases[0], index: -1 },
      { canvas: canvases[1], index: -1 },
    ];
    this.#shownMs = shownMs;
  }

  /** @param head column at the right edge, see `Scroll` */
  show(history: SpectrogramHistory, side: 'input' | 'output', head: number): void {
    if (history.columnMs === 0) return;
    this.#fit(history);
    this.#paint(history, side);
    for (const { canvas, index } of this.#tiles) {
      const left = index < 0 ? -2 : index + 1 - head / this.#width;
      // In parts of its own width, which is one column more than the window's.
      const percent = (100 * left * this.#width) / (this.#width + 1);
      canvas.style.transform = `translateX(${percent.toFixed(3)}%)`;
    }
  }

  #fit({ bins, columnMs, written }: SpectrogramHistory): void {
    const width = Math.max(1, Math.round(this.#shownMs / columnMs));
    const isNew = width !== this.#width || bins !== this.#bins;
    if (!isNew && written >= this.#painted) return;
    this.#width = width;
    this.#bins = bins;
    this.#painted = 0;
    this.#column = new ImageData(1, bins);
    this.#pixels = new Uint32Array(this.#column.data.buffer);
    for (const tile of this.#tiles) {
      tile.index = -1;
      tile.canvas.width = width + 1;
      tile.canvas.height = bins;
      tile.canvas.style.width = `${(100 * (width + 1)) / width}%`;
    }
  }

  #paint(history: SpectrogramHistory, side: 'input' | 'output'): void {
    const { capacity, written } = history;
    const ring = history[side];
    const bins = this.#bins;
    // What is too old to be seen, or not in the ring any more, is left out.
    const oldest = written - Math.min(capacity, this.#width + 1);
    this.#painted = Math.max(this.#painted, oldest, 0);
    for (; this.#painted < written; this.#painted++) {
      const from = (this.#painted % capacity) * bins;
      for (let b = 0; b < bins; b++) this.#pixels[bins - 1 - b] = COLORS[ring[from + b]!]!;
      const index = Math.floor(this.#painted / this.#width);
      const x = this.#painted % this.#width;
      this.#put(index, x);
      if (x === 0 && index > 0) this.#put(index - 1, this.#width);
    }
  }

  #put(index: number, x: number): void {
    const tile = this.#tiles[index % 2]!;
    const context = tile.canvas.getContext('2d')!;
    if (tile.index > index) return;
    if (tile.index !== index) {
      tile.index = index;
      context.clearRect(0, 0, tile.canvas.width, tile.canvas.height);
    }
    context.putImageData(this.#column!, x, 0);
  }
}
