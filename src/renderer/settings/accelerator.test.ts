import { expect, it } from 'vitest';
import { toAccelerator } from './accelerator.ts';

const press = (key: string, code: string, ...modifiers: ('ctrl' | 'alt' | 'shift' | 'meta')[]) =>
  toAccelerator({
    key,
    code,
    ctrlKey: modifiers.includes('ctrl'),
    altKey: modifiers.includes('alt'),
    shiftKey: modifiers.includes('shift'),
    metaKey: modifiers.includes('meta'),
  });

it.each([
  ['Control+Shift+M', press('M', 'KeyM', 'ctrl', 'shift')],
  ['Alt+M', press('µ', 'KeyM', 'alt')], // by place: with Alt the sign is another one
  ['Control+Alt+1', press('1', 'Digit1', 'alt', 'ctrl')],
  ['Super+Space', press(' ', 'Space', 'meta')],
  ['F9', press('F9', 'F9')],
  ['Control+Left', press('ArrowLeft', 'ArrowLeft', 'ctrl')],
])('%s', (accelerator, pressed) => {
  expect(pressed).toBe(accelerator);
});

it('is nothing while only modifiers are down, and takes no letter from typing', () => {
  expect(press('Control', 'ControlLeft', 'ctrl')).toBeNull();
  expect(press('m', 'KeyM')).toBeNull();
  expect(press('M', 'KeyM', 'shift')).toBeNull();
  expect(press('F25', 'F25')).toBeNull();
  expect(press('AudioVolumeUp', 'AudioVolumeUp', 'ctrl')).toBeNull();
});
