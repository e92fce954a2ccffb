import { describe, expect, it } from 'vitest';
import { formatDuration, Progress } from './progress.ts';

function harness(isTTY: boolean, columns = 120) {
  let text = '';
  let at = 0;
  const stream = { isTTY, columns, write: (t: string) => (text += t) };
  return {
    options: { stream, now: () => at },
    advance: (ms: number) => (at += ms),
    take: () => {
      const out = text;
      text = '';
      return out;
    },
  };
}

const step = (n: number) => ({ step: n, loss: 2, learningRate: 1e-3, audioSeconds: 64 });

describe('Progress', () => {
  it('redraws one line on a terminal, with speed and time left', () => {
    const h = harness(true);
    const progress = new Progress({ total: 100, ...h.options });
    for (let n = 1; n <= 10; n++) {
      h.advance(2000);
      progress.update(step(n));
    }
    const out = h.take();
    expect(out).not.toContain('\n');
    const last = out.split('\r').at(-1);
    expect(last).toContain('step 10/100');
    expect(last).toContain('loss 2.000');
    expect(last).toContain('lr 1.0e-3');
    expect(last).toContain('32 s audio/s');
    expect(last).toContain('ETA 3:00');
    progress.finish();
    expect(h.take()).toMatch(/\n$/);
  });

  it('writes a plain line only every so often without a terminal', () => {
    const h = harness(false);
    const progress = new Progress({ total: 1000, plainEverySeconds: 10, ...h.options });
    for (let n = 1; n <= 25; n++) {
      h.advance(1000);
      progress.update(step(n));
    }
    const lines = h.take().trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('step 1/1000');
    for (const mark of ['\r', '\x1b', '█']) expect(lines.join('')).not.toContain(mark);
  });

  it('always shows the last step', () => {
    const h = harness(false);
    const progress = new Progress({ total: 3, plainEverySeconds: 1000, ...h.options });
    for (let n = 1; n <= 3; n++) progress.update(step(n));
    expect(h.take()).toContain('100.0%  step 3/3');
  });

  it('counts only this session in the speed of a resumed run', () => {
    const h = harness(false);
    const progress = new Progress({ total: 1000, start: 900, ...h.options });
    h.advance(1000);
    progress.update(step(901));
    expect(h.take()).toContain('ETA 1:39');
  });

  it('shows a loss that is not finite, and recovers', () => {
    const h = harness(false);
    const progress = new Progress({ total: 10, plainEverySeconds: 0, ...h.options });
    progress.update({ ...step(1), loss: NaN });
    expect(h.take()).toContain('loss NaN');
    progress.update(step(2));
    expect(h.take()).toContain('loss 2.000');
  });

  it('never wraps on a narrow terminal', () => {
    const h = harness(true, 40);
    const progress = new Progress({ total: 10, ...h.options });
    progress.update(step(1));
    expect(h.take().replaceAll('\r', '').replaceAll('\x1b[K', '').length).toBeLessThan(40);
  });

  it('prints a line of its own above the bar', () => {
    const h = harness(true);
    const progress = new Progress({ total: 10, ...h.options });
    progress.update(step(1));
    h.take();
    progress.log('checkpoint written');
    const [above, below] = h.take().split('\n');
    expect(above).toBe('\r\x1b[Kcheckpoint written');
    expect(below).toContain('step 1/10');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [3661, '1:01:01'],
    [NaN, '?'],
    [Infinity, '?'],
    [-1, '?'],
  ])('%s s is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});
