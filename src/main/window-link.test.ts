import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent, AppMessage } from '../ipc/app/app-protocol.ts';
import { bridgeChannels } from '../ipc/app/bridge.ts';
import { WindowLink, type PageContents } from './window-link.ts';

class FakeContents extends EventEmitter {
  static count = 0;
  readonly id = ++FakeContents.count;
  readonly sent: AppMessage[] = [];
  isDestroyed = () => false;
  send(channel: string, message: AppMessage) {
    expect(channel).toBe(bridgeChannels.message);
    this.sent.push(message);
  }
}

const listeners = new Set<(event: AppEvent) => void>();
const handle = vi.fn<(request: unknown) => Promise<AppMessage>>();
const core = {
  handle,
  onEvent(listener: (event: AppEvent) => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};
const library: AppEvent = { type: 'library' };
const emit = (event: AppEvent) => listeners.forEach((listener) => listener(event));

let ipc: EventEmitter;
let link: WindowLink;
let contents: FakeContents;
beforeEach(() => {
  listeners.clear();
  handle.mockReset().mockImplementation((request) => {
    const { id } = Object(request) as { id: number };
    return Promise.resolve({ ipc: 1, type: 'done', id, result: null });
  });
  ipc = new EventEmitter();
  link = new WindowLink(ipc as never, core);
  contents = new FakeContents();
  link.attach(contents as unknown as PageContents);
});

const own = { url: 'residua://app/index.html', parent: null };
const hello = { ipc: 1, id: 0, command: 'hello', argument: null };
const say = (args: unknown[], senderFrame: unknown = own, sender: object = contents) =>
  ipc.emit(bridgeChannels.request, { sender, senderFrame }, ...args);
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('WindowLink', () => {
  it("answers the app's own page and tells it events from its hello on", async () => {
    emit(library);
    say([hello]);
    await settled();
    emit(library);
    expect(contents.sent).toEqual([
      { ipc: 1, type: 'done', id: 0, result: null },
      { ipc: 1, type: 'event', event: library },
    ]);
  });

  it.each([
    ['a foreign page', { url: 'https://example.org/', parent: null }],
    ['an embedded frame', { ...own, parent: {} }],
    ['a frame that is gone', null],
    ['a page of a similar name', { url: 'residua://app.evil/index.html', parent: null }],
  ])('does not hear %s', async (_name, frame) => {
    say([hello], frame);
    await settled();
    expect(handle).not.toHaveBeenCalled();
    expect(contents.sent).toEqual([]);
  });

  it('does not hear another window', async () => {
    say([hello], own, new FakeContents());
    await settled();
    expect(handle).not.toHaveBeenCalled();
  });

  it('has the core refuse messages of another shape', async () => {
    say([]);
    say([hello, 'more']);
    await settled();
    expect(handle.mock.calls).toEqual([[undefined], [undefined]]);
  });

  it('a page that is loaded anew gets nothing that was meant for the one before', async () => {
    say([hello]);
    await settled();
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    emit(library);
    expect(contents.sent).toHaveLength(1);
    expect(listeners.size).toBe(0);
    say([hello]);
    await settled();
    emit(library);
    expect(contents.sent).toHaveLength(3);
  });

  it('keeps a flood from the core and says so', async () => {
    for (let i = 0; i < 5000; i++) say([{ ...hello, id: i }]);
    await settled();
    expect(handle.mock.calls.length).toBeLessThan(4000);
    const refused = contents.sent.filter(({ type }) => type === 'failed');
    expect(refused[0]).toMatchObject({ problem: { code: 'IPC_FLOOD' } });
  });

  it('lets go of a window that is gone', async () => {
    contents.emit('destroyed');
    expect(listeners.size).toBe(0);
    say([hello]);
    await settled();
    expect(handle).not.toHaveBeenCalled();
  });
});
