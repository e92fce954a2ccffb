import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { openedFiles } from './opened-files.ts';
import { quitOrderly } from './orderly-quit.ts';
import { Wakefulness } from './wakefulness.ts';

describe('Wakefulness', () => {
  it('blocks suspension once while the voice is on, and lets go of it', () => {
    let id = 0;
    const blocker = { start: vi.fn(() => id++), stop: vi.fn(() => true) };
    const wakefulness = new Wakefulness(blocker);
    for (const isLive of [false, true, true, false, false, true]) wakefulness.set(isLive);
    expect(blocker.start.mock.calls).toEqual([
      ['prevent-app-suspension'],
      ['prevent-app-suspension'],
    ]);
    expect(blocker.stop.mock.calls).toEqual([[0]]);
  });
});

describe('openedFiles', () => {
  it('finds code streams among the arguments, from where the person stood', () => {
    const argv = [
      '/usr/bin/residua',
      '--hidden',
      'a.rsd',
      '/b/C.RSD',
      'notes.txt',
      '--x=y.rsd',
      '.',
    ];
    expect(openedFiles(argv, '/here')).toEqual(['/here/a.rsd', '/b/C.RSD']);
    expect(openedFiles(['/usr/bin/residua.rsd'], '/here')).toEqual([]);
  });
});

describe('quitOrderly', () => {
  function app() {
    const emitter = Object.assign(new EventEmitter(), { exit: vi.fn() });
    const quit = () => {
      const event = { preventDefault: vi.fn() };
      emitter.emit('before-quit', event);
      expect(event.preventDefault).toHaveBeenCalled();
    };
    return { emitter, quit };
  }

  it('ends once, after everything is in order', async () => {
    const { emitter, quit } = app();
    let finish!: () => void;
    const end = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    quitOrderly(emitter as never, end);
    quit();
    quit();
    expect(end).toHaveBeenCalledOnce();
    expect(emitter.exit).not.toHaveBeenCalled();
    finish();
    await vi.waitFor(() => expect(emitter.exit).toHaveBeenCalledExactlyOnceWith(0));
  });

  it('ends all the same when that fails or hangs', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const failing = app();
    quitOrderly(failing.emitter as never, () => Promise.reject(new Error('disk')));
    failing.quit();
    await vi.waitFor(() => expect(failing.emitter.exit).toHaveBeenCalledWith(1));
    vi.useFakeTimers();
    const hanging = app();
    quitOrderly(hanging.emitter as never, () => new Promise(() => undefined));
    hanging.quit();
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(hanging.emitter.exit).toHaveBeenCalledExactlyOnceWith(0);
  });
});
