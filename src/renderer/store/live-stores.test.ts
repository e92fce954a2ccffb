import { describe, expect, it, vi } from 'vitest';
import type { LiveCounters, Telemetry } from '../../ipc/live.ts';
import { CodeMap, MAP_CELLS } from './code-map.ts';
import { LevelHold, SILENCE_DB } from './level-hold.ts';
import { HISTORY_S, SpectrogramHistory } from './spectrogram-history.ts';
import { TelemetryFeed } from './telemetry-feed.ts';

describe('TelemetryFeed', () => {
  const telemetry = (counters: Partial<LiveCounters>) =>
    ({ counters: { hops: 0, underruns: 0, ...counters } }) as Telemetry;

  it('counts from the last reset, and anew when the engine starts again', () => {
    const feed = new TelemetryFeed();
    expect(feed.counted('underruns')).toBeNull();
    feed.push(telemetry({ hops: 100, underruns: 3 }), 0);
    expect(feed.counted('underruns')).toBe(3);
    feed.resetCounters();
    expect(feed.counted('underruns')).toBe(0);
    feed.push(telemetry({ hops: 200, underruns: 5 }), 0);
    expect(feed.counted('underruns')).toBe(2);
    feed.push(telemetry({ hops: 5, underruns: 1 }), 0);
    expect(feed.counted('underruns')).toBe(1);
  });

  it('tells its listeners until they are taken away', () => {
    const feed = new TelemetryFeed();
    const heard = vi.fn();
    const stop = feed.subscribe(heard);
    feed.push(telemetry({}), 0);
    stop();
    feed.push(telemetry({}), 0);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('LevelHold', () => {
  const level = (rms: number, peak: number, clipped = false) => ({ rms, peak, clipped });

  it('is silent before the first level', () => {
    expect(new LevelHold().levelDb(1000)).toBe(SILENCE_DB);
  });

  it('rises at once and falls evenly', () => {
    const hold = new LevelHold();
    hold.push(level(-20, -10), 0);
    hold.push(level(-90, -90), 50);
    expect(hold.levelDb(50)).toBeGreaterThan(-25);
    expect(hold.levelDb(1050)).toBeLessThan(hold.levelDb(550));
    expect(hold.levelDb(60_000)).toBe(SILENCE_DB);
    hold.push(level(-6, -3), 60_000);
    expect(hold.levelDb(60_000)).toBe(-6);
  });

  it('holds a peak for a while, lets it go, and takes a higher one at once', () => {
    const hold = new LevelHold();
    hold.push(level(-20, -10), 0);
    hold.push(level(-60, -50), 1000);
    expect(hold.peakDb(1000)).toBe(-10);
    expect(hold.peakDb(2500)).toBeLessThan(-10);
    hold.push(level(-20, -2), 2500);
    expect(hold.peakDb(2500)).toBe(-2);
  });

  it('shows clipping long enough to be seen', () => {
    const hold = new LevelHold();
    expect(hold.isClipped(0)).toBe(false);
    hold.push(level(-3, 0, true), 0);
    hold.push(level(-20, -10), 50);
    expect(hold.isClipped(1000)).toBe(true);
    expect(hold.isClipped(10_000)).toBe(false);
  });
});

describe('SpectrogramHistory', () => {
  const columns = (input: number[][], output = input, columnMs = 20) => ({
    spectrogram: { bins: 2, columnMs, input, output },
  });

  it('keeps the last seconds, column n at n modulo its capacity', () => {
    const history = new SpectrogramHistory();
    history.push(columns([[-120, 0]], [[-60, -30]]), 0);
    expect(history.capacity).toBe((HISTORY_S * 1000) / 20);
    expect([...history.input.subarray(0, 2)]).toEqual([0, 120]);
    expect([...history.output.subarray(0, 2)]).toEqual([60, 90]);
    for (let i = 0; i < history.capacity; i++) history.push(columns([[-i % 100, -1]]), i);
    expect(history.written).toBe(history.capacity + 1);
    expect(history.input[1]).toBe(119); // column `capacity` lies where column 0 lay
  });

  it('starts anew where columns are of another kind', () => {
    const history = new SpectrogramHistory();
    history.push(columns([[-1, -2]]), 0);
    history.push(columns([[-3, -4]], [[-3, -4]], 10), 0);
    expect(history.written).toBe(1);
    expect(history.capacity).toBe(HISTORY_S * 100);
  });

  it('stays aligned when one side brings fewer columns, or a short one', () => {
    const history = new SpectrogramHistory();
    history.push(
      columns(
        [
          [-1, -2],
          [-3, -4],
        ],
        [[-5]],
      ),
      0,
    );
    expect(history.written).toBe(1);
    expect([...history.output.subarray(0, 2)]).toEqual([115, 0]);
  });

  it('takes no columns at all in its stride', () => {
    const history = new SpectrogramHistory();
    history.push({ spectrogram: { bins: 0, columnMs: 0, input: [], output: [] } }, 0);
    expect(history.written).toBe(0);
  });
});

describe('CodeMap', () => {
  const heard = (quantizer: string, ...codes: number[]) => ({
    heard: { quantizer, codebooks: codes.length, bypass: false },
    codebooks: codes.map((lastCode) => ({ lastCode, usage: 0.5, perplexity: 100 })),
  });

  it('lights the part of the codebook that a code lies in, and lets it fade', () => {
    const map = new CodeMap(() => 1024);
    map.push(heard('rvq', 1023, -1));
    expect(map.heat[0]![MAP_CELLS - 1]).toBe(1);
    expect(Math.max(...map.heat[1]!)).toBe(0);
    for (let i = 0; i < 35; i++) map.push(heard('rvq', 0, -1));
    expect(map.heat[0]![MAP_CELLS - 1]).toBeLessThan(0.5);
    expect(map.heat[0]![0]).toBe(1);
  });

  it('starts anew with another quantizer', () => {
    const map = new CodeMap((id) => (id === 'vq' ? 512 : 1024));
    map.push(heard('rvq', 5, 5));
    map.push(heard('vq', 511));
    expect(map.heat).toHaveLength(1);
    expect(map.heat[0]![MAP_CELLS - 1]).toBe(1);
  });

  it('draws nothing for codes beyond the codebook, or of a codebook nobody knows', () => {
    const map = new CodeMap((id) => (id === 'vq' ? 16 : 0));
    map.push(heard('rvq', 7));
    expect(Math.max(...map.heat[0]!)).toBe(0);
    map.push(heard('vq', 16));
    expect(Math.max(...map.heat[0]!)).toBe(0);
  });
});
