import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import { shallow } from 'zustand/shallow';
import type { LiveControls, Telemetry } from '../../ipc/live.ts';
import type { AppClient } from '../client/app-client.ts';
import { codebookSize, modelInUse } from '../live/quantizers.ts';
import { AppStore, type AppState } from './app-store.ts';
import { CodeMap } from './code-map.ts';
import { ControlsModel } from './controls-model.ts';
import { LevelHold } from './level-hold.ts';
import { SpectrogramHistory } from './spectrogram-history.ts';
import { TelemetryFeed } from './telemetry-feed.ts';

/** Everything the window holds about the app behind it, made once. */
export interface Session {
  readonly client: AppClient;
  readonly app: AppStore;
  readonly controls: ControlsModel;
  readonly feed: TelemetryFeed;
  /** What the canvases of the live view draw; it goes on while another view is shown. */
  readonly spectrograms: SpectrogramHistory;
  readonly codeMap: CodeMap;
  readonly inputLevel: LevelHold;
  readonly outputLevel: LevelHold;
}

export function createSession(client: AppClient): Session {
  const app = new AppStore(client);
  const controls = new ControlsModel(
    (change) => client.call('live.update', change),
    (error) => app.report(error),
  );
  const session: Session = {
    client,
    app,
    controls,
    feed: new TelemetryFeed(),
    spectrograms: new SpectrogramHistory(),
    codeMap: new CodeMap((id) => sizeOfCodebooks(app.state.getState(), id)),
    inputLevel: new LevelHold(),
    outputLevel: new LevelHold(),
  };
  app.state.subscribe(({ status }, before) => {
    if (status !== before.status) controls.learn(status?.controls ?? null);
  });
  client.on('telemetry', ({ telemetry }) => {
    const now = performance.now();
    session.spectrograms.push(telemetry, now);
    session.codeMap.push(telemetry);
    session.inputLevel.push(telemetry.inputLevel, now);
    session.outputLevel.push(telemetry.outputLevel, now);
    session.feed.push(telemetry, now);
  });
  return session;
}

function sizeOfCodebooks({ welcome, settings }: AppState, quantizer: string): number {
  const model = modelInUse(welcome?.models ?? [], settings?.model);
  const found = model?.quantizers.find(({ id }) => id === quantizer);
  return found === undefined || found.maxCodebooks === 0 ? 0 : codebookSize(found);
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no SessionProvider above');
  return session;
}

export const useClient = (): AppClient => useSession().client;

export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(useSession().app.state, select);
}

/** The controls as the hand has set them; `null` while there is no engine. */
export function useControls(): LiveControls | null {
  return useStore(useSession().controls.state, ({ controls }) => controls);
}

/** Texts are read, not watched: this often is enough, and cheap. */
const READOUT_MS = 200;

/**
 * @param select picks what is shown out of the newest telemetry: a text, a number, or a flat array or object
 * of them
 * @returns it, as it was at most `everyMs` ago
 */
export function useReadout<T>(
  select: (telemetry: Telemetry | null) => T,
  everyMs: number = READOUT_MS,
): T {
  const { feed } = useSession();
  const [value, setValue] = useState<T>(() => select(feed.latest));
  const latestSelect = useRef(select);
  useEffect(() => {
    latestSelect.current = select;
  });
  useEffect(() => {
    const read = (): void => {
      const next = latestSelect.current(feed.latest);
      setValue((shown) => (shallow(shown, next) ? shown : next));
    };
    read();
    return feed.subscribeSlowly(everyMs, read);
  }, [feed, everyMs]);
  return value;
}
