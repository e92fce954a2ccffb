import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../codec/model-folder.ts';
import type { LiveControls } from './contract.ts';
import { changeControls, initialControls, wetShare } from './controls.ts';

const { manifest } = await loadModel(join(import.meta.dirname, '../../test/fixtures/tiny-model'));
const start = initialControls(manifest);

function errorOf(change: unknown, current: LiveControls = start): unknown {
  try {
    changeControls(manifest, current, change as Partial<LiveControls>);
  } catch (error) {
    return error;
  }
  throw new Error('it was accepted');
}

describe('controls', () => {
  it('start with the first quantizer that codes, all codebooks, everything else neutral', () => {
    expect(start).toEqual({
      quantizer: 'rvq',
      codebooks: null,
      mix: 1,
      attenuationLimitDb: null,
      inputGainDb: 0,
      mute: false,
      bypass: false,
    });
  });

  it('change only what is named', () => {
    const next = changeControls(manifest, start, { mix: 0.5, codebooks: 2, mute: undefined! });
    expect(next).toEqual({ ...start, mix: 0.5, codebooks: 2 });
  });

  it('a new quantizer uses all of its codebooks unless told otherwise', () => {
    const two = changeControls(manifest, start, { codebooks: 2 });
    expect(changeControls(manifest, two, { quantizer: 'rvq' }).codebooks).toBe(2);
    const none = changeControls(manifest, two, { quantizer: 'none' });
    expect(none.codebooks).toBe(null);
    expect(changeControls(manifest, none, { quantizer: 'rvq', codebooks: 1 }).codebooks).toBe(1);
  });

  it.each<[string, unknown, string]>([
    ['no object', null, 'CONTROL_INVALID'],
    ['an array', [], 'CONTROL_INVALID'],
    ['an unknown field', { volume: 1 }, 'CONTROL_INVALID'],
    ['a field of the prototype', { constructor: 1 }, 'CONTROL_INVALID'],
    ['mix below', { mix: -0.01 }, 'CONTROL_INVALID'],
    ['mix above', { mix: 1.01 }, 'CONTROL_INVALID'],
    ['mix NaN', { mix: Number.NaN }, 'CONTROL_INVALID'],
    ['mix as text', { mix: '1' }, 'CONTROL_INVALID'],
    ['mix null', { mix: null }, 'CONTROL_INVALID'],
    ['a negative limit', { attenuationLimitDb: -1 }, 'CONTROL_INVALID'],
    ['an infinite limit', { attenuationLimitDb: Infinity }, 'CONTROL_INVALID'],
    ['too much gain', { inputGainDb: 41 }, 'CONTROL_INVALID'],
    ['mute as a number', { mute: 1 }, 'CONTROL_INVALID'],
    ['bypass as text', { bypass: 'no' }, 'CONTROL_INVALID'],
    ['a quantizer that is none', { quantizer: 7 }, 'CONTROL_INVALID'],
    ['an unknown quantizer', { quantizer: 'fsq' }, 'QUANTIZER_UNKNOWN'],
    ['half a codebook', { codebooks: 1.5 }, 'CONTROL_INVALID'],
    ['no codebooks', { codebooks: 0 }, 'CODEBOOKS_RANGE'],
    ['too many codebooks', { codebooks: 4 }, 'CODEBOOKS_RANGE'],
    ['codebooks without a quantizer', { quantizer: 'none', codebooks: 1 }, 'CODEBOOKS_RANGE'],
  ])('refuse %s', (_what, change, code) => {
    expect(errorOf(change)).toMatchObject({ code, exitCode: 2 });
  });

  it('say what is allowed', () => {
    expect(errorOf({ inputGainDb: 99 })).toMatchObject({
      message: 'inputGainDb must be -60 to 40 dB',
      hint: 'Got 99.',
    });
  });
});

describe('wetShare', () => {
  it('keeps what the limit leaves of the removed sound', () => {
    expect(wetShare(start)).toBe(1);
    expect(wetShare({ ...start, mix: 0 })).toBe(0);
    expect(wetShare({ ...start, attenuationLimitDb: 0 })).toBe(0);
    // Noise that the model removes altogether stays at 1 − share: −12 dB.
    expect(20 * Math.log10(1 - wetShare({ ...start, attenuationLimitDb: 12 }))).toBeCloseTo(-12, 6);
  });
});
