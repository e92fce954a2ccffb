import { expect, it } from 'vitest';
import { Fader } from './fader.ts';

function fader(value: number) {
  const calls: string[] = [];
  const parameter = {
    value: 0,
    cancelAndHoldAtTime: (t: number) => void calls.push(`hold ${t}`),
    setValueAtTime: (v: number, t: number) => void calls.push(`set ${v} ${t}`),
    linearRampToValueAtTime: (v: number, t: number) => void calls.push(`ramp ${v} ${t}`),
  };
  return { fader: new Fader(parameter as never, value), parameter, calls };
}

it('starts every move from where it is at that time, also midway through another', () => {
  const { fader: gain, parameter, calls } = fader(1);
  expect(parameter.value).toBe(1);
  gain.move([0], 10, 2);
  expect([9, 10, 11, 12, 99].map((t) => gain.valueAt(t))).toEqual([1, 1, 0.5, 0, 0]);
  gain.move([1], 11, 2);
  expect([11, 12, 13].map((t) => gain.valueAt(t))).toEqual([0.5, 0.75, 1]);
  expect(calls).toEqual(['hold 10', 'set 1 10', 'ramp 0 12', 'hold 11', 'set 0.5 11', 'ramp 1 13']);
});

it('goes through several values, and jumps', () => {
  const { fader: gain } = fader(1);
  gain.move([0, 1], 0, 1);
  expect([0, 0.5, 1, 1.5, 2].map((t) => gain.valueAt(t))).toEqual([1, 0.5, 0, 0.5, 1]);
  gain.move([0], 5, 1);
  gain.jump(1, 6);
  expect([5.5, 6, 7].map((t) => gain.valueAt(t))).toEqual([0.5, 1, 1]);
});
