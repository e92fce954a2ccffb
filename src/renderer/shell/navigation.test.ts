import { expect, it } from 'vitest';
import { viewOf } from './navigation.ts';

it.each([
  ['#/compare', 'compare'],
  ['#/settings', 'settings'],
  ['', 'live'],
  ['#/nowhere', 'live'],
  ['#token=abc', 'live'],
  ['#/__proto__', 'live'],
])('the address %s shows %s', (hash, view) => {
  expect(viewOf(hash)).toBe(view);
});
