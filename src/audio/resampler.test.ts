import { describe, expect, it } from 'vitest';
import { Resampler } from './resampler.ts';

function tone(frequency: number, rate: number, samples: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}

function convert(
  input: Float32Array,
  from: number,
  to: number,
  chunk = input.length,
): Float32Array {
  const resampler = new Resampler(from, to);
  const parts: Float32Array[] = [];
  for (let at = 0; at < input.length; at += chunk) {
    parts.push(resampler.process(input.subarray(at, at + chunk)));
  }
  parts.push(resampler.flush());
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

/** dB of `expected` over the difference, without the filter's ends. */
function snrDb(expected: Float32Array, actual: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = expected.length >> 3; i < expected.length - (expected.length >> 3); i++) {
    signal += expected[i]! ** 2;
    noise += (expected[i]! - actual[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

const RATE_PAIRS: readonly (readonly [number, number])[] = [
  [48000, 16000],
  [16000, 48000],
  [44100, 16000],
  [16000, 44100],
  [8000, 16000],
  [16000, 8000],
  [192000, 16000],
  [16000, 192000],
  [11025, 16000],
  [44101, 16000], // no small ratio: interpolated coefficients
  [16000, 44101],
];

describe('Resampler', () => {
  it.each(RATE_PAIRS)('%i to %i Hz keeps a sine in place to 90 dB', (from, to) => {
    const passband = 0.875 * (Math.min(from, to) / 2); // 7 kHz of 8 kHz
    for (const frequency of [0.05 * passband, 0.5 * passband, passband]) {
      const output = convert(tone(frequency, from, from / 2), from, to);
      expect(snrDb(tone(frequency, to, output.length), output)).toBeGreaterThan(90);
    }
  });

  it.each(RATE_PAIRS)('%i to %i Hz gives ceil(n·out/in) samples', (from, to) => {
    for (const n of [0, 1, 2, 159, 160, 161, 1000]) {
      const resampler = new Resampler(from, to);
      const expected = Math.ceil((n * to) / from);
      expect(resampler.outputLength(n)).toBe(expected);
      const length = resampler.process(tone(300, from, n)).length + resampler.flush().length;
      expect(length).toBe(expected);
    }
  });

  it('is bit for bit the same however the input is cut', () => {
    for (const [from, to] of RATE_PAIRS) {
      const input = tone(1234.5, from, 5000, 0.9);
      const whole = convert(input, from, to);
      for (const chunk of [1, 7, 160, 4096]) {
        expect(convert(input, from, to, chunk)).toEqual(whole);
      }
    }
  });

  it('removes what the lower rate cannot hold', () => {
    for (const frequency of [8000, 9000, 15000, 23000]) {
      const output = convert(tone(frequency, 48000, 48000), 48000, 16000);
      const middle = output.subarray(2000, 14000);
      const rms = Math.sqrt(middle.reduce((sum, v) => sum + v * v, 0) / middle.length);
      expect(20 * Math.log10(rms / (0.5 / Math.SQRT2))).toBeLessThan(-90);
    }
  });

  it('leaves an impulse where it was', () => {
    const input = new Float32Array(4800);
    input[2400] = 1;
    const output = convert(input, 48000, 16000);
    expect(output.indexOf(Math.max(...output))).toBe(800);
  });

  it('there and back again has the same length and place', () => {
    for (const rate of [8000, 11025, 22050, 44100, 48000, 96000, 192000]) {
      const input = tone(500, rate, Math.floor(rate / 3) + 1);
      const back = convert(convert(input, rate, 16000), 16000, rate);
      expect(back.length).toBeGreaterThanOrEqual(input.length);
      expect(snrDb(input, back.subarray(0, input.length))).toBeGreaterThan(90);
    }
  });

  it('passes samples through unchanged between equal rates, without delay', () => {
    const resampler = new Resampler(16000, 16000);
    const input = tone(400, 16000, 333);
    expect(resampler.process(input)).toEqual(input);
    expect(resampler.flush().length).toBe(0);
  });

  it('starts afresh after reset', () => {
    const resampler = new Resampler(44100, 16000);
    const input = tone(700, 44100, 3000);
    const first = [resampler.process(input), resampler.flush()];
    resampler.reset();
    expect([resampler.process(input), resampler.flush()]).toEqual(first);
  });

  it('never needs more history than its delay', () => {
    const resampler = new Resampler(48000, 16000, { zeroCrossings: 16 });
    expect(resampler.delayInputSamples).toBe(48);
    const output = resampler.process(new Float32Array(4800));
    expect(output.length).toBe((4800 - 48) / 3 + 0);
  });

  it('fills exactly the buffer it asks for', () => {
    const resampler = new Resampler(16000, 48000);
    const into = new Float32Array(resampler.maxOutput(160));
    for (let i = 0; i < 20; i++) {
      const written = resampler.processInto(tone(440, 16000, 160), into);
      expect(written).toBeLessThanOrEqual(into.length);
    }
  });

  it('refuses impossible rates', () => {
    for (const rate of [0, -1, 16000.5, Number.NaN, Infinity]) {
      expect(() => new Resampler(rate, 16000)).toThrow(RangeError);
      expect(() => new Resampler(16000, rate)).toThrow(RangeError);
    }
  });
});
