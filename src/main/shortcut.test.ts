import { describe, expect, it, vi } from 'vitest';
import { Shortcut } from './shortcut.ts';

function registry() {
  const keys = new Map<string, () => void>();
  return {
    keys,
    register: vi.fn((accelerator: string, pressed: () => void) => {
      if (accelerator === 'nonsense') throw new TypeError('conversion failure');
      if (accelerator === 'taken') return false;
      keys.set(accelerator, pressed);
      return true;
    }),
    unregister: vi.fn((accelerator: string) => void keys.delete(accelerator)),
  };
}

describe('Shortcut', () => {
  it('works from when it is set until it is changed', () => {
    const keys = registry();
    const pressed = vi.fn();
    const shortcut = new Shortcut(keys, pressed);
    shortcut.set('F1');
    shortcut.set('F1');
    keys.keys.get('F1')!();
    expect(pressed).toHaveBeenCalledOnce();
    expect(keys.register).toHaveBeenCalledOnce();
    shortcut.set('F2');
    expect([...keys.keys.keys()]).toEqual(['F2']);
    shortcut.set(null);
    expect(keys.keys.size).toBe(0);
  });

  it.each([
    ['nonsense', 'SHORTCUT_INVALID'],
    ['taken', 'SHORTCUT_TAKEN'],
  ])('says that %s does not work, and then has none', (accelerator, code) => {
    const keys = registry();
    const shortcut = new Shortcut(keys, vi.fn());
    shortcut.set('F1');
    expect(() => shortcut.set(accelerator)).toThrow(expect.objectContaining({ code }));
    expect(keys.keys.size).toBe(0);
    shortcut.set('F1');
    expect(keys.keys.size).toBe(1);
  });
});
