/**
 * Band-wise companding of MDCT coefficients: c → G · c / e^p, with e the coefficient's band level (the RMS over
 * its band) and 0 ≤ p < 1. It evens out loud and quiet sounds and the slope of the spectrum before a quantizer that
 * minimises squared error, and so shapes its noise along the speech. The level is of a band, not of a single
 * coefficient, whose size mostly tells its phase. It needs no side information: a companded band's level is
 * G · e^(1−p), so the inverse is read off the companded coefficients, c = y / G · (e_y / G)^(p/(1−p)).
 *
 * Bands: equal widths on the mel scale (O'Shaughnessy 1987), as in any perceptual coder.
 */
import type { Ops } from '../graph/ops.ts';

/** Brings companded speech to about unit RMS, which the networks and codebooks start from. */
const GAIN = 4;
/** Added to band powers: −80 dB, so that silence stays silent. */
const FLOOR = 1e-8;
/** Added to powers before their logarithm: levels below this are all silence. */
const SILENT = 1e-3;
const BANDS = 16;
/** Narrowest band, in coefficients. */
const NARROWEST = 3;

/** Coefficients per band, low to high, summing to hopSamples. */
export function bandWidths(hopSamples: number, sampleRate: number): number[] {
  const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
  const hz = (m: number): number => 700 * (10 ** (m / 2595) - 1);
  const top = sampleRate / 2;
  const widths: number[] = [];
  let from = 0;
  for (let band = 1; band <= BANDS && from < hopSamples; band++) {
    const edge = Math.round((hz((mel(top) * band) / BANDS) / top) * hopSamples);
    const to = band === BANDS ? hopSamples : Math.min(hopSamples, Math.max(edge, from + NARROWEST));
    widths.push(to - from);
    from = to;
  }
  return widths;
}

/** [hop, bands] taking squares to band means, and [bands, hop] taking them back to every coefficient. */
function matrices(
  hopSamples: number,
  sampleRate: number,
): { pool: Float32Array; spread: Float32Array; bands: number } {
  const widths = bandWidths(hopSamples, sampleRate);
  const bands = widths.length;
  const pool = new Float32Array(hopSamples * bands);
  const spread = new Float32Array(bands * hopSamples);
  let at = 0;
  widths.forEach((width, band) => {
    for (let k = at; k < at + width; k++) {
      pool[k * bands + band] = 1 / width;
      spread[band * hopSamples + k] = 1;
    }
    at += width;
  });
  return { pool, spread, bands };
}

/** Band powers of x [frames, hop], floored: [frames, bands]. */
function bandPowers<V>(ops: Ops<V>, x: V, hopSamples: number, sampleRate: number): V {
  const { pool, bands } = matrices(hopSamples, sampleRate);
  const power = ops.matmul(ops.square(x), ops.constant('bands/pool', pool, [hopSamples, bands]));
  return ops.addScalar(power, FLOOR);
}

/** One value per band → one per coefficient. */
function spreadBands<V>(ops: Ops<V>, values: V, hopSamples: number, sampleRate: number): V {
  const { spread, bands } = matrices(hopSamples, sampleRate);
  return ops.matmul(values, ops.constant('bands/spread', spread, [bands, hopSamples]));
}

/** Band levels of a companded frame, as the networks around the quantizer see them. */
export interface BandLevels<V> {
  /** [frames, hop]: every coefficient's band level. */
  level: V;
  /** [frames, bands]: logarithm of the levels, about −2…2. */
  log: V;
}

export function bandLevels<V>(
  ops: Ops<V>,
  companded: V,
  hopSamples: number,
  sampleRate: number,
): BandLevels<V> {
  const powers = bandPowers(ops, companded, hopSamples, sampleRate);
  return {
    level: spreadBands(ops, ops.sqrt(powers), hopSamples, sampleRate),
    log: ops.mulScalar(ops.addScalar(ops.log(ops.addScalar(powers, SILENT)), 2), 0.3),
  };
}

/** Each coefficient's band power raised to `exponent`, [frames, hop]. */
function bandPower<V>(
  ops: Ops<V>,
  x: V,
  hopSamples: number,
  sampleRate: number,
  exponent: number,
): V {
  const raised = ops.pow(bandPowers(ops, x, hopSamples, sampleRate), exponent);
  return spreadBands(ops, raised, hopSamples, sampleRate);
}

/** Linear MDCT coefficients [frames, hop] → companded ones. */
export function compandBands<V>(
  ops: Ops<V>,
  coefficients: V,
  hopSamples: number,
  sampleRate: number,
  power: number,
): V {
  const scale = bandPower(ops, coefficients, hopSamples, sampleRate, -power / 2);
  return ops.mulScalar(ops.mul(coefficients, scale), GAIN);
}

/** The inverse of {@link compandBands}, but for bands near the floor. */
export function expandBands<V>(
  ops: Ops<V>,
  companded: V,
  hopSamples: number,
  sampleRate: number,
  power: number,
): V {
  const y = ops.mulScalar(companded, 1 / GAIN);
  const exponent = power / (1 - power) / 2;
  return ops.mul(y, bandPower(ops, y, hopSamples, sampleRate, exponent));
}

/** How many bands {@link bandLevels} gives. */
export function bandCount(hopSamples: number, sampleRate: number): number {
  return bandWidths(hopSamples, sampleRate).length;
}
