/** One recording found on disk, not opened yet. */
export interface CorpusFile {
  /** Absolute path, or relative to the working directory as the corpus's folder was. */
  path: string;
  /** Collection within the corpus (e.g. `librispeech`, `esc10`); short clips are joined within it. */
  source: string;
  /** Reader, when the corpus names one. */
  speaker?: string;
}

/** A noisy recording and the same utterance clean, same length and timing. */
export interface CorpusPair {
  noisy: string;
  clean: string;
  source: string;
}

/** What a corpus loader found. */
export interface CorpusListing {
  format: string;
  speech: CorpusFile[];
  noise: CorpusFile[];
  pairs: CorpusPair[];
}

/** Knows one corpus's layout on disk. */
export interface CorpusLoader {
  /** Name used in a configuration. */
  format: string;
  /** The layout in words, for messages. */
  layout: string;
  /** Whether the folder looks like this corpus. */
  matches(dir: string): boolean;
  /** Lists what may be trained on: never the corpus's own test or development parts. */
  list(dir: string): CorpusListing;
}

/** A folder of recordings to train on. */
export interface CorpusSpec {
  /** The corpus's folder. */
  path: string;
  /** Layout; found from the folder's contents when absent or `auto`. */
  format?: string;
  /** Multiplies how often this corpus is drawn, against the other corpora. Default 1. */
  weight?: number;
  /** Multiplies how often an hour of a source's speech is drawn; default 1 for each source. */
  speechWeights?: Readonly<Record<string, number>>;
  /** The same for noise. */
  noiseWeights?: Readonly<Record<string, number>>;
}
