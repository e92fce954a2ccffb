import { interpolateMagma } from 'd3-scale-chromatic';

/** Range that is coloured, dB relative to full scale: below is black, above the brightest. */
export const FLOOR_DB = -90;
export const CEILING_DB = -10;

/**
 * Perceptually uniform (magma): equal steps in dB look equally large, also printed in grey and to people who do
 * not tell red from green.
 * @returns 256 colours as bytes of RGBA in memory order
 */
export function magma(): Uint32Array<ArrayBuffer> {
  const colors = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const hex = Number.parseInt(interpolateMagma(i / 255).slice(1), 16);
    colors.set([hex >> 16, (hex >> 8) & 255, hex & 255, 255], i * 4);
  }
  return new Uint32Array(colors.buffer);
}

/** @param byte dB + 120, as `SpectrogramHistory` keeps it. @returns index of its colour */
export function colorIndex(byte: number): number {
  const share = (byte - 120 - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
  return Math.max(0, Math.min(255, Math.round(share * 255)));
}
