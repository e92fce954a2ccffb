/**
 * Sizes of the wide-band PESQ algorithm at 16 kHz (ITU-T P.862 section 10, P.862.2). Three time
 * grids are in use: samples, 4 ms blocks for speech activity and coarse delays, and 32 ms frames
 * with half overlap for the perceptual model.
 */
export const SAMPLE_RATE = 16000;

/** One block of the activity envelope, 4 ms. */
export const BLOCK_SAMPLES = 64;
/** Silence added before and behind each signal so that windows can be searched over its edges. */
export const GUARD_BLOCKS = 75;
export const GUARD_SAMPLES = GUARD_BLOCKS * BLOCK_SAMPLES;
/** More silence at the very end, 320 ms, for delayed signals to run out in. */
export const TAIL_SAMPLES = 5120;
/** Shortest utterance that gets a delay of its own. */
export const MIN_UTTERANCE_BLOCKS = 50;

/** Window of the fine delay search, 64 ms, moved by a quarter. */
export const ALIGN_WINDOW = 1024;
export const ALIGN_HOP = ALIGN_WINDOW / 4;

/** Frame of the perceptual model, 32 ms, and its hop. */
export const FRAME_SAMPLES = 512;
export const FRAME_HOP = FRAME_SAMPLES / 2;

/** The Recommendation limits a recording to this many utterances; splitting stops there. */
export const MAX_UTTERANCES = 50;

/** Periodic Hann window, as both the delay search and the perceptual model use it. */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
  );
}
