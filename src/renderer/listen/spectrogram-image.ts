import type { SpectrogramImage } from '../../ipc/app/media.ts';
import { CEILING_DB, FLOOR_DB, magma } from '../live/colormap.ts';

/** Of `SpectrogramImage`: 0 is this, 255 is 0 dBFS. */
const LOWEST_DB = -90;

/** @returns index of the colour of each level, in the range that the live view colours */
function colorIndices(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, level) => {
    const db = LOWEST_DB * (1 - level / 255);
    const share = (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
    return Math.max(0, Math.min(255, Math.round(share * 255)));
  });
}

/** @returns pixels, row 0 at the top being the highest frequency, as `ImageData` wants them */
export function spectrogramPixels({
  columns,
  rows,
  levels,
}: SpectrogramImage): Uint8ClampedArray<ArrayBuffer> {
  const colors = magma();
  const indices = colorIndices();
  const pixels = new Uint32Array(columns * rows);
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < rows; y++) {
      const level = levels[x * rows + y] ?? 0;
      pixels[(rows - 1 - y) * columns + x] = colors[indices[level]!]!;
    }
  }
  return new Uint8ClampedArray(pixels.buffer);
}
