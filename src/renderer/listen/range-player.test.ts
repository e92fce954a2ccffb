import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasChromium,
  openModulePage,
  type ModulePage,
} from '../../../test/fixtures/chromium-page.ts';
import type * as harness from './player-harness.ts';
import { PERIOD, valueAt } from './player-harness.ts';

/** What runs in the page sees the harness under this name. */
declare const kit: typeof harness;

const STEP = 0.8 / PERIOD;

/** A stretch of sound without a gap and without a wrong sample, by the frames it is made of. */
interface Run {
  readonly from: number;
  readonly to: number;
}

/**
 * @returns the stretches of the staircase in what was heard, either sign. Fades at their ends, where samples belong
 * to no place, are not part of them.
 */
function runsOf(heard: readonly number[]): Run[] {
  const runs: Run[] = [];
  let start = -1;
  const isNext = (a: number, b: number): boolean => {
    const step = Math.abs(b) - Math.abs(a);
    const isWrap = Math.abs(step + STEP * (PERIOD - 1)) < STEP / 2;
    return a * b > 0 && (isWrap || Math.abs(step - STEP) < STEP / 20);
  };
  const place = (v: number): number => Math.round((Math.abs(v) - 0.1) / STEP);
  for (let i = 1; i <= heard.length; i++) {
    const follows = i < heard.length && isNext(heard[i - 1]!, heard[i]!);
    if (follows && start < 0) start = i - 1;
    if (!follows && start >= 0) {
      const from = place(heard[start]!);
      runs.push({ from, to: from + i - start });
      start = -1;
    }
  }
  return runs.filter(({ from, to }) => to - from > 40);
}

