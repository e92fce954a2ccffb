/**
 * The rate filters of the live chain: 24 zero crossings and an 80 dB stop band, which is a delay of 1.5 ms on
 * each side of a 16 kHz model, flat to 6.3 kHz and 6 dB down at 7.2 kHz. Files use 64 crossings (4 ms, flat to
 * 7.1 kHz); live the 5 ms saved count for more than the last octave's edge, where speech has −40 dB.
 */
export const LIVE_FILTER = { zeroCrossings: 24, stopbandDb: 80 } as const;
