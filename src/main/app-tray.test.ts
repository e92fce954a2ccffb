import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { LiveStatus } from '../ipc/app/app-protocol.ts';
import { AppTray } from './app-tray.ts';
import { trayView } from './tray-menu.ts';

const status = (change: Partial<LiveStatus> = {}): LiveStatus => ({
  engine: 'ready',
  state: 'running',
  isOn: true,
  controls: null,
  backend: 'portaudio',
  virtualMicrophone: null,
  isRecording: false,
  problem: null,
  ...change,
});
const actions = { toggle: vi.fn(), show: vi.fn(), quit: vi.fn() };

describe('trayView', () => {
  it.each<[Partial<LiveStatus>, boolean, string]>([
    [{}, true, 'on'],
    [{ isRecording: true }, true, 'on, recording'],
    [{ isOn: false, state: 'stopped' }, false, 'off'],
    [{ state: 'starting' }, false, 'starting'],
    [{ state: 'recovering' }, false, 'looking for the device'],
    [{ engine: 'restarting' }, true, 'starting again'],
    [{ state: 'failed', problem: { code: 'X', message: 'no microphone' } }, false, 'no microphone'],
    [
      { engine: 'closed', isOn: false, problem: { code: 'X', message: 'no model' } },
      false,
      'no model',
    ],
  ])('%j', (change, isOn, text) => {
    const view = trayView(status(change), actions);
    expect(view).toMatchObject({ isOn, tooltip: `Residua: ${text}` });
    expect(view.menu[0]).toMatchObject({ label: text, enabled: false });
  });

  it('has a switch that shows what the person wants, and is off where nothing can run', () => {
    const item = (change: Partial<LiveStatus>) =>
      trayView(status(change), actions).menu.find(({ type }) => type === 'checkbox');
    expect(item({})).toMatchObject({ checked: true, enabled: true });
    expect(item({ isOn: false })).toMatchObject({ checked: false, enabled: true });
    expect(item({ engine: 'closed' })).toMatchObject({ enabled: false });
  });
});

describe('AppTray', () => {
  it('changes icon, text and menu, and only when there is something new', () => {
    const tray = Object.assign(new EventEmitter(), {
      setImage: vi.fn(),
      setToolTip: vi.fn(),
      setContextMenu: vi.fn(),
      destroy: vi.fn(),
    });
    const icons = { on: 'on' as never, off: 'off' as never };
    const shown = new AppTray(
      { tray: tray as never, buildMenu: (t) => t as never, icons },
      actions,
    );
    shown.update(status());
    shown.update(status({ backend: 'fake' }));
    expect(tray.setImage.mock.calls).toEqual([['on']]);
    shown.update(status({ isOn: false, state: 'stopped' }));
    expect(tray.setImage).toHaveBeenLastCalledWith('off');
    expect(tray.setContextMenu).toHaveBeenCalledTimes(2);
    tray.emit('click');
    expect(actions.show).toHaveBeenCalledOnce();
  });
});
