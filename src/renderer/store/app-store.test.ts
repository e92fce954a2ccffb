import { describe, expect, it, vi } from 'vitest';
import type { AppCommand, AppEvent, LiveStatus, Welcome } from '../../ipc/app/app-protocol.ts';
import { DEFAULT_SETTINGS } from '../../ipc/app/settings.ts';
import type { AppClient, Connection } from '../client/app-client.ts';
import { AppStore } from './app-store.ts';

const STATUS: LiveStatus = {
  engine: 'ready',
  state: 'idle',
  isOn: false,
  controls: null,
  backend: 'fake',
  virtualMicrophone: null,
  isRecording: false,
  problem: null,
};
const WELCOME: Welcome = {
  appVersion: '0.1.0',
  shell: 'browser',
  platform: 'linux',
  can: {
    virtualMicrophone: true,
    virtualMicrophoneHint: null,
    filePaths: false,
    reveal: false,
    autostart: false,
    shortcut: false,
    tray: false,
  },
  settings: DEFAULT_SETTINGS,
  models: [],
  problems: [{ code: 'SETTINGS_BROKEN', message: 'Set aside.' }],
  status: STATUS,
  recordingsFolder: '/r',
  study: [],
};

/** An app whose answers a test can set. */
function fakeApp(answers: Partial<Record<AppCommand, (argument: never) => unknown>> = {}) {
  const all: Partial<Record<AppCommand, (argument: never) => unknown>> = {
    hello: () => WELCOME,
    'live.devices': () => [],
    ...answers,
  };
  const listeners = new Map<string, (event: AppEvent) => void>();
  let connect: (connection: Connection) => void = () => {};
  const client = {
    connection: 'connecting' as Connection,
    call: async (command: AppCommand, argument: never) => all[command]!(argument),
    on: (type: string, listener: (event: AppEvent) => void) => {
      listeners.set(type, listener);
      return () => {};
    },
    onConnection: (listener: typeof connect) => {
      connect = listener;
      return () => {};
    },
    onInvalid: () => () => {},
  };
  const become = async (connection: Connection) => {
    client.connection = connection;
    connect(connection);
    await settle();
  };
  const tell = (event: AppEvent) => listeners.get(event.type)!(event);
  return { client: client as unknown as AppClient, become, tell };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function greeted(answers?: Parameters<typeof fakeApp>[0]) {
  const app = fakeApp(answers);
  const store = new AppStore(app.client);
  await app.become('open');
  return { ...app, store, state: () => store.state.getState() };
}

describe('greeting', () => {
  it('fills the store, and says what the app found wrong once', async () => {
    const { state, become } = await greeted();
    expect(state()).toMatchObject({
      connection: 'open',
      status: STATUS,
      settings: DEFAULT_SETTINGS,
    });
    expect(state().notices).toMatchObject([{ level: 'warning', message: 'Set aside.', count: 1 }]);
    await become('lost');
    await become('open');
    expect(state().notices).toMatchObject([{ count: 1 }]);
  });

  it('says nothing of devices that cannot be had: the status says why', async () => {
    const { state } = await greeted({
      'live.devices': () => {
        throw new Error('no engine');
      },
    });
    expect(state().welcome).not.toBeNull();
    expect(state().notices.some(({ message }) => message === 'no engine')).toBe(false);
  });

  it('keeps what was known while the connection is lost', async () => {
    const { state, become } = await greeted();
    await become('lost');
    expect(state()).toMatchObject({ connection: 'lost', welcome: WELCOME });
  });

  it('that fails is a problem with its hint', async () => {
    const error = Object.assign(new Error('No.'), { code: 'X', hint: 'Try.' });
    const { state } = await greeted({
      hello: () => {
        throw error;
      },
    });
    expect(state().failure).toEqual({ code: 'X', message: 'No.', hint: 'Try.' });
    expect(state().welcome).toBeNull();
  });
});

describe('settings', () => {
  it('change at once, groups field by field, and are what the app answers in the end', async () => {
    const change = vi.fn(async () => ({ ...DEFAULT_SETTINGS, theme: 'light' as const }));
    const { store, state } = await greeted({ 'settings.change': change });
    const changing = store.changeSettings({ files: { mix: 0.5 } });
    expect(state().settings!.files).toEqual({ ...DEFAULT_SETTINGS.files, mix: 0.5 });
    await changing;
    expect(change).toHaveBeenCalledWith({ files: { mix: 0.5 } });
    expect(state().settings!.theme).toBe('light');
  });

  it('that the app refuses are as before, and it is said', async () => {
    const { store, state } = await greeted({
      'settings.change': () => {
        throw Object.assign(new Error('Read-only disk.'), { code: 'DISK' });
      },
    });
    await store.changeSettings({ theme: 'dark' });
    expect(state().settings).toEqual(DEFAULT_SETTINGS);
    expect(state().notices.at(-1)).toMatchObject({ level: 'error', code: 'DISK' });
  });
});

describe('the switch', () => {
  it('shows what is wanted at once, and goes back where it cannot be', async () => {
    const { store, state } = await greeted({
      'live.start': () => {
        throw new Error('No microphone.');
      },
    });
    const turning = store.setOn(true);
    expect(state().status!.isOn).toBe(true);
    await turning;
    expect(state().status!.isOn).toBe(false);
    expect(state().notices.at(-1)!.message).toBe('No microphone.');
  });
});

describe('notices', () => {
  it('count what is said again, keep the last few, and go when dismissed', async () => {
    const { store, state } = await greeted({});
    for (let i = 0; i < 3; i++) store.notify('info', 'again');
    expect(state().notices.at(-1)).toMatchObject({ message: 'again', count: 3 });
    for (let i = 0; i < 20; i++) store.notify('info', `number ${i}`);
    expect(state().notices).toHaveLength(5);
    const { id } = state().notices.at(-1)!;
    store.dismiss(id);
    expect(state().notices.some((notice) => notice.id === id)).toBe(false);
  });

  it('about the same thing take the place of older ones', async () => {
    const { state, tell } = await greeted();
    for (const [id, ms] of [10, 30, 50].entries()) {
      const message = `${ms} ms of sound were left out.`;
      tell({
        type: 'notice',
        notice: { id, level: 'warning', code: 'overload', message, hint: null },
      });
    }
    expect(state().notices.filter(({ code }) => code === 'overload')).toMatchObject([
      { message: '50 ms of sound were left out.', count: 3 },
    ]);
  });

  it('of the app and of the window never share an id', async () => {
    const { store, state, tell } = await greeted();
    const notice = { id: 0, level: 'info', code: 'A', message: 'app', hint: null } as const;
    tell({ type: 'notice', notice });
    store.notify('info', 'window');
    expect(new Set(state().notices.map(({ id }) => id)).size).toBe(state().notices.length);
  });
});
