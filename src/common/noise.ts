/**
 * Repeatable noise for measuring and warming up: the generator of Park and Miller ("Random number generators: good
 * ones are hard to find", CACM 1988) with multiplier 48271.
 * @returns gives the next value, uniform between −1 and 1
 */
export function uniformNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 1_073_741_824 - 1;
  };
}
