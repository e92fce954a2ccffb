import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../log/run-log.ts';
import { findCollapse } from './collapse.ts';
import { errorOf, type Outcome } from './command.ts';
import { curveOf, MOST_POINTS } from './curve.ts';
import { Messages } from './messages.ts';

describe('findCollapse', () => {
  const codes = (...pairs: [usage: number, perplexity: number][]) =>
    pairs.map(([usage, perplexity]) => ({ usage, perplexity, effectiveBits: 0 }));

  it('names the codebooks of the largest rate that are hardly used', () => {
    const rates = [
      { codebooks: 3, codes: codes([1, 800], [0.099, 50], [0.5, 3.9]) },
      { codebooks: 1, codes: codes([1, 800]) },
    ];
    expect(findCollapse(rates, 1024)).toBe(
      'collapsed codebooks: 2 (9.9% used, perplexity 50.0), 3 (50.0% used, perplexity 3.9)',
    );
  });

  it('finds none in healthy, small or absent codebooks', () => {
    expect(findCollapse([{ codebooks: 1, codes: codes([0.1, 4]) }], 1024)).toBeUndefined();
    expect(findCollapse([{ codebooks: 1, codes: codes([1, 1.9]) }], 4)).toBeUndefined();
    expect(findCollapse([{ codebooks: 0, codes: [] }], 0)).toBeUndefined();
    expect(findCollapse([], 1024)).toBeUndefined();
  });
});

describe('errorOf', () => {
  const ended = (more: Partial<Outcome>): Outcome => ({
    code: 1,
    signal: null,
    stdout: '',
    messages: '',
    ...more,
  });

  it('finds code and message wherever a command leaves them', () => {
    expect(errorOf(ended({ code: 0, messages: 'error [X]: old' }))).toBeUndefined();
    expect(
      errorOf(ended({ messages: 'step 1\nerror [DIVERGED]: At step 7. Lower it.\n' })),
    ).toEqual({
      code: 'DIVERGED',
      message: 'At step 7. Lower it.',
    });
    const error = { code: 'AUDIO_FORMAT', message: 'not audio' };
    expect(errorOf(ended({ stdout: JSON.stringify({ error }) }))).toEqual(error);
    expect(errorOf(ended({ messages: 'a\nb\n' }))?.message).toBe('exit status 1: b');
    expect(errorOf(ended({ code: null, signal: 'SIGSEGV' }))?.message).toBe('ended by SIGSEGV');
  });
});

describe('curveOf', () => {
  it('keeps to its number of points, with means of the loss and every evaluation of all codebooks', () => {
    const records: LogRecord[] = [{ step: 0, seconds: 0 }];
    for (let step = 10; step <= 9000; step += 10) {
      records.push({ step, seconds: step, loss: step });
      if (step % 1000 !== 0) continue;
      for (const codebooks of [1, 16]) {
        const evaluation = { codebooks, siSdr: step / 1000 + codebooks, cleanSiSdr: 0, codes: [] };
        records.push({ step, seconds: step, evaluation });
      }
    }
    const curve = curveOf(records);
    expect(curve.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(curve.length).toBeGreaterThan(MOST_POINTS - 20);
    expect(curve.map(([step]) => step)).toEqual(curve.map(([step]) => step).sort((a, b) => a - b));
    const tests = curve.filter((point) => point.length === 3);
    expect(tests.map(([step, , siSdr]) => [step, siSdr])).toEqual(
      Array.from({ length: 9 }, (_, i) => [1000 * (i + 1), i + 1 + 16]),
    );
    let before = 0;
    for (const [step, loss] of curve) {
      expect(loss).toBeCloseTo((before + 10 + step) / 2, 6);
      before = step;
    }
  });

  it('survives losses that were not finite and an empty log', () => {
    expect(curveOf([])).toEqual([]);
    expect(
      curveOf([
        { step: 10, seconds: 1, loss: null },
        { step: 20, seconds: 1, loss: 2 },
      ]),
    ).toEqual([
      [10, null],
      [20, 2],
    ]);
  });
});

describe('Messages', () => {
  it('names an unreadable recording once and counts it', () => {
    const lines: string[] = [];
    const messages = new Messages((line) => lines.push(line));
    for (const line of [
      'skipped /a b.wav: not audio',
      'step 1',
      'skipped /a b.wav: not audio',
      'step 1',
    ]) {
      messages.show(line);
    }
    expect(lines).toEqual(['skipped /a b.wav: not audio', 'step 1', 'step 1']);
    expect(messages.skipped).toBe(1);
  });
});
