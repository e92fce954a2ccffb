import type { SampleHealth } from '../audio/reader.ts';

/** What whoever works on a file may want to know and do meanwhile. */
export interface FileWork {
  /**
   * @param done seconds of sound that have passed
   * @param total seconds in all; `undefined` where the file does not say
   * @param share of the work that is done, 0..1; from the bytes read where there is no `total`
   */
  readonly onProgress?: (done: number, total: number | undefined, share: number) => void;
  /** Ends the work between two blocks; what was written is removed. */
  readonly signal?: AbortSignal;
}

/** What was wrong with samples on the way. */
export interface FileHealth extends SampleHealth {
  /** Samples of the output beyond full scale, which an integer format had to clip. */
  readonly outputClipped: number;
}
