import { describe, expect, it } from 'vitest';
import { bitrateKbps, dbToGain, gainToDb, msToSamples, powerToDb, samplesToMs } from './units.ts';

describe('units', () => {
  it('converts between ms and samples, to whole samples', () => {
    expect(msToSamples(10, 16_000)).toBe(160);
    expect(msToSamples(10, 44_100)).toBe(441);
    expect(msToSamples(1, 22_050)).toBe(22);
    expect(samplesToMs(320, 16_000)).toBe(20);
  });

  it('converts between dB and factors', () => {
    expect(dbToGain(-20)).toBeCloseTo(0.1, 12);
    expect(gainToDb(dbToGain(3.7))).toBeCloseTo(3.7, 12);
    expect(powerToDb(100)).toBeCloseTo(20, 12);
    expect(gainToDb(0)).toBe(-Infinity);
  });

  it('gives the exact bitrate of a code stream', () => {
    expect(bitrateKbps(1, 10, 160, 16_000)).toBe(1);
    expect(bitrateKbps(8, 10, 160, 16_000)).toBe(8);
    expect(bitrateKbps(3, 7, 160, 16_000)).toBe(2.1);
    expect(bitrateKbps(0, 0, 160, 16_000)).toBe(0);
  });
});
