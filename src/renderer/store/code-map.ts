import type { Telemetry } from '../../ipc/live.ts';

/** Cells that the entries of a codebook are shown in; codebooks are larger than that is wide in pixels. */
export const MAP_CELLS = 64;
/** Share of its heat a cell keeps from one telemetry to the next (20 a second): half is gone in 1.7 s. */
const KEPT = 0.98;

/** Which parts of each codebook were used of late: a heat per cell that a code lights and time dims. */
export class CodeMap {
  readonly #sizeOf: (quantizer: string) => number;
  #quantizer = '';
  /** [codebook][cell], 0…1. */
  heat: Float32Array<ArrayBuffer>[] = [];
  /** Newest code of each codebook; −1: not in use. */
  codes: number[] = [];
  /** Entries of a codebook. */
  size = 0;

  /** @param sizeOf entries of a codebook of each quantizer, which telemetry does not carry; 0: unknown */
  constructor(sizeOf: (quantizer: string) => number) {
    this.#sizeOf = sizeOf;
  }

  push({ heard, codebooks }: Pick<Telemetry, 'heard' | 'codebooks'>): void {
    if (heard.quantizer !== this.#quantizer || codebooks.length !== this.heat.length) {
      this.#quantizer = heard.quantizer;
      this.heat = codebooks.map(() => new Float32Array(MAP_CELLS));
    }
    this.size = this.#sizeOf(heard.quantizer);
    this.codes = codebooks.map(({ lastCode }) => lastCode);
    this.heat.forEach((cells, i) => {
      for (let c = 0; c < MAP_CELLS; c++) cells[c]! *= KEPT;
      const code = this.codes[i]!;
      if (code >= 0 && code < this.size) {
        cells[Math.floor((code * MAP_CELLS) / this.size)] = 1;
      }
    });
  }
}
