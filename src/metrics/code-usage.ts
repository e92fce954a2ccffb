import { ResiduaError } from '../common/errors.ts';

export interface CodebookUsage {
  /** Share of the codebook's entries used at least once, 0..1. */
  usage: number;
  /** 2 to the entropy: how many equally likely entries carry the same information, 0..size. */
  perplexity: number;
  /** Entropy of the codes in bits: what an ideal entropy coder would spend per code. */
  effectiveBits: number;
  /** How often each entry was used, length = size. */
  histogram: Uint32Array;
  /** Number of codes counted (absent ones, -1, are not). */
  count: number;
}

/**
 * How much of a codebook a stream of code indices uses (perplexity as in van den Oord et al., 2017).
 * The value -1 marks an absent code (unused stage, lost packet) and is not counted.
 *
 * @param codes indices of one codebook, each -1 or 0..size-1
 * @param size number of entries of the codebook
 * @returns zero usage, perplexity and bits when no code was present
 * @throws ResiduaError CODE_SIZE (size is not a positive integer), CODE_RANGE (an index is outside)
 */
export function codebookUsage(codes: ArrayLike<number>, size: number): CodebookUsage {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new ResiduaError(
      'CODE_SIZE',
      `code usage: codebook size must be a positive integer, got ${size}`,
      { hint: 'read the size from the model manifest' },
    );
  }
  const histogram = new Uint32Array(size);
  let count = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === -1) continue;
    if (!Number.isInteger(code) || code < 0 || code >= size) {
      throw new ResiduaError(
        'CODE_RANGE',
        `code usage: code ${i} is ${code}, outside 0..${size - 1}`,
        { hint: 'give the codes of one codebook and its own size' },
      );
    }
    histogram[code]!++;
    count++;
  }
  let used = 0;
  let entropyBits = 0;
  for (let i = 0; i < size; i++) {
    const n = histogram[i]!;
    if (n === 0) continue;
    used++;
    entropyBits -= (n / count) * Math.log2(n / count);
  }
  return {
    usage: used / size,
    perplexity: count === 0 ? 0 : 2 ** entropyBits,
    effectiveBits: Math.max(0, entropyBits),
    histogram,
    count,
  };
}
