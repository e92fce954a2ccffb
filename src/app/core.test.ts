import { describe, expect, it, vi } from 'vitest';
import { UsageError } from '../common/errors.ts';
import { appMessageSchema, type AppEvent } from '../ipc/app/app-protocol.ts';
import { DEFAULT_SETTINGS } from '../ipc/app/settings.ts';
import { IPC_VERSION } from '../ipc/version.ts';
import { AppCore, AppEvents } from './core.ts';
import type { Handlers } from './handlers.ts';

const handlers = {
  'settings.change': vi.fn(() => Promise.resolve(DEFAULT_SETTINGS)),
  'library.delete': vi.fn(() => Promise.resolve(null)),
  diagnostics: vi.fn(() => Promise.resolve('all is well')),
};
const end = vi.fn(() => Promise.resolve());

function create(events = new AppEvents()): AppCore {
  for (const handler of Object.values(handlers)) handler.mockClear();
  end.mockClear();
  return new AppCore(handlers as unknown as Handlers, events, end);
}

const request = (command: string, argument: unknown = null, id: unknown = 1) => ({
  ipc: IPC_VERSION,
  id,
  command,
  argument,
});

describe('AppCore', () => {
  it('answers with the number of the request', async () => {
    expect(await create().handle(request('diagnostics', null, 7))).toEqual({
      ipc: IPC_VERSION,
      type: 'done',
      id: 7,
      result: 'all is well',
    });
  });

  it.each([
    ['nothing', undefined, -1],
    ['null', null, -1],
    ['a text', 'hello', -1],
    ['a list', [1, 2, 3], -1],
    ['a number that is none', request('diagnostics', null, 'x'), -1],
    ['a negative number', request('diagnostics', null, -4), -4],
    ['a fraction', request('diagnostics', null, 1.5), -1],
    ['no command', { ipc: IPC_VERSION, id: 3, argument: null }, 3],
    ['an unknown command', request('explode'), 1],
    ['a property of every object', request('constructor'), 1],
    ['__proto__', request('__proto__'), 1],
    ['more than a request', { ...request('diagnostics'), force: true }, 1],
    ['an argument where there is none', request('diagnostics', { deep: true }), 1],
    ['no argument where there is one', request('library.delete'), 1],
    ['an id that leaves its folder', request('library.delete', { id: '../x' }), 1],
    ['an id that is too long', request('library.delete', { id: 'x'.repeat(129) }), 1],
    ['a setting that cannot be', request('settings.change', { theme: 'pink' }), 1],
    ['a setting there is none of', request('settings.change', { volume: 11 }), 1],
  ])('refuses %s, touching nothing', async (_name, received, id) => {
    const core = create();
    const answer = await core.handle(received);
    appMessageSchema.parse(answer);
    expect(answer).toMatchObject({ type: 'failed', id, problem: { code: 'IPC_INVALID' } });
    for (const handler of Object.values(handlers)) expect(handler).not.toHaveBeenCalled();
    expect(await core.handle(request('diagnostics'))).toMatchObject({ type: 'done' });
  });

  it('tells an old window from a broken one', async () => {
    const old = { ...request('diagnostics', null, 9), ipc: IPC_VERSION - 1 };
    expect(await create().handle(old)).toMatchObject({
      type: 'failed',
      id: 9,
      problem: { code: 'IPC_VERSION', hint: expect.any(String) },
    });
  });

  it('hands on what went wrong, and whose mistake it was', async () => {
    const core = create();
    handlers['library.delete'].mockRejectedValueOnce(
      new UsageError('There is none', { code: 'RECORDING_NOT_FOUND', hint: 'Look again.' }),
    );
    expect(await core.handle(request('library.delete', { id: 'x' }))).toMatchObject({
      problem: {
        code: 'RECORDING_NOT_FOUND',
        message: 'There is none',
        hint: 'Look again.',
        isUsage: true,
      },
    });
    handlers['library.delete'].mockImplementationOnce(() => {
      throw new TypeError('x is not a function');
    });
    expect(await core.handle(request('library.delete', { id: 'x' }))).toMatchObject({
      problem: { code: 'INTERNAL', isUsage: false },
    });
  });

  it('does not send what the contract does not know', async () => {
    const core = create();
    handlers.diagnostics.mockResolvedValueOnce(7 as never);
    expect(await core.handle(request('diagnostics'))).toMatchObject({
      type: 'failed',
      problem: { code: 'IPC_INVALID' },
    });
  });

  it('answers a flood, every request once', async () => {
    const core = create();
    const answers = await Promise.all(
      Array.from({ length: 5000 }, (_, id) =>
        core.handle(id % 2 === 0 ? request('diagnostics', null, id) : { id, junk: 'x' }),
      ),
    );
    expect(answers.map((answer) => (answer as { id: number }).id)).toEqual(
      Array.from({ length: 5000 }, (_, id) => id),
    );
    expect(handlers.diagnostics).toHaveBeenCalledTimes(2500);
  });

  it('tells every listener until it stops, whatever another one does', () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const events = new AppEvents();
    const core = create(events);
    const heard: AppEvent[] = [];
    core.onEvent(() => {
      throw new Error('a window that is gone');
    });
    const stop = core.onEvent((event) => heard.push(event));
    events.emit({ type: 'library' });
    stop();
    events.emit({ type: 'library' });
    expect(heard).toEqual([{ type: 'library' }]);
    expect(complaint).toHaveBeenCalledTimes(2);
    complaint.mockRestore();
  });

  it('ends once, and takes nothing more', async () => {
    const core = create();
    await Promise.all([core.close(), core.close()]);
    expect(end).toHaveBeenCalledOnce();
    expect(await core.handle(request('diagnostics'))).toMatchObject({
      type: 'failed',
      problem: { code: 'APP_CLOSED' },
    });
  });
});
