import { describe, expect, it } from 'vitest';
import { describeError, exitCodeOf, ResiduaError, UsageError } from './errors.ts';

describe('ResiduaError', () => {
  it('carries a code, a hint and its cause', () => {
    const cause = new Error('ENOENT');
    const error = new ResiduaError('MODEL_NOT_FOUND', 'No model', { hint: 'Train one.', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', hint: 'Train one.', cause });
    expect(String(error)).toBe('ResiduaError: No model');
  });

  it('has no cause property where there was none', () => {
    expect('cause' in new ResiduaError('X', 'x')).toBe(false);
  });
});

describe('exitCodeOf', () => {
  it('is 2 for wrong usage only', () => {
    expect(exitCodeOf(new UsageError('no such option'))).toBe(2);
    expect(exitCodeOf(new ResiduaError('X', 'x'))).toBe(1);
    expect(exitCodeOf(new TypeError('bug'))).toBe(1);
    expect(exitCodeOf(undefined)).toBe(1);
  });
});

describe('describeError', () => {
  it('joins message and hint into one sentence pair', () => {
    expect(describeError(new UsageError('Unknown option.', { hint: 'See --help.' }))).toBe(
      'Unknown option. See --help.',
    );
  });

  it('is always one line, whatever was thrown', () => {
    expect(describeError(new Error('a\n  b\r\nc'))).toBe('a b c');
    expect(describeError('plain')).toBe('plain');
    expect(describeError(new Error(''))).toBe('unknown error');
  });
});
