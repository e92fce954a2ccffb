/** What the WASM decoders return for one piece of input. */
export interface DecodedPiece {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: readonly { message: string }[];
}

/**
 * Runs one decoder call with `console.error` held back: the decoder libraries print every fault
 * they meet, and the reader reports it once, as a typed error.
 */
export async function quietly<T>(call: () => T | Promise<T>): Promise<T> {
  const original = console.error;
  console.error = () => {};
  try {
    return await call();
  } finally {
    console.error = original;
  }
}
