import { describe, expect, it } from 'vitest';
import { exampleTelemetry } from '../../../test/fixtures/telemetry.ts';
import { clock, meterLine } from './meter.ts';

describe('meterLine', () => {
  it('says level, latency, bitrate and quantizer', () => {
    const line = meterLine(exampleTelemetry(), 200);
    expect(line).toContain('● 01:05');
    expect(line).toMatch(/in █+.*-23 dB/);
    expect(line).toContain('48 ms');
    expect(line).toContain('rvq×8 8.0 kbps');
    expect(line).toContain('2 gaps');
  });

  it.each([10, 20, 40, 60, 80, 120, 200])('fits into %i columns', (columns) => {
    for (const state of ['running', 'recovering', 'failed', 'starting'] as const) {
      const problem = { code: 'X', message: 'a message that is quite long, longer than most' };
      const line = meterLine(exampleTelemetry({ state, problem }), columns);
      expect([...line].length).toBeLessThan(columns);
      expect([...line].every((char) => char >= ' ')).toBe(true);
    }
  });

  it('drops the least important first', () => {
    const narrow = meterLine(exampleTelemetry(), 64);
    expect(narrow).toContain('48 ms');
    expect(narrow).toContain('rvq');
    expect(narrow).not.toContain('drift');
  });

  it('shows unmistakably that nothing is cleaned, and what is recorded', () => {
    const { controls, heard, recorder } = exampleTelemetry();
    const muted = exampleTelemetry({ controls: { ...controls, mute: true } });
    expect(meterLine(muted, 200)).toContain('MUTED');
    const bypass = exampleTelemetry({ heard: { ...heard, bypass: true } });
    expect(meterLine(bypass, 200)).toContain('BYPASS');
    const off = exampleTelemetry({ heard: { quantizer: 'none', codebooks: 0, bypass: false } });
    expect(meterLine(off, 200)).toContain('none (no bits)');
    const recording = { ...recorder!, state: 'recording', seconds: 3661 } as const;
    expect(meterLine(exampleTelemetry({ recorder: recording }), 200)).toContain('rec 1:01:01');
    const full = { ...recorder!, state: 'full' } as const;
    expect(meterLine(exampleTelemetry({ recorder: full }), 200)).toContain('disk full');
  });

  it('takes any level', () => {
    for (const rms of [-120, -60, -30, 0, 12]) {
      const level = { rms, peak: rms, clipped: rms >= 0 };
      expect(meterLine(exampleTelemetry({ inputLevel: level }), 200)).toContain(`${rms} dB`);
    }
  });
});

describe('clock', () => {
  it.each([
    [0, '00:00'],
    [59.9, '00:59'],
    [3600, '1:00:00'],
    [90061, '25:01:01'],
  ])('%d s is %s', (seconds, text) => expect(clock(seconds)).toBe(text));
});
