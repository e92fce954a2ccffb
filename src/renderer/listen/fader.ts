/** What of an `AudioParam` is used. */
export type FadedParam = Pick<
  AudioParam,
  'value' | 'cancelAndHoldAtTime' | 'setValueAtTime' | 'linearRampToValueAtTime'
>;

interface Point {
  readonly time: number;
  readonly value: number;
}

/**
 * Moves a gain along straight lines, and from wherever it is when it is moved again midway. It knows its own
 * course, as an `AudioParam` can tell its value only now, not at the time for which something is planned.
 */
export class Fader {
  readonly #parameter: FadedParam;
  #points: Point[];

  constructor(parameter: FadedParam, value: number) {
    this.#parameter = parameter;
    parameter.value = value;
    this.#points = [{ time: -Infinity, value }];
  }

  valueAt(time: number): number {
    let previous = this.#points[0]!;
    for (const point of this.#points) {
      if (point.time > time) {
        if (previous.time === -Infinity) return previous.value;
        const share = (time - previous.time) / (point.time - previous.time);
        return previous.value + share * (point.value - previous.value);
      }
      previous = point;
    }
    return previous.value;
  }

  /** From its value at `atTime` to each of `values` in turn, each within `seconds`. What was planned later is off. */
  move(values: readonly number[], atTime: number, seconds: number): void {
    const start = this.valueAt(atTime);
    this.#parameter.cancelAndHoldAtTime(atTime);
    this.#parameter.setValueAtTime(start, atTime);
    this.#points = [
      { time: -Infinity, value: start },
      { time: atTime, value: start },
    ];
    values.forEach((value, index) => {
      const time = atTime + (index + 1) * seconds;
      this.#parameter.linearRampToValueAtTime(value, time);
      this.#points.push({ time, value });
    });
  }

  /** At once, from `atTime` on, after whatever is planned until then. */
  jump(value: number, atTime: number): void {
    this.#parameter.setValueAtTime(value, atTime);
    this.#points.push({ time: atTime, value }, { time: atTime, value });
  }
}
