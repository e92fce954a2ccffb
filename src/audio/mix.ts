/**
 * Blends the enhanced signal with the untouched one, both aligned in time.
 * @param dry unprocessed samples
 * @param wet enhanced samples, as many; overwritten with the result
 * @param mix 0 (dry only) to 1 (wet only)
 */
export function mixInto(dry: Float32Array, wet: Float32Array, mix: number): void {
  if (dry.length !== wet.length) {
    throw new RangeError(`cannot mix ${dry.length} with ${wet.length} samples`);
  }
  if (mix === 1) return;
  for (let i = 0; i < wet.length; i++) wet[i] = dry[i]! + mix * (wet[i]! - dry[i]!);
}
