/** Finds a known sound in a recording that was made around it. */

/**
 * @param heard recording, longer than `sent`
 * @param sent what was played
 * @param rateHz of both
 * @returns the lag, in samples, at which `sent` lies in `heard`: where a second of its loudest part correlates best
 */
export function findLag(heard: Float32Array, sent: Float32Array, rateHz: number): number {
  // Coarse at a low rate, then exact around the best.
  const step = Math.max(1, Math.round(rateHz / 4000));
  const [h, s] = [heard, sent].map((x) => decimate(x, step)) as [Float32Array, Float32Array];
  const length = Math.min(Math.round(rateHz / step), s.length);
  const from = loudest(s, length);
  const coarse = best(h, s.subarray(from, from + length), 0, h.length - length) - from;
  const template = sent.subarray(from * step, (from + length) * step);
  const centre = (coarse + from) * step;
  const exact = best(heard, template, Math.max(0, centre - 3 * step), centre + 3 * step);
  return exact - from * step;
}

/**
 * Takes out what an adaptive resampler has moved: half-second pieces of `heard`, each shifted to where it fits
 * `reference` best, at most a millisecond from the piece before.
 * @param lag of the whole, as `findLag` found it
 * @returns `heard` in step with `reference`, and how far it had wandered, in samples
 */
export function realign(
  heard: Float32Array,
  reference: Float32Array,
  lag: number,
  rateHz: number,
): { samples: Float32Array; wander: number } {
  const piece = rateHz / 2;
  const reach = rateHz / 1000;
  const samples = new Float32Array(reference.length);
  const lags: number[] = [];
  let at = lag;
  for (let from = 0; from < reference.length; from += piece) {
    const wanted = reference.subarray(from, from + piece);
    const energy = wanted.reduce((sum, v) => sum + v * v, 0);
    // Silence fits everywhere: it stays where it is.
    if (energy > 1e-5 * wanted.length) {
      at = best(heard, wanted, Math.max(0, at + from - reach), at + from + reach) - from;
      lags.push(at);
    }
    samples.set(heard.subarray(at + from, at + from + wanted.length), from);
  }
  return { samples, wander: Math.max(...lags) - Math.min(...lags) };
}

function best(h: Float32Array, template: Float32Array, low: number, high: number): number {
  let [bestLag, bestValue] = [low, -Infinity];
  for (let lag = low; lag <= Math.min(high, h.length - template.length); lag++) {
    let [product, energy] = [0, 1e-9];
    for (let i = 0; i < template.length; i++) {
      const value = h[lag + i]!;
      product += value * template[i]!;
      energy += value * value;
    }
    const value = product / Math.sqrt(energy);
    if (value > bestValue) [bestLag, bestValue] = [lag, value];
  }
  return bestLag;
}

/** Means of `step` samples: enough against aliasing for speech, whose power is low. */
function decimate(x: Float32Array, step: number): Float32Array {
  return Float32Array.from({ length: Math.floor(x.length / step) }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < step; j++) sum += x[i * step + j]!;
    return sum / step;
  });
}

function loudest(x: Float32Array, length: number): number {
  let [at, most, sum] = [0, -1, 0];
  for (let i = 0; i < x.length; i++) {
    sum += x[i]! ** 2 - (i >= length ? x[i - length]! ** 2 : 0);
    if (i >= length - 1 && sum > most) [at, most] = [i - length + 1, sum];
  }
  return at;
}
