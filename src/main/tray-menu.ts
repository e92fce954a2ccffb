import type { MenuItemConstructorOptions } from 'electron';
import type { LiveStatus } from '../ipc/app/app-protocol.ts';

/** What the tray shows and offers. */
export interface TrayView {
  /** Which of the two icons: whether the voice is being cleaned. */
  readonly isOn: boolean;
  readonly tooltip: string;
  readonly menu: readonly MenuItemConstructorOptions[];
}

export interface TrayActions {
  toggle(): void;
  show(): void;
  quit(): void;
}

export function trayView(status: LiveStatus, actions: TrayActions): TrayView {
  const text = describeStatus(status);
  return {
    isOn: status.isOn && status.state === 'running',
    tooltip: `Residua: ${text}`,
    menu: [
      { label: text, enabled: false },
      { type: 'separator' },
      {
        label: 'Clean my voice',
        type: 'checkbox',
        checked: status.isOn,
        enabled: status.engine !== 'closed',
        click: actions.toggle,
      },
      { label: 'Show Residua', click: actions.show },
      { type: 'separator' },
      { label: 'Quit', click: actions.quit },
    ],
  };
}

function describeStatus({ engine, state, isOn, isRecording, problem }: LiveStatus): string {
  if (engine === 'closed') return problem?.message ?? 'not ready';
  if (engine === 'restarting') return 'starting again';
  if (!isOn) return 'off';
  switch (state) {
    case 'running':
      return isRecording ? 'on, recording' : 'on';
    case 'recovering':
      return 'looking for the device';
    case 'failed':
      return problem?.message ?? 'failed';
    case 'idle':
    case 'starting':
    case 'stopped':
      return 'starting';
  }
}
