import type { Menu, NativeImage, Tray } from 'electron';
import type { LiveStatus } from '../ipc/app/app-protocol.ts';
import { trayView, type TrayActions } from './tray-menu.ts';

export interface TrayParts {
  readonly tray: Pick<Tray, 'setImage' | 'setToolTip' | 'setContextMenu' | 'on' | 'destroy'>;
  readonly buildMenu: typeof Menu.buildFromTemplate;
  readonly icons: { readonly on: NativeImage; readonly off: NativeImage };
}

/** The icon beside the clock: whether the voice is being cleaned, the switch, the window, the way out. */
export class AppTray {
  readonly #parts: TrayParts;
  readonly #actions: TrayActions;
  #shown = '';

  constructor(parts: TrayParts, actions: TrayActions) {
    this.#parts = parts;
    this.#actions = actions;
    // Where a click does not open the menu by itself (Windows, some Linux desktops).
    parts.tray.on('click', () => actions.show());
  }

  update(status: LiveStatus): void {
    const view = trayView(status, this.#actions);
    // A menu that is replaced closes under the person's hand: only when there is something new.
    const shown = JSON.stringify(view);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { tray, icons, buildMenu } = this.#parts;
    tray.setImage(view.isOn ? icons.on : icons.off);
    tray.setToolTip(view.tooltip);
    tray.setContextMenu(buildMenu([...view.menu]));
  }

  destroy(): void {
    this.#parts.tray.destroy();
  }
}
