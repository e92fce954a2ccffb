import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parentLink } from '../parent-link.ts';
import { utilityEngine, type UtilityProcessLike } from './utility-engine.ts';

/** Electron's two ends, joined: what one posts the other receives, as Electron hands it over. */
class FakeUtility extends EventEmitter implements UtilityProcessLike {
  pid: number | undefined;
  readonly parentPort = new EventEmitter() as EventEmitter & { postMessage(m: unknown): void };
  readonly kill = vi.fn(() => true);

  constructor() {
    super();
    this.parentPort.postMessage = (message) => void this.emit('message', structuredClone(message));
  }

  postMessage(message: unknown): void {
    this.parentPort.emit('message', { data: structuredClone(message) });
  }
}

afterEach(() => {
  delete (process as { parentPort?: unknown }).parentPort;
});

describe('an engine in an Electron utility process', () => {
  it('talks both ways', async () => {
    const utility = new FakeUtility();
    (process as { parentPort?: unknown }).parentPort = utility.parentPort;
    const engine = utilityEngine(utility);
    const link = parentLink();
    const [up, down]: [unknown[], unknown[]] = [[], []];
    engine.onMessage((message) => up.push(message));
    link.onMessage((message) => down.push(message));
    engine.send({ command: 'start' });
    link.send({ type: 'ready' });
    await link.sendLast({ type: 'done' });
    expect(down).toEqual([{ command: 'start' }]);
    expect(up).toEqual([{ type: 'ready' }, { type: 'done' }]);
  });

  it('says how it ended', () => {
    const utility = new FakeUtility();
    const ends: string[] = [];
    utilityEngine(utility).onExit((why) => ends.push(why));
    utility.emit('exit', 9);
    expect(ends).toEqual(['it ended with status 9']);
  });

  it('is killed for certain, or by Electron where its process is not known', async () => {
    const utility = new FakeUtility();
    const engine = utilityEngine(utility);
    engine.kill();
    expect(utility.kill).toHaveBeenCalledOnce();
    const stubborn = spawn(
      process.execPath,
      ['-e', "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(stubborn.stdout, 'data');
    utility.pid = stubborn.pid;
    engine.kill();
    const [, signal] = (await once(stubborn, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    engine.kill(); // gone already
  });
});

describe('parentLink', () => {
  it('refuses to serve nobody', () => {
    const send = process.send;
    delete (process as { send?: unknown }).send;
    try {
      expect(() => parentLink()).toThrow(expect.objectContaining({ code: 'ENGINE_NO_PARENT' }));
    } finally {
      if (send) process.send = send;
    }
  });
});
