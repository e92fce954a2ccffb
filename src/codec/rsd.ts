/**
 * `.rsd`, the code stream that `encode` writes and `decode` reads: a self-describing header and packets
 * of integer codes, each with its own sync word, number and CRC-32, so that damage costs the packets it
 * hits and no others. docs/rsd-format.md is the full description; in short (little-endian):
 *
 *     header   "RSD" 0x1A · version 1 · flags · length · rates, sizes, sample counts
 *              · SHA-256 of the decoder graph · model id, version, quantizer · CRC-32
 *     packet   "Rp" · index u32 · frames u8 · codes, most significant bit first · CRC-32      (repeated)
 */
export {
  encodeRsdHeader,
  parseRsdHeader,
  rsdHeaderFor,
  RSD_VERSION,
  totalFrames,
} from './rsd-header.ts';
export type { RsdHeader, RsdStreamOptions } from './rsd-header.ts';
export { RsdWriter } from './rsd-writer.ts';
export { matchRsdModel, openRsd, readRsd } from './rsd-reader.ts';
export type { RsdBlock, RsdReadOptions, RsdStream } from './rsd-reader.ts';
