import type { AppArgument, AppCommand, AppEvent, AppResult } from '../ipc/app/app-protocol.ts';
import type { Transfer } from '../ipc/app/media.ts';
import type { Settings } from '../ipc/app/settings.ts';

/** What carries out the commands of the contract. Arguments have been checked; whatever is thrown is answered. */
export type Handlers = {
  readonly [C in AppCommand]: (argument: AppArgument<C>) => Promise<AppResult<C>>;
};

/** The commands of one service. */
export type HandlersOf<C extends AppCommand> = Pick<Handlers, C>;

/** Tells the window something. Costs nothing while nobody listens. */
export type Emit = (event: AppEvent) => void;

/** The commands about files, clips and sound to be drawn and played. */
export type WorkCommand = Extract<
  AppCommand,
  | `upload.${string}`
  | `jobs.${string}`
  | `compare.${string}`
  | `media.${string}`
  | `transfer.${string}`
>;

/** What the services of files and clips get from the rest of the app. */
export interface WorkContext {
  readonly emit: Emit;
  /** As they stand now. */
  readonly settings: () => Settings;
  /** The folder of the model in use. @throws ResiduaError `MODEL_NOT_FOUND` */
  readonly modelFolder: () => Promise<string>;
  /**
   * The last seconds of the microphone, at the model's rate; fewer when there were not so many.
   * @param seconds 0..30
   * @throws ResiduaError `NOTHING_HEARD` before the first sound, whatever is wrong with the engine
   */
  readonly snapshot: (seconds: number) => Promise<Snapshot>;
  /** The file of a recording's sound. @throws ResiduaError `RECORDING_NOT_FOUND` */
  readonly recordingFile: (id: string, which: 'raw' | 'enhanced') => Promise<string>;
  /** Recordings that ship with the app: `demo/`. */
  readonly resourcesFolder: string;
  /** For what lasts as long as the app runs; on a disk, and there. */
  readonly temporaryFolder: () => Promise<string>;
  /** Whether the window may name files by path (desktop app). */
  readonly takesPaths: boolean;
  /** Shows a file in the system's file manager; absent where there is none. */
  readonly reveal?: (path: string) => Promise<void>;
}

export interface Snapshot {
  /** Mono. */
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

/** A file on disk that the window may fetch. */
export interface TransferSource {
  readonly path: string;
  /** As the person will find it. */
  readonly name: string;
  readonly mimeType: string;
  /** Whether the file is deleted when the transfer ends. */
  readonly isTemporary: boolean;
}

/** What the services of files and clips offer. `createWork(context)` of work-services.ts makes one. */
export interface WorkServices {
  readonly handlers: HandlersOf<WorkCommand>;
  /** Lets the window fetch a file. */
  offer(source: TransferSource): Promise<Transfer>;
  /** Writes any sound file that the app reads as FLAC, 24 bit, in a worker process. @throws ResiduaError */
  writeFlac(input: string, output: string): Promise<void>;
  /** The same as mono 24-bit WAV. */
  writeWav(input: string, output: string): Promise<void>;
  /** Ends its processes and deletes what was temporary. */
  close(): Promise<void>;
}
