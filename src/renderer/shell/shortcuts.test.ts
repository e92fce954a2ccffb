import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isTyping, Shortcuts, type Shortcut } from './shortcuts.ts';

/** As much of an element as is looked at: its selector matches by name. */
class FakeElement {
  readonly matches: readonly string[];
  readonly type: string;

  constructor(matches: readonly string[], type = '') {
    this.matches = matches;
    this.type = type;
  }

  closest(selector: string): FakeElement | null {
    return selector.split(/,\s*/).some((part) => this.matches.includes(part)) ? this : null;
  }
}
const element = (matches: string[], type?: string) =>
  new FakeElement(matches, type) as unknown as EventTarget;

beforeAll(() => void vi.stubGlobal('Element', FakeElement));
afterAll(() => void vi.unstubAllGlobals());

const key = (name: string, change: object = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  target: null,
  ...change,
});

function setUp(change: Partial<Shortcut> = {}) {
  const shortcuts = new Shortcuts();
  const run = vi.fn();
  const remove = shortcuts.add({ keys: ['b'], group: 'g', label: 'l', run, ...change });
  return { shortcuts, run, remove };
}

describe('Shortcuts', () => {
  it('runs what a key stands for, in either case, until it is taken away', () => {
    const { shortcuts, run, remove } = setUp();
    expect(shortcuts.down(key('b'))).toBe(true);
    expect(shortcuts.down(key('B'))).toBe(true);
    expect(run).toHaveBeenCalledTimes(2);
    expect(shortcuts.down(key('x'))).toBe(false);
    remove();
    expect(shortcuts.down(key('b'))).toBe(false);
  });

  it('tells which of its keys it was', () => {
    const { shortcuts, run } = setUp({ keys: ['1', '2'] });
    shortcuts.down(key('2'));
    expect(run).toHaveBeenCalledWith('2');
  });

  it('does nothing while the person types, or with a modifier, or behind a dialog', () => {
    const { shortcuts, run } = setUp();
    shortcuts.down(key('b', { target: element(['input'], 'text') }));
    shortcuts.down(key('b', { target: element(['select']) }));
    shortcuts.down(key('b', { ctrlKey: true }));
    shortcuts.down(key('b', { metaKey: true }));
    shortcuts.down(key('b', { altKey: true }));
    shortcuts.down(key('b', { defaultPrevented: true }));
    shortcuts.down(key('b'), true);
    expect(run).not.toHaveBeenCalled();
    shortcuts.down(key('b', { target: element(['input'], 'range') }));
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('leaves space and enter to a control that has the focus', () => {
    const { shortcuts, run } = setUp({ keys: [' '] });
    expect(shortcuts.down(key(' ', { target: element(['button']) }))).toBe(false);
    expect(run).not.toHaveBeenCalled();
    expect(shortcuts.down(key(' ', { target: element([]) }))).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('runs once for a key that is held, and ends when it is let go', () => {
    const release = vi.fn();
    const { shortcuts, run } = setUp({ release });
    shortcuts.down(key('b'));
    shortcuts.down(key('b', { repeat: true }));
    shortcuts.down(key('b'));
    expect(run).toHaveBeenCalledTimes(1);
    shortcuts.up('B');
    shortcuts.up('b');
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('ends what is held when the window loses the keyboard, or the view goes', () => {
    const release = vi.fn();
    const { shortcuts, remove } = setUp({ release });
    shortcuts.down(key('b'));
    shortcuts.releaseAll();
    expect(release).toHaveBeenCalledTimes(1);
    shortcuts.down(key('b'));
    remove();
    expect(release).toHaveBeenCalledTimes(2);
  });

  it('prefers what was added last', () => {
    const { shortcuts, run } = setUp();
    const newer = vi.fn();
    shortcuts.add({ keys: ['b'], group: 'g', label: 'newer', run: newer });
    shortcuts.down(key('b'));
    expect(newer).toHaveBeenCalled();
    expect(run).not.toHaveBeenCalled();
  });
});

describe('isTyping', () => {
  it('knows where keys are text', () => {
    expect(isTyping(element(['textarea']))).toBe(true);
    expect(isTyping(element(['input'], 'search'))).toBe(true);
    expect(isTyping(element(['input'], 'checkbox'))).toBe(false);
    expect(isTyping(element(['button']))).toBe(false);
    expect(isTyping(null)).toBe(false);
  });
});
