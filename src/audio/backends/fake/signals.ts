/**
 * Sound in front of a simulated microphone.
 * Fills `out` (interleaved) with the frames from `startFrame` on, counted on the device's own clock since
 * the stream started.
 * @param firstFrameAtMs when the first of them is in the air, on the back end's clock
 */
export type Signal = (
  out: Float32Array,
  startFrame: number,
  channels: number,
  sampleRateHz: number,
  firstFrameAtMs: number,
) => void;

export const silence: Signal = (out) => void out.fill(0);

/** The same sine in every channel. @param amplitude 0..1 */
export function sine(frequencyHz: number, amplitude = 0.5): Signal {
  return (out, startFrame, channels, sampleRateHz) => {
    // Whole turns are taken off first: after hours the bare product would lose precision.
    const turnsPerFrame = frequencyHz / sampleRateHz;
    const startTurns = (startFrame * turnsPerFrame) % 1;
    for (let i = 0, at = 0; at < out.length; i++) {
      const value = amplitude * Math.sin(2 * Math.PI * (startTurns + i * turnsPerFrame));
      for (let c = 0; c < channels; c++) out[at++] = value;
    }
  };
}

/** One sample of `amplitude` in every channel, each time a multiple of `everyFrames` comes by. */
export function clicks(everyFrames: number, amplitude = 1): Signal {
  return (out, startFrame, channels) => {
    out.fill(0);
    const frames = out.length / channels;
    const first = (everyFrames - (startFrame % everyFrames)) % everyFrames;
    for (let i = first; i < frames; i += everyFrames) {
      out.fill(amplitude, i * channels, (i + 1) * channels);
    }
  };
}

/** A recording, the same in every channel, silence after its end. */
export function recording(samples: Float32Array): Signal {
  return (out, startFrame, channels) => {
    for (let i = 0, at = 0; at < out.length; i++) {
      const value = samples[startFrame + i] ?? 0;
      for (let c = 0; c < channels; c++) out[at++] = value;
    }
  };
}

/** Each frame carries its own number, so that lost or doubled frames show. Exact below 2^24 frames. */
export const frameNumbers: Signal = (out, startFrame, channels) => {
  for (let i = 0, at = 0; at < out.length; i++) {
    for (let c = 0; c < channels; c++) out[at++] = startFrame + i;
  }
};
