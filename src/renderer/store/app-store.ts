import { createStore, type StoreApi } from 'zustand/vanilla';
import type { LiveStatus, Notice, Welcome } from '../../ipc/app/app-protocol.ts';
import { changeSettings, type Settings, type SettingsChange } from '../../ipc/app/settings.ts';
import type { AudioDevice } from '../../ipc/live.ts';
import type { Problem } from '../../ipc/messages.ts';
import type { AppClient, Connection } from '../client/app-client.ts';
import { describeError } from './describe-error.ts';

/** What the window knows of the app, but for telemetry (see TelemetryFeed) and controls (see ControlsModel). */
export interface AppState {
  readonly connection: Connection;
  /** The greeting could not be had. */
  readonly failure: Problem | null;
  /** As it was at the greeting; `settings` and `status` below go on. */
  readonly welcome: Welcome | null;
  readonly settings: Settings | null;
  readonly status: LiveStatus | null;
  readonly devices: readonly AudioDevice[];
  readonly notices: readonly ShownNotice[];
}

/** The window's own notices have ids below 0. */
export interface ShownNotice extends Notice {
  /** Times the same thing was said. */
  readonly count: number;
}

const MOST_NOTICES = 5;
/** Codes that say nothing of what it is about. */
const VARIOUS_CODES = new Set(['WINDOW', 'INTERNAL', 'IPC_INVALID', 'USAGE']);

const EMPTY: AppState = {
  connection: 'connecting',
  failure: null,
  welcome: null,
  settings: null,
  status: null,
  devices: [],
  notices: [],
};

/** Keeps `state` in step with the app. */
export class AppStore {
  readonly state: StoreApi<AppState> = createStore<AppState>(() => EMPTY);
  readonly #client: AppClient;
  #nextOwnNotice = -1;

  constructor(client: AppClient) {
    this.#client = client;
    const set = (change: Partial<AppState>): void => this.state.setState(change);
    client.onConnection((connection) => {
      set({ connection });
      if (connection === 'open') void this.#greet();
    });
    client.onInvalid((error) => this.report(error));
    client.on('status', ({ status }) => set({ status }));
    client.on('settings', ({ settings }) => set({ settings }));
    client.on('devices', ({ devices }) => set({ devices }));
    client.on('notice', ({ notice }) => this.#show(notice));
    set({ connection: client.connection });
    if (client.connection === 'open') void this.#greet();
  }

  /** Shown at once; taken back, and said, where the app refuses it. */
  async changeSettings(change: SettingsChange): Promise<void> {
    const before = this.state.getState().settings;
    if (before === null) return;
    try {
      this.state.setState({ settings: changeSettings(before, change) });
      this.state.setState({ settings: await this.#client.call('settings.change', change) });
    } catch (error) {
      this.state.setState({ settings: before });
      this.report(error);
    }
  }

  /** Asks again what there is: after another folder of models was chosen. */
  async refresh(): Promise<void> {
    await this.#greet();
  }

  /** The switch: shows at once what is wanted. */
  async setOn(isOn: boolean): Promise<void> {
    const { status } = this.state.getState();
    if (status === null) return;
    this.state.setState({ status: { ...status, isOn } });
    try {
      const next = await this.#client.call(isOn ? 'live.start' : 'live.stop', null);
      this.state.setState({ status: next });
    } catch (error) {
      const { status: now } = this.state.getState();
      if (now !== null) this.state.setState({ status: { ...now, isOn: status.isOn } });
      this.report(error);
    }
  }

  async refreshDevices(): Promise<void> {
    try {
      this.state.setState({ devices: await this.#client.call('live.devices', null) });
    } catch (error) {
      this.report(error);
    }
  }

  /** Does what a person asked for. @returns its result; `undefined` where it failed, which is said */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  /** Says an error. */
  report(error: unknown): void {
    const { code, message, hint } = describeError(error);
    this.notify('error', message, { code, ...(hint === undefined ? {} : { hint }) });
  }

  /** Says something of the window's own. */
  notify(
    level: Notice['level'],
    message: string,
    { code = 'WINDOW', hint = null }: { code?: string; hint?: string | null } = {},
  ): void {
    this.#show({ id: this.#nextOwnNotice--, level, code, message, hint });
  }

  dismiss(id: number): void {
    const { notices } = this.state.getState();
    this.state.setState({ notices: notices.filter((notice) => notice.id !== id) });
  }

  /** What is said again, or anew about the same thing, takes the place of what was said before and is counted. */
  #show(notice: Notice): void {
    const { notices } = this.state.getState();
    const same = (other: Notice): boolean =>
      other.code === notice.code &&
      (other.message === notice.message || !VARIOUS_CODES.has(notice.code));
    const count = (notices.find(same)?.count ?? 0) + 1;
    const others = notices.filter((other) => !same(other));
    this.state.setState({ notices: [...others, { ...notice, count }].slice(-MOST_NOTICES) });
  }

  async #greet(): Promise<void> {
    try {
      const welcome = await this.#client.call('hello', null);
      const { settings, status } = welcome;
      const isFirst = this.state.getState().welcome === null;
      this.state.setState({ failure: null, welcome, settings, status });
      if (isFirst) {
        for (const { code, message, hint = null } of welcome.problems) {
          this.notify('warning', message, { code, hint });
        }
      }
    } catch (error) {
      if (this.#client.connection === 'open')
        this.state.setState({ failure: describeError(error) });
      return;
    }
    // Where there is no engine there are no devices, and the status says why.
    const devices = await this.#client.call('live.devices', null).catch(() => []);
    this.state.setState({ devices });
  }
}
