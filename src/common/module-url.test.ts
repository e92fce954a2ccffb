import { describe, expect, it } from 'vitest';
import { moduleUrl } from './module-url.ts';

describe('moduleUrl', () => {
  it.each([
    ['file:///r/src/host/client/a.ts', 'file:///r/src/host/engine-main.ts'],
    ['file:///r/out/main/host/client/a.js', 'file:///r/out/main/host/engine-main.js'],
    [
      'file:///o/app.asar/out/main/host/client/a.js',
      'file:///o/app.asar.unpacked/out/main/host/engine-main.js',
    ],
    [
      'file:///o/app.asar.unpacked/out/main/host/client/a.js',
      'file:///o/app.asar.unpacked/out/main/host/engine-main.js',
    ],
  ])('from %s', (from, expected) => {
    expect(moduleUrl('../engine-main', from).href).toBe(expected);
  });
});
