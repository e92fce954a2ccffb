/** Conversions between the units that names in this project carry (`Ms`, `Samples`, `Hz`, `Db`, `Kbps`). */

/** @returns the nearest whole number of samples that lasts `ms` at `sampleRateHz`. */
export function msToSamples(ms: number, sampleRateHz: number): number {
  return Math.round((ms * sampleRateHz) / 1000);
}

/** @returns how long `samples` last at `sampleRateHz`, in ms. */
export function samplesToMs(samples: number, sampleRateHz: number): number {
  return (samples * 1000) / sampleRateHz;
}

/** @returns the amplitude factor of a level in dB (20 log10). */
export function dbToGain(db: number): number {
  return 10 ** (db / 20);
}

/** @returns the level in dB of an amplitude factor; −Infinity for 0. */
export function gainToDb(gain: number): number {
  return 20 * Math.log10(gain);
}

/** @returns the level in dB of a power ratio (10 log10); −Infinity for 0. */
export function powerToDb(power: number): number {
  return 10 * Math.log10(power);
}

/**
 * Bitrate of a code stream.
 * @param codebooks codebooks in use, each one code per hop
 * @param bitsPerCodebook log2 of the codebook size
 * @param hopSamples samples per hop at `sampleRateHz`
 * @returns kbit/s (1000 bit)
 */
export function bitrateKbps(
  codebooks: number,
  bitsPerCodebook: number,
  hopSamples: number,
  sampleRateHz: number,
): number {
  // One rounding only, so that 100 frames/s x 10 bits is 1 and not 1.0000000000000002.
  return (codebooks * bitsPerCodebook * sampleRateHz) / (hopSamples * 1000);
}
