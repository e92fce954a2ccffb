import { describe, expect, it } from 'vitest';
import { systemClock, VirtualClock } from './clock.ts';

describe('VirtualClock', () => {
  it('wakes sleepers in order of time, each at its own time', async () => {
    const clock = new VirtualClock(100);
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${clock.nowMs()}`);
    void clock.sleep(30).then(note('c'));
    void clock.sleep(10).then(note('a'));
    void clock.sleep(10).then(note('b'));
    await clock.advance(20);
    expect(log).toEqual(['a@110', 'b@110']);
    expect(clock.pending).toBe(1);
    await clock.advance(10);
    expect(log.at(-1)).toBe('c@130');
    expect(clock.nowMs()).toBe(130);
  });

  it('runs a loop that sleeps again as often as the span allows: an hour at once', async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    let running = true;
    const loop = (async () => {
      while (running) {
        await clock.sleep(1000);
        ticks += 1;
      }
    })();
    await clock.advance(3_600_000);
    expect(ticks).toBe(3600);
    running = false;
    await clock.advance(1000);
    await loop;
  });

  it('does not wait for nothing and refuses to go back', async () => {
    const clock = new VirtualClock();
    await clock.sleep(0);
    await clock.sleep(-5);
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
  });
});

describe('systemClock', () => {
  it('is monotonic and sleeps at least as long as asked', async () => {
    const startMs = systemClock.nowMs();
    await systemClock.sleep(20);
    // Timers may fire up to one millisecond early.
    expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(19);
  });
});