describe.skipIf(!hasChromium)('in a real browser [needs Chromium]', () => {
  let opened: ModulePage;
  beforeAll(async () => {
    opened = await openModulePage(path.join(import.meta.dirname, 'player-harness.ts'), 'kit');
  });
  afterAll(() => opened?.close());

  describe('the mixer', () => {
    it('keeps alternatives together to the sample through every switch', async () => {
      const heard = await opened.page.evaluate(async () => {
        const frames = 3 * kit.RATE;
        const context = new OfflineAudioContext(1, frames, kit.RATE);
        const mixer = new kit.Mixer(context, context.destination);
        const sound = kit.staircase(frames);
        for (const key of ['a', 'b', 'c']) mixer.add(key, 1);
        mixer.select('a', 'crossfade', 0);
        // Pieces of different lengths, as they come from the app.
        for (let start = 0, n = 0; start < frames; n++) {
          const end = Math.min(frames, start + 5000 + 777 * (n % 3));
          for (const key of ['a', 'b', 'c']) {
            mixer.play(
              key,
              sound.subarray(start, end),
              { in: false, out: false },
              start / kit.RATE,
            );
          }
          start = end;
        }
        // Also in the middle of another switch.
        for (const [key, at] of [
          ['b', 0.5],
          ['c', 0.507],
          ['a', 0.511],
          ['b', 1.9999],
          ['a', 2.5],
        ] as const) {
          void context.suspend(at).then(() => {
            mixer.select(key, 'crossfade', context.currentTime + 0.01);
            void context.resume();
          });
        }
        return [...(await context.startRendering()).getChannelData(0)];
      });
      const wrong = heard.findIndex((v, n) => Math.abs(v - valueAt(n)) > 1e-4 && n > 300);
      expect(wrong).toBe(-1);
    });

    it('switches without a step, in a straight line of 15 ms', async () => {
      const heard = await opened.page.evaluate(async () => {
        const context = new OfflineAudioContext(1, kit.RATE, kit.RATE);
        const mixer = new kit.Mixer(context, context.destination);
        mixer.add('up', 1);
        mixer.add('down', 1);
        mixer.select('up', 'crossfade', 0);
        const fades = { in: false, out: false };
        mixer.play('up', new Float32Array(kit.RATE).fill(0.5), fades, 0);
        mixer.play('down', new Float32Array(kit.RATE).fill(-0.5), fades, 0);
        mixer.select('down', 'crossfade', 0.5);
        return [...(await context.startRendering()).getChannelData(0)];
      });
      expect(heard[7990]).toBeCloseTo(0.5, 5);
      expect(heard[8000 + 120]).toBeCloseTo(0, 2);
      expect(heard[8000 + 250]).toBeCloseTo(-0.5, 5);
      const steps = heard.slice(1000).map((v, i, all) => Math.abs(v - (all[i - 1] ?? v)));
      expect(Math.max(...steps)).toBeLessThan(1.1 / 240);
    });

    it('in a blind test goes through silence, also to the same sound', async () => {
      const [same, other] = await opened.page.evaluate(async () => {
        const render = async (to: string) => {
          const context = new OfflineAudioContext(1, kit.RATE, kit.RATE);
          const mixer = new kit.Mixer(context, context.destination);
          mixer.add('a', 1);
          mixer.add('b', 1);
          mixer.select('a', 'crossfade', 0);
          const fades = { in: false, out: false };
          for (const key of ['a', 'b']) {
            mixer.play(key, new Float32Array(kit.RATE).fill(0.5), fades, 0);
          }
          mixer.select(to, 'silence', 0.5);
          return [...(await context.startRendering()).getChannelData(0)];
        };
        return [await render('a'), await render('b')] as const;
      });
      expect(Math.min(...same.slice(8000, 8500).map(Math.abs))).toBeLessThan(0.01);
      expect(Math.max(...same.map((v, i) => Math.abs(v - other[i]!)).slice(1000))).toBeLessThan(
        1e-5,
      );
    });
  });

  describe('the player', () => {
    it('switches and takes in newcomers while it plays, without a wrong sample', async () => {
      const { heard, position, state } = await opened.page.evaluate(async () => {
        const { context, ear, heard } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        const sound = kit.staircase(6 * kit.RATE);
        await player.add({ key: 'a', source: kit.memorySource(sound, kit.RATE) });
        await player.add({ key: 'b', source: kit.memorySource(sound, kit.RATE) });
        await player.play();
        await kit.sleep(400);
        player.select('b');
        await kit.sleep(300);
        await player.add({ key: 'c', source: kit.memorySource(sound, kit.RATE) });
        player.select('c');
        await kit.sleep(300);
        player.remove('a');
        await kit.sleep(300);
        const result = { position: player.position(), state: player.state };
        player.pause();
        await kit.sleep(200);
        player.dispose();
        return { heard: [...heard()], ...result };
      });
      const runs = runsOf(heard);
      expect(runs).toHaveLength(1);
      expect(runs[0]!.from).toBeLessThan(120); // all but the fade
      const seconds = (runs[0]!.to - runs[0]!.from) / 16_000;
      expect(seconds).toBeGreaterThan(1.2);
      expect(Math.abs(position - seconds)).toBeLessThan(0.4);
      expect(state).toMatchObject({ status: 'playing', heard: 'c', ready: ['b', 'c'], seconds: 6 });
    });

    it('is at the same place in the other alternative', async () => {
      const heard = await opened.page.evaluate(async () => {
        const { context, ear, heard } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        const frames = 4 * kit.RATE;
        await player.add({ key: 'a', source: kit.memorySource(kit.staircase(frames), kit.RATE) });
        await player.add({
          key: 'b',
          source: kit.memorySource(kit.staircase(frames, -1), kit.RATE),
        });
        await player.play();
        await kit.sleep(300);
        player.select('b');
        await kit.sleep(300);
        player.dispose();
        return [...heard()];
      });
      const [first, second] = runsOf(heard);
      // Between the two stretches lies nothing but the crossfade.
      const between = (((second!.from - first!.to) % PERIOD) + PERIOD) % PERIOD;
      expect(between).toBeGreaterThan(200);
      expect(between).toBeLessThan(0.015 * 16_000 + 3);
      expect(heard.some((v) => v < -0.1)).toBe(true);
    });

    it('repeats a region to the frame, and takes up a new one without a gap', async () => {
      const heard = await opened.page.evaluate(async () => {
        const { context, ear, heard } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        await player.add({
          key: 'a',
          source: kit.memorySource(kit.staircase(10 * kit.RATE), kit.RATE),
        });
        await player.play();
        await kit.sleep(300);
        if (!player.setLoop({ start: 0.7, end: 0.9 })) throw new Error('no loop');
        if (player.setLoop({ start: 0.7, end: 0.71 })) throw new Error('a loop too short');
        if (player.setLoop({ start: NaN, end: 1 })) throw new Error('a loop of nothing');
        await kit.sleep(1500);
        player.dispose();
        return [...heard()];
      });
      const [first, ...rounds] = runsOf(heard);
      // 0.9 s is frame 14 400, the staircase's 2400th; fades of 6 ms at the seam are not counted.
      expect(14_400 - first!.to).toBeLessThan(110);
      expect(rounds.length).toBeGreaterThan(2);
      for (const { from, to } of rounds.slice(0, -1)) {
        expect(from).toBeGreaterThanOrEqual(11_200 % PERIOD);
        expect(from).toBeLessThan((11_200 % PERIOD) + 110);
        expect(to - from).toBeGreaterThan(3200 - 220);
      }
    });

    it('waits for a slow read with all alternatives together, and goes on at the next frame', async () => {
      const { heard, statuses } = await opened.page.evaluate(async () => {
        const { context, ear, heard } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        const hour = 3600 * kit.RATE;
        const slow = async (start: number) => {
          if (start === 2 * kit.RATE) await kit.sleep(3000);
        };
        await player.add({ key: 'fast', source: kit.endless(hour) });
        await player.add({ key: 'slow', source: kit.endless(hour, slow) });
        const statuses: string[] = [];
        player.subscribe(() => {
          if (statuses.at(-1) !== player.state.status) statuses.push(player.state.status);
        });
        await Promise.race([player.play(), kit.sleep(100)]);
        await kit.until(() => player.position() > 2.5);
        player.dispose();
        return { heard: [...heard()], statuses };
      });
      const runs = runsOf(heard);
      expect(statuses).toEqual(['waiting', 'playing', 'waiting', 'playing', 'disposed']);
      expect(runs).toHaveLength(2);
      const [before, after] = runs;
      // 2 s are 32 000 frames, a whole number of stairs: nothing is lost but the two fades.
      expect(32_000 - before!.to).toBeLessThan(110);
      expect(after!.from).toBeLessThan(110);
    });

    it('seeks in a long sound, plays to its end and from the start again', async () => {
      const { heard, places, reads } = await opened.page.evaluate(async () => {
        const { context, ear, heard } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        const frames = 7200 * kit.RATE;
        const reads: number[] = [];
        const count = (start: number) => {
          reads.push(start);
          return Promise.resolve();
        };
        await player.add({ key: 'a', source: kit.endless(frames, count) });
        const places: number[] = [];
        player.seek(7199.5);
        places.push(player.position());
        player.seek(NaN);
        await player.play();
        await kit.until(() => player.state.status === 'paused');
        places.push(player.position());
        await player.play();
        await kit.sleep(300);
        places.push(player.position());
        player.dispose();
        return { heard: [...heard()], places, reads };
      });
      expect(places[0]).toBe(7199.5);
      expect(places[1]).toBe(7200);
      expect(places[2]).toBeLessThan(1);
      const [end, start] = runsOf(heard);
      expect(end!.to - end!.from).toBeGreaterThan(8000 - 220);
      expect(start!.from).toBeLessThan(110);
      // Nothing was read that is not near what was played.
      expect(reads.every((frame) => frame < 16_000 * 10 || frame > 16_000 * 7190)).toBe(true);
    });

    it('says why it cannot play, and frees the sound device', async () => {
      const result = await opened.page.evaluate(async () => {
        const { context, ear } = await kit.listeningContext();
        const player = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        const broken = (start: number) =>
          start === 0 ? Promise.resolve() : Promise.reject(new Error('the file is gone'));
        await player.add({ key: 'a', source: kit.endless(3600 * kit.RATE, broken) });
        const other = await player
          .add({ key: 'b', source: kit.memorySource(new Float32Array(9), 48_000) })
          .catch((error: Error) => error.message);
        const second = new kit.RangePlayer({
          createContext: () => context,
          destination: () => ear,
        });
        await second.add({ key: 'a', source: kit.endless(3600 * kit.RATE, broken) });
        await second.play();
        await kit.until(() => second.state.status === 'failed');
        const reason = second.state.error?.message;
        second.dispose();
        second.dispose();
        await kit.until(() => context.state === 'closed');
        return { other, reason, after: second.state.status };
      });
      expect(result).toEqual({
        other: 'Sounds of 16000 and 48000 Hz cannot be compared.',
        reason: 'the file is gone',
        after: 'disposed',
      });
    });
  });
});
