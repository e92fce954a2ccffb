/**
 * The rate filters of the live chain: 24 zero crossings, which is a delay of 1.5 ms on each side of a 16 kHz
 * model (files use 64, 4 ms), and an 80 dB stop band.
 *
 * −6 dB lie at 97 % of the model's Nyquist frequency, so a little of what is just above it folds back into
 * the top 5 %. That is the better choice: with the stop band beginning at Nyquist the response falls from
 * 6.3 kHz on, and the model, which learned from sound with a full top octave, then loses 0.3 to 1.9 dB SI-SDR on
 * the demo's recordings; so it is 0 to 0.4 dB.
 */
export const LIVE_FILTER = { zeroCrossings: 24, stopbandDb: 80, cutoff: 0.97 } as const;
