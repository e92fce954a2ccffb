import { describe, expect, it } from 'vitest';
import { SpectrogramHistory } from '../store/spectrogram-history.ts';
import { Scroll } from './scroll.ts';

const COLUMN_MS = 20;
const column = [-60, -60];

/** Telemetry every 50 ms with 2 or 3 columns, late by up to `jitterMs`; frames 60 times a second. */
function* run(seconds: number, jitterMs: number) {
  const history = new SpectrogramHistory();
  const scroll = new Scroll();
  let sent = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 1000 / 60) {
    const lateMs = (sent * 37) % (jitterMs + 1);
    while ((sent + 1) * 50 + lateMs <= nowMs) {
      sent++;
      const columns = Array.from({ length: sent % 2 ? 3 : 2 }, () => column);
      const spectrogram = { bins: 2, columnMs: COLUMN_MS, input: columns, output: columns };
      history.push({ spectrogram }, nowMs);
    }
    yield { nowMs, head: scroll.head(history, nowMs), history, scroll };
  }
}

describe('Scroll', () => {
  it('moves evenly though columns come in bursts, and never beyond them', () => {
    let before = 0;
    const steps: number[] = [];
    for (const { nowMs, head, history } of run(10, 30)) {
      expect(head).toBeLessThanOrEqual(history.written);
      if (nowMs > 2000) {
        steps.push(head - before);
        expect(history.written - head).toBeLessThan(12);
      }
      before = head;
    }
    const usual = 1000 / 60 / COLUMN_MS;
    for (const step of steps) expect(Math.abs(step - usual)).toBeLessThan(usual * 0.5);
  });

  it('is at one place for both pictures of a frame', () => {
    for (const { nowMs, head, history, scroll } of run(1, 0)) {
      expect(scroll.head(history, nowMs)).toBe(head);
    }
  });

  it('stands still at the newest column when nothing comes any more', () => {
    const last = [...run(2, 0)].at(-1)!;
    const { history, scroll } = last;
    const later = last.nowMs + 5000;
    expect(scroll.head(history, later)).toBe(history.written);
    expect(scroll.isStale(history, later)).toBe(true);
  });

  it('has nothing to show before the first column', () => {
    expect(new Scroll().head(new SpectrogramHistory(), 1000)).toBe(0);
  });
});
