import { describe, expect, it } from 'vitest';
import { fitLoop, nextSegment, Schedule, type Course } from './timeline.ts';

const course = (change: Partial<Course> = {}): Course => ({
  totalFrames: 2500,
  loop: null,
  pieceFrames: 1000,
  ...change,
});

/** @returns the places played, as [start, end] */
function follow(start: number, { count, ...change }: Partial<Course> & { count: number }) {
  const played: [number, number][] = [];
  let position = start;
  for (let i = 0; i < count; i++) {
    const segment = nextSegment(position, false, course(change));
    if (segment === null) break;
    position = segment.startFrame + segment.frames;
    played.push([segment.startFrame, position]);
  }
  return played;
}

describe('nextSegment', () => {
  it('ends at pieces and at the end of the sound', () => {
    expect(follow(300, { count: 9 })).toEqual([
      [300, 1000],
      [1000, 2000],
      [2000, 2500],
    ]);
  });

  it('fades in after a jump, and out where the sound ends', () => {
    expect(nextSegment(0, true, course())).toMatchObject({ isFadedIn: true, isFadedOut: false });
    expect(nextSegment(2000, false, course())).toMatchObject({
      isFadedIn: false,
      isFadedOut: true,
    });
  });

  it('goes around a loop without a frame too many, with fades at the seam', () => {
    const loop = { startFrame: 800, endFrame: 1200 };
    expect(follow(900, { count: 4, loop })).toEqual([
      [900, 1000],
      [1000, 1200],
      [800, 1000],
      [1000, 1200],
    ]);
    expect(nextSegment(1000, false, course({ loop }))).toMatchObject({ isFadedOut: true });
    expect(nextSegment(1200, false, course({ loop }))).toMatchObject({
      startFrame: 800,
      isFadedIn: true,
    });
  });

  it('plays into a loop from before it, and from behind it to the end and then into it', () => {
    const loop = { startFrame: 1100, endFrame: 1200 };
    expect(follow(950, { count: 3, loop })).toEqual([
      [950, 1000],
      [1000, 1200],
      [1100, 1200],
    ]);
    expect(follow(2100, { count: 2, loop })).toEqual([
      [2100, 2500],
      [1100, 1200],
    ]);
  });

  it('is over at the end and in an empty sound', () => {
    expect(nextSegment(2500, false, course())).toBeNull();
    expect(nextSegment(0, true, course({ totalFrames: 0 }))).toBeNull();
  });
});

describe('fitLoop', () => {
  it('turns around, clamps and rounds', () => {
    expect(fitLoop({ startFrame: 9e9, endFrame: -5 }, 100, 10)).toEqual({
      startFrame: 0,
      endFrame: 100,
    });
    expect(fitLoop({ startFrame: 1.4, endFrame: 30.6 }, 100, 10)).toEqual({
      startFrame: 1,
      endFrame: 31,
    });
  });

  it.each([
    [50, 55],
    [100, 200],
    [NaN, 50],
    [0, Infinity],
  ])('refuses %d to %d', (startFrame, endFrame) => {
    expect(fitLoop({ startFrame, endFrame }, 100, 10)).toBeNull();
  });
});

describe('Schedule', () => {
  const segment = (startFrame: number, frames: number) => ({
    startFrame,
    frames,
    isFadedIn: false,
    isFadedOut: false,
  });

  it('knows the place at any time, across loops and gaps', () => {
    const schedule = new Schedule();
    expect(schedule.positionAt(5)).toBeNull();
    schedule.add(segment(700, 100), 1000);
    schedule.add(segment(600, 200), 1100);
    schedule.add(segment(800, 50), 1500);
    expect(
      [0, 1000, 1050, 1100, 1299, 1400, 1510, 9999].map((at) => schedule.positionAt(at)),
    ).toEqual([700, 700, 750, 600, 799, 800, 810, 850]);
    expect(schedule.endsAtFrame).toBe(1550);
  });

  it('cuts what is to come and forgets what was, but for the last', () => {
    const schedule = new Schedule();
    schedule.add(segment(0, 100), 0);
    schedule.add(segment(100, 100), 100);
    schedule.add(segment(200, 100), 200);
    schedule.cut(150);
    expect(schedule.endsAtFrame).toBe(150);
    expect(schedule.positionAt(500)).toBe(150);
    schedule.forget(120);
    expect(schedule.segments).toHaveLength(1);
    schedule.forget(1e9);
    expect(schedule.segments).toHaveLength(1);
  });
});
