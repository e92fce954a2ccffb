import { describe, expect, it } from 'vitest';
import { exampleTelemetry } from '../../../test/fixtures/telemetry.ts';
import { keyAction, keyHelp } from './keys.ts';

const QUANTIZERS = [
  { id: 'none', maxCodebooks: 0 },
  { id: 'rvq', maxCodebooks: 16 },
  { id: 'vq', maxCodebooks: 1 },
];
const { controls } = exampleTelemetry();
const press = (key: string, change: Partial<typeof controls> = {}) =>
  keyAction(key, { ...controls, ...change }, QUANTIZERS);

describe('keyAction', () => {
  it('digits choose a quantizer with all its codebooks', () => {
    const change = { quantizer: 'vq', codebooks: null };
    expect(press('3')).toEqual({ type: 'change', change });
    expect(press('4')).toMatchObject({ type: 'none', why: expect.stringContaining('only 3') });
    expect(press('0')).toBeUndefined();
  });

  it('brackets step through the codebooks there are', () => {
    expect(press('[')).toEqual({ type: 'change', change: { codebooks: 7 } });
    expect(press(']')).toEqual({ type: 'change', change: { codebooks: 9 } });
    expect(press('[', { codebooks: null })).toEqual({ type: 'change', change: { codebooks: 15 } });
    expect(press(']', { codebooks: null })).toMatchObject({ type: 'none' });
    expect(press('[', { codebooks: 1 })).toMatchObject({ type: 'none' });
    expect(press(']', { quantizer: 'none', codebooks: null })).toMatchObject({
      why: "'none' has no codebooks",
    });
  });

  it('letters toggle', () => {
    expect(press('b')).toEqual({ type: 'change', change: { bypass: true } });
    expect(press('b', { bypass: true })).toEqual({ type: 'change', change: { bypass: false } });
    expect(press('m')).toEqual({ type: 'change', change: { mute: true } });
    expect(press('r')).toEqual({ type: 'record' });
  });

  it('q, Ctrl-C and Ctrl-D quit; other keys mean nothing', () => {
    for (const key of ['q', '\u0003', '\u0004']) expect(press(key)).toEqual({ type: 'quit' });
    for (const key of ['x', '\u001b', ' ', 'Q', 'é']) expect(press(key)).toBeUndefined();
  });

  it('help names them all', () => {
    expect(keyHelp(QUANTIZERS)).toMatch(
      /1 none, 2 rvq, 3 vq.*codebooks.*bypass.*mute.*record.*quit/,
    );
  });
});
