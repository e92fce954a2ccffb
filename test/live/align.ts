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
 * Takes out how an adaptive resampler has bent time, so that only the sound is compared: the lag is measured
 * around every quarter of a second, to a fraction of a sample, and taken to change evenly between.
 * @param lag of the whole, as `findLag` found it
 * @returns `heard` in step with `reference`, and how far it had wandered, in samples
 */
export function realign(
  heard: Float32Array,
  reference: Float32Array,
  lag: number,
  rateHz: number,
): { samples: Float32Array; wander: number } {
  const step = Math.round(rateHz / 4);
  const reach = Math.round(rateHz / 400);
  const points: { readonly at: number; readonly lag: number }[] = [];
  let near = lag;
  for (let from = 0; from + 2 * step <= reference.length; from += step) {
    const wanted = reference.subarray(from, from + 2 * step);
    let [energy, moment] = [0, 0];
    wanted.forEach((v, i) => {
      energy += v * v;
      moment += i * v * v;
    });
    // Silence fits everywhere.
    if (energy < 1e-4 * wanted.length) continue;
    const found = bestFraction(
      heard,
      wanted,
      Math.max(0, near + from - reach),
      near + from + reach,
    );
    near = Math.round(found - from);
    // The lag is that of where the sound is, not of the middle.
    const at = from + moment / energy;
    if (at - (points.at(-1)?.at ?? -step) > step / 4) points.push({ at, lag: found - from });
  }
  const samples = new Float32Array(reference.length);
  let next = 1;
  for (let i = 0; i < samples.length; i++) {
    while (next < points.length - 1 && points[next]!.at <= i) next++;
    // Before the first and behind the last point the lag goes on as between its neighbours.
    const [before, after] = [points[next - 1]!, points[next] ?? points[next - 1]!];
    const share = after.at > before.at ? (i - before.at) / (after.at - before.at) : 0;
    samples[i] = between(heard, i + before.lag + (after.lag - before.lag) * share);
  }
  const lags = points.map((point) => point.lag);
  return { samples, wander: Math.max(...lags) - Math.min(...lags) };
}

/** Cubic interpolation (Catmull and Rom): the sound has no power near half its rate. */
function between(x: Float32Array, position: number): number {
  const i = Math.floor(position);
  const t = position - i;
  const [a, b, c, d] = [x[i - 1] ?? 0, x[i] ?? 0, x[i + 1] ?? 0, x[i + 2] ?? 0];
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** As `best`, to a fraction of a sample: the top of a parabola. */
function bestFraction(h: Float32Array, template: Float32Array, low: number, high: number): number {
  const at = best(h, template, low, high);
  const value = (lag: number): number => {
    let sum = 0;
    for (let i = 0; i < template.length; i++) sum += (h[lag + i] ?? 0) * template[i]!;
    return sum;
  };
  const [left, top, right] = [value(at - 1), value(at), value(at + 1)];
  const bend = left - 2 * top + right;
  return bend < 0 ? at + Math.max(-0.5, Math.min(0.5, (0.5 * (left - right)) / bend)) : at;
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
