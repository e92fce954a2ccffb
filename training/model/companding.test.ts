import { describe, expect, it } from 'vitest';
import { gaussian, mulberry32 } from '../graph/random.ts';
import { ParameterStore, TfOps } from '../graph/tf-ops.ts';
import { tf, type Tensor2D } from '../tf.ts';
import { bandCount, bandLevels, bandWidths, compandBands, expandBands } from './companding.ts';

const RATE = 16000;
const HOP = 160;
const ops = new TfOps(new ParameterStore(mulberry32(1)), 1, 1);

const compand = (x: Tensor2D, power: number): Tensor2D => compandBands(ops, x, HOP, RATE, power);
const expand = (y: Tensor2D, power: number): Tensor2D => expandBands(ops, y, HOP, RATE, power);

/** Gaussian coefficients, `level(d)` large at coefficient d. */
function coefficients(level: (d: number) => number, frames = 20, seed = 1): Tensor2D {
  const random = mulberry32(seed);
  const values = Float32Array.from(
    { length: frames * HOP },
    (_, i) => level(i % HOP) * gaussian(random),
  );
  return tf.tensor2d(values, [frames, HOP]);
}

/** RMS of every band of one frame, by definition. */
function bandRms(frame: readonly number[]): number[] {
  let at = 0;
  return bandWidths(HOP, RATE).map((width) => {
    const band = frame.slice(at, at + width);
    at += width;
    return Math.sqrt(band.reduce((sum, x) => sum + x * x, 0) / width);
  });
}

function relativeError(found: Tensor2D, wanted: Tensor2D): number {
  const [off, size] = [tf.norm(tf.sub(found, wanted)), tf.norm(wanted)];
  return off.dataSync()[0]! / size.dataSync()[0]!;
}

describe('bandWidths', () => {
  it.each([32, 64, 160, 320, 512])('cover a frame of %i coefficients exactly', (hop) => {
    const widths = bandWidths(hop, RATE);
    expect(widths.reduce((a, b) => a + b, 0)).toBe(hop);
    expect(Math.min(...widths)).toBeGreaterThan(0);
    expect(bandCount(hop, RATE)).toBe(widths.length);
  });

  it('widen towards high frequencies, as pitch is heard', () => {
    const widths = bandWidths(HOP, RATE);
    expect(widths.length).toBe(16);
    widths.slice(1).forEach((width, i) => expect(width).toBeGreaterThanOrEqual(widths[i]! - 1));
    expect(widths[0]).toBeLessThanOrEqual(4);
    expect(widths.at(-1)).toBeGreaterThan(4 * widths[0]!);
  });
});

describe.each([0, 0.35, 0.5, 0.9])('companding with power %d', (power) => {
  it.each([1, 0.05])('is undone by expanding (level %d)', (level) => {
    const x = coefficients((d) => level / (1 + d / 20));
    expect(relativeError(expand(compand(x, power), power), x)).toBeLessThan(1e-3);
  });

  it('keeps signs, and the proportions within a band', () => {
    const [x] = coefficients(() => 0.3, 1).arraySync();
    const [y] = compand(tf.tensor2d([x!]), power).arraySync();
    let at = 0;
    for (const width of bandWidths(HOP, RATE)) {
      const scale = y![at]! / x![at]!;
      expect(scale).toBeGreaterThan(0);
      for (let d = at; d < at + width; d++) expect(y![d]! / x![d]! / scale).toBeCloseTo(1, 4);
      at += width;
    }
  });

  it('takes band levels e to levels in proportion to e^(1 − power)', () => {
    const soft = coefficients((d) => 0.02 * (1 + d / 40), 1);
    const loud = tf.mul(soft, 16) as Tensor2D;
    const levels = (x: Tensor2D): number[] => bandRms(compand(x, power).arraySync()[0]!);
    const [of, times16] = [levels(soft), levels(loud)];
    of.forEach((level, band) => {
      expect(times16[band]! / level / 16 ** (1 - power)).toBeCloseTo(1, 2);
    });
  });

  it('keeps silence silent, with finite gradients both ways', () => {
    const silence = tf.zeros([3, HOP]) as Tensor2D;
    for (const through of [compand, expand]) {
      expect(tf.max(tf.abs(through(silence, power))).dataSync()[0]).toBe(0);
      const gradient = tf.grad((x) => tf.sum(through(x as Tensor2D, power)))(silence);
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  it('does not lift what is near silence above it', () => {
    // 100 dB below full scale.
    const x = coefficients(() => 1e-5);
    const rms = Math.sqrt(tf.mean(tf.square(compand(x, power))).dataSync()[0]!);
    expect(rms).toBeLessThan(0.3);
    const back = Math.sqrt(tf.mean(tf.square(expand(compand(x, power), power))).dataSync()[0]!);
    expect(back).toBeLessThan(1e-4);
  });
});

it('treats every frame and every band by itself', () => {
  const x = coefficients(() => 0.3, 2);
  const changed = x.arraySync();
  const [first] = bandWidths(HOP, RATE);
  for (let d = 0; d < first!; d++) changed[1]![d]! *= 5;
  const [before, after] = [x, tf.tensor2d(changed)].map((c) => compand(c, 0.5).arraySync());
  expect(after![0]).toEqual(before![0]);
  after![1]!.slice(first).forEach((y, i) => expect(y).toBeCloseTo(before![1]![first! + i]!, 5));
  expect(after![1]![0]).not.toBeCloseTo(before![1]![0]!, 3);
});

describe('bandLevels', () => {
  it('are the RMS of every band, at each of its coefficients', () => {
    const x = coefficients((d) => 3 / (1 + d / 10), 4);
    const level = bandLevels(ops, x, HOP, RATE).level.arraySync();
    x.arraySync().forEach((frame, row) => {
      let at = 0;
      bandRms(frame).forEach((rms, band) => {
        const width = bandWidths(HOP, RATE)[band]!;
        for (let d = at; d < at + width; d++) expect(level[row]![d]! / rms).toBeCloseTo(1, 3);
        at += width;
      });
    });
  });

  it('have logarithms that grow with the level, one per band, and stay small for silence', () => {
    const log = [0, 0.1, 1, 10].map((level) => {
      const logs = bandLevels(ops, tf.fill([1, HOP], level) as Tensor2D, HOP, RATE).log;
      expect(logs.shape).toEqual([1, bandCount(HOP, RATE)]);
      const [first, ...others] = logs.dataSync();
      for (const other of others) expect(other).toBeCloseTo(first!, 3);
      return first!;
    });
    expect(log).toEqual([...log].sort((a, b) => a - b));
    for (const x of log) expect(Math.abs(x)).toBeLessThan(2.5);
    // A decade of level is as much anywhere above the silence.
    expect(log[3]! - log[2]!).toBeCloseTo(0.3 * Math.log(100), 2);
  });
});
