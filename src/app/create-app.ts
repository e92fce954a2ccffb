import { access, constants, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers } from '../audio/virtual-mic/pulse-modules.ts';
import { virtualMicrophoneState } from '../audio/virtual-mic/virtual-microphone.ts';
import { toProblem } from '../common/problem.ts';
import { within } from '../common/within.ts';
import type { AppCommand, Welcome } from '../ipc/app/app-protocol.ts';
import type { Settings } from '../ipc/app/settings.ts';
import type { AudioDevice } from '../ipc/live.ts';
import { AppCore, AppEvents } from './core.ts';
import { readDemos } from './demos.ts';
import { diagnostics } from './diagnostics.ts';
import type { Handlers, HandlersOf } from './handlers.ts';
import { Library } from './library/library.ts';
import { LiveService } from './live/live-service.ts';
import { chooseModel, readModels } from './models.ts';
import { Notices } from './notices.ts';
import type { AppOptions } from './options.ts';
import { SettingsStore } from './settings/settings-store.ts';
import { readStudy } from './study.ts';
import { createWork } from './work-services.ts';

export type { AppOptions } from './options.ts';

/** Answers of `hello` do not wait longer for what only tells of possibilities. */
const PATIENCE_MS = 1500;

/**
 * Puts the app together and starts the engine's process. Whatever is missing on this machine, there is an app: what
 * is wrong stands in the answer to `hello`, in the status and in notices.
 */
export async function createApp(options: AppOptions): Promise<AppCore> {
  const { can, reveal, trash, applySettings } = options;
  const events = new AppEvents();
  const notices = new Notices({ emit: events.emit, areHeard: () => events.areHeard });
  const settings = await SettingsStore.open({
    folder: options.dataFolder,
    onChange: (now, before) => settingsChanged(now, before),
    onProblem: (problem) => notices.problem(problem, 'warning'),
  });

  const modelsFolder = (): string => settings.current.modelsFolder ?? options.modelsFolder;
  const recordingsFolder = (): string =>
    settings.current.recordings.folder ?? options.recordingsFolder;
  const model = () => chooseModel(modelsFolder(), settings.current.model);
  const libraryChanged = (): void => events.emit({ type: 'library' });

  const live = new LiveService({
    launchEngine: options.launchEngine,
    cleanUp: async () => void (await removeLeftovers()),
    settings,
    chooseModel: model,
    recordingsFolder,
    emit: events.emit,
    notices,
    recordingsChanged: libraryChanged,
  });
  const work = createWork({
    emit: events.emit,
    settings: () => settings.current,
    modelFolder: async () => (await model()).folder,
    snapshot: (seconds) => live.snapshot(seconds),
    recordingFile: (id, which) => library.file(id, which),
    resourcesFolder: options.resourcesFolder,
    temporaryFolder: () => temporaryFolder(options.dataFolder),
    takesPaths: can.filePaths,
    ...(reveal ? { reveal } : {}),
  });
  const library = new Library({
    folder: recordingsFolder,
    isRecording: () => live.status.isRecording,
    changed: libraryChanged,
    work: () => work,
    temporaryFolder: () => temporaryFolder(options.dataFolder),
    reveal,
    trash,
  });
  const study = readStudy(options.resourcesFolder);
  const demos = readDemos(options.resourcesFolder);
  const opened = live.open();

  function settingsChanged(now: Settings, before: Settings): void {
    events.emit({ type: 'settings', settings: now });
    void live.follow(now, before);
    if (now.recordings.folder !== before.recordings.folder) libraryChanged();
    void apply(now, before);
  }

  async function apply(now: Settings, before: Settings | undefined): Promise<void> {
    try {
      await applySettings?.(now, before);
    } catch (error) {
      notices.problem(toProblem(error), 'warning');
    }
  }

  async function problems(): Promise<Welcome['problems']> {
    const [shelf, ...shipped] = await Promise.all([readModels(modelsFolder()), study, demos]);
    const damaged = shipped.flatMap(({ problem }) => (problem ? [problem] : []));
    return [...settings.problems, ...shelf.problems, ...damaged];
  }

  const own: HandlersOf<Exclude<AppCommand, `${Group}.${string}`> | 'settings.change'> = {
    async hello() {
      // Otherwise the window would open with an engine that starts, and know no quantizer of it.
      const [{ rows }, shipped, mic, shelf, wrong] = await Promise.all([
        study,
        demos,
        within(
          PATIENCE_MS,
          virtualMicrophone(opened, () => live.devices()),
          UNKNOWN_MICROPHONE,
        ),
        readModels(modelsFolder()),
        problems(),
      ]);
      setImmediate(() => notices.catchUp());
      return {
        appVersion: options.appVersion,
        shell: options.shell,
        platform: process.platform,
        can: { ...can, ...mic, reveal: reveal !== undefined },
        settings: settings.current,
        models: [...shelf.summaries],
        problems: wrong,
        status: live.status,
        recordingsFolder: recordingsFolder(),
        study: [...rows],
        demos: [...shipped.demos],
      };
    },
    async 'settings.change'(change) {
      // The engine knows what its controls can be; what it refuses is not kept either.
      if (change.controls) await live.apply(change.controls);
      return settings.change(change);
    },
    async diagnostics() {
      const shelf = await readModels(modelsFolder());
      const { status, telemetry, log } = live;
      return diagnostics({
        appVersion: options.appVersion,
        shell: options.shell,
        status,
        telemetry,
        devices: await within(
          PATIENCE_MS,
          live.devices().catch(() => undefined),
          undefined,
        ),
        settings: settings.current,
        models: shelf.summaries,
        problems: await problems(),
        notices: notices.kept,
        log,
        folders: [
          modelsFolder(),
          recordingsFolder(),
          options.dataFolder,
          options.resourcesFolder,
          ...(settings.current.files.folder === null ? [] : [settings.current.files.folder]),
        ],
      });
    },
  };
  const handlers: Handlers = { ...own, ...live.handlers, ...library.handlers, ...work.handlers };

  for (const problem of settings.problems) notices.problem(problem, 'warning');
  await apply(settings.current, undefined);
  return new AppCore(handlers, events, async () => {
    await live.close();
    library.close();
    await Promise.all([work.close(), settings.flush()]);
  });
}

/** Groups of commands that services of their own carry out. */
type Group = 'settings' | 'live' | 'library' | 'upload' | 'jobs' | 'compare' | 'media' | 'transfer';

type MicrophoneAbility = Pick<Welcome['can'], 'virtualMicrophone' | 'virtualMicrophoneHint'>;

const UNKNOWN_MICROPHONE: MicrophoneAbility = {
  virtualMicrophone: false,
  virtualMicrophoneHint: 'The sound system has not answered yet. Load the window again.',
};

/** Where it goes through a driver, the driver is among the engine's devices. */
async function virtualMicrophone(
  opened: Promise<void>,
  devices: () => Promise<AudioDevice[]>,
): Promise<MicrophoneAbility> {
  const isMade = process.platform === 'linux';
  if (!isMade) await opened;
  const { state, reason, hint } = await virtualMicrophoneState(
    isMade ? [] : await devices().catch(() => []),
  );
  return {
    virtualMicrophone: state !== 'unavailable',
    virtualMicrophoneHint:
      state === 'unavailable' ? [reason, hint].filter(Boolean).join('. ') : null,
  };
}

/** Beside the settings, as the system's own may lie in memory; where that cannot be written, there all the same. */
async function temporaryFolder(dataFolder: string): Promise<string> {
  const folder = join(dataFolder, 'temporary');
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return tmpdir();
  }
}
