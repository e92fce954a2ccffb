/**
 * Which stretch of a sound is played when. Everything counts frames: of the sound (`startFrame`) and of the audio
 * context's clock (`atFrame`), which run at the same rate. No sound and no clock in here.
 */

/** A region that repeats, end exclusive. */
export interface Loop {
  readonly startFrame: number;
  readonly endFrame: number;
}

/** Played in one go, by all alternatives alike. */
export interface Segment {
  readonly startFrame: number;
  readonly frames: number;
  /** It does not follow on what was heard before: fade in. */
  readonly isFadedIn: boolean;
  /** What follows jumps: fade out. */
  readonly isFadedOut: boolean;
}

export interface Course {
  /** Length of the sound. */
  readonly totalFrames: number;
  readonly loop: Loop | null;
  /** Segments end at multiples of this, so that they can be cut out of one piece of what is cached. */
  readonly pieceFrames: number;
}

/**
 * @param position where to go on
 * @param hasJumped whether `position` does not follow on what was played before
 * @returns what to play next; `null` at the end
 */
export function nextSegment(
  position: number,
  hasJumped: boolean,
  { totalFrames, loop, pieceFrames }: Course,
): Segment | null {
  let start = position;
  let jumped = hasJumped;
  if (loop !== null && (start === loop.endFrame || start >= totalFrames)) {
    start = loop.startFrame;
    jumped = true;
  }
  if (start >= totalFrames) return null;
  const pieceEnd = (Math.floor(start / pieceFrames) + 1) * pieceFrames;
  let end = Math.min(pieceEnd, totalFrames);
  let isFadedOut = end === totalFrames;
  if (loop !== null && start < loop.endFrame && loop.endFrame <= end) {
    end = loop.endFrame;
    isFadedOut = true;
  }
  return { startFrame: start, frames: end - start, isFadedIn: jumped, isFadedOut };
}

/** @returns `loop` within the sound and at least `shortest` long; `null` for one that cannot be */
export function fitLoop(loop: Loop, totalFrames: number, shortest: number): Loop | null {
  if (!Number.isFinite(loop.startFrame) || !Number.isFinite(loop.endFrame)) return null;
  const clamp = (frame: number) => Math.max(0, Math.min(totalFrames, Math.round(frame)));
  const startFrame = clamp(Math.min(loop.startFrame, loop.endFrame));
  const endFrame = clamp(Math.max(loop.startFrame, loop.endFrame));
  return endFrame - startFrame < shortest ? null : { startFrame, endFrame };
}

export interface ScheduledSegment extends Segment {
  readonly atFrame: number;
}

/** What has been handed to the audio context, to tell which place is heard at a time of its clock. */
export class Schedule {
  #segments: ScheduledSegment[] = [];

  get segments(): readonly ScheduledSegment[] {
    return this.#segments;
  }

  /** When the last one ends; `null` without any. */
  get endsAtFrame(): number | null {
    const last = this.#segments.at(-1);
    return last === undefined ? null : last.atFrame + last.frames;
  }

  add(segment: Segment, atFrame: number): ScheduledSegment {
    const scheduled = { ...segment, atFrame };
    this.#segments.push(scheduled);
    return scheduled;
  }

  /** @returns the place heard at `atFrame`: in a gap or past the end, where it stopped; `null` with nothing before */
  positionAt(atFrame: number): number | null {
    let place: number | null = this.#segments[0]?.startFrame ?? null;
    for (const segment of this.#segments) {
      if (segment.atFrame > atFrame) break;
      place = segment.startFrame + Math.min(segment.frames, atFrame - segment.atFrame);
    }
    return place;
  }

  /** Drops what ended before `atFrame`, but for the last one. */
  forget(atFrame: number): void {
    const keepFrom = this.#segments.findIndex(
      (segment, index) =>
        segment.atFrame + segment.frames > atFrame || index === this.#segments.length - 1,
    );
    if (keepFrom > 0) this.#segments.splice(0, keepFrom);
  }

  /** Nothing is played from `atFrame` on. */
  cut(atFrame: number): void {
    this.#segments = this.#segments
      .filter((segment) => segment.atFrame < atFrame)
      .map((segment) => ({
        ...segment,
        frames: Math.min(segment.frames, atFrame - segment.atFrame),
      }));
  }

  clear(): void {
    this.#segments = [];
  }
}
