import { beforeEach, describe, expect, it } from 'vitest';
import type { AppEvent, Notice } from '../ipc/app/app-protocol.ts';
import { Notices } from './notices.ts';

let heard: Notice[];
let areHeard: boolean;
let nowMs: number;
let notices: Notices;

beforeEach(() => {
  heard = [];
  areHeard = true;
  nowMs = 0;
  notices = new Notices({
    emit: (event: AppEvent) => {
      if (event.type === 'notice') heard.push(event.notice);
    },
    areHeard: () => areHeard,
    now: () => nowMs,
  });
});

const add = (code: string, message = 'Something happened.') =>
  notices.add({ level: 'warning', code, message });

describe('Notices', () => {
  it('have numbers of their own', () => {
    add('a');
    notices.problem({ code: 'b', message: 'It broke.', hint: 'Mend it.' });
    expect(heard).toEqual([
      { id: 1, level: 'warning', code: 'a', message: 'Something happened.', hint: null },
      { id: 2, level: 'error', code: 'b', message: 'It broke.', hint: 'Mend it.' },
    ]);
  });

  it('wait for a window, which hears each once', () => {
    areHeard = false;
    add('early');
    notices.catchUp(); // the shell asks, for itself
    expect(heard).toEqual([]);
    areHeard = true;
    notices.catchUp();
    notices.catchUp();
    expect(heard.map(({ code }) => code)).toEqual(['early']);
  });

  it('do not repeat themselves within seconds', () => {
    add('x', 'one');
    add('x', 'one');
    add('x', 'two');
    add('overload', '40 ms');
    add('overload', '50 ms');
    expect(heard.map(({ message }) => message)).toEqual(['one', 'two', '40 ms']);
    nowMs = 60_000;
    add('x', 'two');
    add('overload', '60 ms');
    expect(heard).toHaveLength(5);
  });

  it('hours of the same trouble are told now and then', () => {
    for (; nowMs < 60_000; nowMs += 50) add('overload', `${nowMs} ms`);
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.length).toBeLessThan(8);
  });

  it('are kept for diagnostics, the newest fifty', () => {
    for (let i = 0; i < 80; i++) add(`code-${i}`);
    expect(notices.kept).toHaveLength(50);
    expect(notices.kept.at(-1)?.code).toBe('code-79');
  });
});
