/**
 * The fixed linear transforms of the codec, as matrices (row vector × matrix), so that the trainer and the
 * exported graphs use the very same numbers.
 *
 * A frame is `windowSamples` = 2 · `hopSamples` long. The sine window w satisfies Princen–Bradley
 * (w²[n] + w²[n + hop] = 1), so it serves the STFT and the MDCT alike: a windowed frame that goes
 * STFT → mask → inverse DFT → MDCT → inverse MDCT → window → overlap-add comes back exactly when the mask is 1.
 * MDCT: Princen, Johnson, Bradley, "Subband/transform coding using filter bank designs based on time domain
 * aliasing cancellation", ICASSP 1987.
 */
export interface Transforms {
  windowSamples: number;
  hopSamples: number;
  /** Number of DFT bins, windowSamples / 2 + 1. */
  bins: number;
  /** [window, 2·bins]: windowed frame → unitary half spectrum, real parts then imaginary parts. */
  analysis: Float32Array;
  /** [2·bins, hop]: half spectrum → orthonormal MDCT coefficients of the frame it stands for. */
  spectrumToMdct: Float32Array;
  /** [hop, window]: MDCT coefficients → windowed frame, ready to overlap-add. */
  synthesis: Float32Array;
}

/** Sine window, symmetric about the middle of the frame. */
export function sineWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => Math.sin((Math.PI * (n + 0.5)) / length));
}

/** @throws RangeError unless hopSamples is an even positive integer. */
export function createTransforms(hopSamples: number): Transforms {
  if (!Number.isInteger(hopSamples) || hopSamples <= 0 || hopSamples % 2 !== 0) {
    throw new RangeError(`hopSamples must be an even positive integer, got ${hopSamples}`);
  }
  const windowSamples = 2 * hopSamples;
  const bins = hopSamples + 1;
  const window = sineWindow(windowSamples);

  const analysis = new Float32Array(windowSamples * 2 * bins);
  const scale = 1 / Math.sqrt(windowSamples);
  for (let n = 0; n < windowSamples; n++) {
    for (let k = 0; k < bins; k++) {
      const angle = (2 * Math.PI * ((n * k) % windowSamples)) / windowSamples;
      const w = window[n]! * scale;
      analysis[n * 2 * bins + k] = w * Math.cos(angle);
      analysis[n * 2 * bins + bins + k] = -w * Math.sin(angle);
    }
  }

  // MDCT basis: sqrt(2/N) cos(π/N (n + 1/2 + N/2)(k + 1/2)), N = hop.
  const mdct = new Float64Array(windowSamples * hopSamples);
  const mdctScale = Math.sqrt(2 / hopSamples);
  for (let n = 0; n < windowSamples; n++) {
    for (let k = 0; k < hopSamples; k++) {
      mdct[n * hopSamples + k] =
        mdctScale * Math.cos((Math.PI / hopSamples) * (n + 0.5 + hopSamples / 2) * (k + 0.5));
    }
  }

  const spectrumToMdct = new Float32Array(2 * bins * hopSamples);
  for (let b = 0; b < bins; b++) {
    const weight = (b === 0 || b === bins - 1 ? 1 : 2) * scale;
    for (let k = 0; k < hopSamples; k++) {
      let real = 0;
      let imaginary = 0;
      for (let n = 0; n < windowSamples; n++) {
        const angle = (2 * Math.PI * ((n * b) % windowSamples)) / windowSamples;
        real += weight * Math.cos(angle) * mdct[n * hopSamples + k]!;
        imaginary -= weight * Math.sin(angle) * mdct[n * hopSamples + k]!;
      }
      spectrumToMdct[b * hopSamples + k] = real;
      spectrumToMdct[(bins + b) * hopSamples + k] = imaginary;
    }
  }

  const synthesis = new Float32Array(hopSamples * windowSamples);
  for (let k = 0; k < hopSamples; k++) {
    for (let n = 0; n < windowSamples; n++) {
      synthesis[k * windowSamples + n] = window[n]! * mdct[n * hopSamples + k]!;
    }
  }
  return { windowSamples, hopSamples, bins, analysis, spectrumToMdct, synthesis };
}
