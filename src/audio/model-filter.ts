/**
 * The filters that take sound to the model's rate and back.
 *
 * −6 dB lie a little below the model's Nyquist frequency, so some of what is just above it folds back into the very
 * top. That is the better choice: with a stop band that begins at Nyquist the response falls from 6.3 kHz (live) or
 * 7.2 kHz (files) on, and the model, which learned from sound with a full top octave, then loses SI-SDR: live 0.3 to
 * 1.9 dB on the demo's recordings, files 0.5 to 1.7 dB on three of the test set taken to 48 kHz.
 */

/** Live: 24 zero crossings, a delay of 1.5 ms on each side of a 16 kHz model. */
export const LIVE_FILTER = { zeroCrossings: 24, stopbandDb: 80, cutoff: 0.97 } as const;

/** Files, where delay costs nothing: 64 zero crossings. */
export const FILE_FILTER = { zeroCrossings: 64, stopbandDb: 80, cutoff: 0.985 } as const;
