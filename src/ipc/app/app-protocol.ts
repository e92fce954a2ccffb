import * as z from 'zod';
import {
  controlsChangeSchema,
  audioDeviceSchema,
  liveControlsSchema,
  liveStateSchema,
  telemetrySchema,
} from '../live.ts';
import { engineProblemSchema, recordingSummarySchema } from '../engine-protocol.ts';
import { modelSummarySchema, problemSchema } from '../messages.ts';
import { IPC_VERSION } from '../version.ts';
import { clipSchema, demoSchema, studyRowSchema, variantSchema } from './compare.ts';
import { addJobsSchema, jobSchema, uploadBeginSchema, uploadPieceSchema } from './jobs.ts';
import { exportRequestSchema, recordingSchema } from './library.ts';
import {
  idSchema,
  mediaInfoSchema,
  mediaReadSchema,
  mediaRefSchema,
  peaksRequestSchema,
  peaksSchema,
  samplesSchema,
  spectrogramRequestSchema,
  spectrogramSchema,
  transferSchema,
} from './media.ts';
import { settingsChangeSchema, settingsSchema } from './settings.ts';

/**
 * The contract between the window and the app behind it, the same for Electron's messages and for a
 * browser's WebSocket (MessagePack). The window sends commands, each with a number of its own; the app answers
 * each one once and in between sends events. Both sides parse whatever arrives before they trust it.
 */

const nothing = z.null();
const byId = z.strictObject({ id: idSchema });

/** How the engine behind the switch is doing. */
export const liveStatusSchema = z.strictObject({
  /** `closed`: no model or no sound system; `problem` says what to do. */
  engine: z.enum(['starting', 'ready', 'restarting', 'closed']),
  state: liveStateSchema,
  /** What the person wants: the switch. */
  isOn: z.boolean(),
  controls: liveControlsSchema.nullable(),
  backend: z.string().nullable(),
  /** As other programs list it, while it exists. */
  virtualMicrophone: z.string().nullable(),
  isRecording: z.boolean(),
  problem: problemSchema.nullable(),
});
export type LiveStatus = z.infer<typeof liveStatusSchema>;

/** Something that happened, for a person to read once. */
export const noticeSchema = z.strictObject({
  id: z.int().nonnegative(),
  level: z.enum(['info', 'warning', 'error']),
  /** What it is about, for the window's own words: a problem's code or an event's type. */
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});
export type Notice = z.infer<typeof noticeSchema>;

export const welcomeSchema = z.strictObject({
  appVersion: z.string(),
  /** The desktop app, or a page in a browser. */
  shell: z.enum(['electron', 'browser']),
  platform: z.string(),
  /** What this shell and system can do. */
  can: z.strictObject({
    virtualMicrophone: z.boolean(),
    /** Why there is none, and how to get one. */
    virtualMicrophoneHint: z.string().nullable(),
    filePaths: z.boolean(),
    reveal: z.boolean(),
    autostart: z.boolean(),
    shortcut: z.boolean(),
    tray: z.boolean(),
  }),
  settings: settingsSchema,
  models: z.array(modelSummarySchema),
  /** Of the models, the settings file, the study. */
  problems: z.array(problemSchema),
  status: liveStatusSchema,
  recordingsFolder: z.string(),
  study: z.array(studyRowSchema),
  /** The recordings that ship with the app, as `demo` of `compare.open` counts them. */
  demos: z.array(demoSchema).optional(),
});
export type Welcome = z.infer<typeof welcomeSchema>;

export const selfTestSchema = z.strictObject({
  /** From the output back to the input, through the air or a cable; `null`: the click was not heard. */
  loopbackMs: z.number().nonnegative().nullable(),
  /** How far the click stood above what was there before, dB. */
  snrDb: z.number().nullable(),
  input: z.string(),
  output: z.string(),
  advice: z.string(),
});
export type SelfTest = z.infer<typeof selfTestSchema>;

/** Argument and result of every command. */
export const appCommands = {
  /** First of all; events flow from then on. */
  hello: { argument: nothing, result: welcomeSchema },
  'settings.change': { argument: settingsChangeSchema, result: settingsSchema },
  /** For a bug report: versions, machine, devices, settings, the last events. No sound, no file names. */
  diagnostics: { argument: nothing, result: z.string() },

  'live.start': { argument: nothing, result: liveStatusSchema },
  'live.stop': { argument: nothing, result: liveStatusSchema },
  /** Kept in the settings too, but for mute and bypass. */
  'live.update': { argument: controlsChangeSchema, result: liveControlsSchema },
  'live.devices': { argument: nothing, result: z.array(audioDeviceSchema) },
  'live.record': { argument: nothing, result: nothing },
  'live.stopRecording': { argument: nothing, result: recordingSummarySchema.nullable() },
  /** Starts a new engine after one that died too often. */
  'live.revive': { argument: nothing, result: liveStatusSchema },
  /** Stops the voice for a second or two, plays clicks and listens for them. */
  'live.selfTest': { argument: nothing, result: selfTestSchema },

  'library.list': { argument: nothing, result: z.array(recordingSchema) },
  'library.rename': {
    argument: z.strictObject({ id: idSchema, name: z.string().trim().min(1).max(120) }),
    result: recordingSchema,
  },
  /** To the system's trash, or to a folder `.trash` beside the recordings where there is none. */
  'library.delete': { argument: byId, result: nothing },
  'library.reveal': { argument: byId, result: nothing },
  'library.export': { argument: exportRequestSchema, result: transferSchema },

  'upload.begin': { argument: uploadBeginSchema, result: byId },
  /** @returns bytes received so far */
  'upload.piece': { argument: uploadPieceSchema, result: z.int().nonnegative() },
  /** Gives it up. A finished one belongs to the job or clip that it was given to. */
  'upload.cancel': { argument: byId, result: nothing },

  'jobs.list': { argument: nothing, result: z.array(jobSchema) },
  'jobs.add': { argument: addJobsSchema, result: z.array(jobSchema) },
  'jobs.cancel': { argument: byId, result: nothing },
  /** Runs a failed or cancelled one again. */
  'jobs.retry': { argument: byId, result: nothing },
  /** Takes it off the list; a result on disk stays. */
  'jobs.remove': { argument: byId, result: nothing },
  'jobs.reveal': { argument: byId, result: nothing },
  'jobs.fetch': { argument: byId, result: transferSchema },

  /** The last seconds that the running engine heard. */
  'compare.freeze': {
    argument: z.strictObject({ seconds: z.number().min(1).max(30) }),
    result: clipSchema,
  },
  'compare.open': {
    argument: z.strictObject({
      source: z.union([
        z.strictObject({ upload: idSchema }),
        z.strictObject({ path: z.string().min(1).max(4096) }),
        /** A noisy recording that ships with the app, with its clean reference. */
        z.strictObject({ demo: z.int().nonnegative() }),
      ]),
      /** The clean recording of the same speech, for metrics and as MUSHRA's reference. */
      reference: z.union([z.strictObject({ upload: idSchema }), z.null()]),
    }),
    result: clipSchema,
  },
  /** @returns the clip with these among its variants */
  'compare.render': {
    argument: z.strictObject({ id: idSchema, variants: z.array(variantSchema).min(1).max(64) }),
    result: clipSchema,
  },
  'compare.close': { argument: byId, result: nothing },

  'media.info': { argument: mediaRefSchema, result: mediaInfoSchema },
  'media.read': { argument: mediaReadSchema, result: samplesSchema },
  'media.peaks': { argument: peaksRequestSchema, result: peaksSchema },
  'media.spectrogram': { argument: spectrogramRequestSchema, result: spectrogramSchema },

  'transfer.read': {
    argument: z.strictObject({ id: idSchema, offset: z.int().nonnegative() }),
    result: z.instanceof(Uint8Array),
  },
  'transfer.end': { argument: byId, result: nothing },
} as const;
export type AppCommand = keyof typeof appCommands;
export type AppArgument<C extends AppCommand> = z.infer<(typeof appCommands)[C]['argument']>;
export type AppResult<C extends AppCommand> = z.infer<(typeof appCommands)[C]['result']>;

export const appEventSchema = z.discriminatedUnion('type', [
  /** 20 times a second while the engine runs. */
  z.strictObject({ type: z.literal('telemetry'), telemetry: telemetrySchema }),
  z.strictObject({ type: z.literal('status'), status: liveStatusSchema }),
  z.strictObject({ type: z.literal('devices'), devices: z.array(audioDeviceSchema) }),
  z.strictObject({ type: z.literal('settings'), settings: settingsSchema }),
  z.strictObject({ type: z.literal('notice'), notice: noticeSchema }),
  /** One job is new or has changed. */
  z.strictObject({ type: z.literal('job'), job: jobSchema }),
  z.strictObject({ type: z.literal('job-removed'), id: idSchema }),
  /** The library is another one now: read it again. */
  z.strictObject({ type: z.literal('library') }),
  z.strictObject({
    type: z.literal('render-progress'),
    id: idSchema,
    /** 0..1, of the variants being rendered. */
    progress: z.number().min(0).max(1),
  }),
  /** Another window or page has taken over; this one gets no more events. */
  z.strictObject({ type: z.literal('superseded') }),
]);
export type AppEvent = z.infer<typeof appEventSchema>;

const versioned = { ipc: z.literal(IPC_VERSION) };

/** Window → app. The argument is parsed by the command's own schema. */
export const appRequestSchema = z.strictObject({
  ...versioned,
  id: z.int().nonnegative(),
  command: z.enum(Object.keys(appCommands) as [AppCommand, ...AppCommand[]]),
  argument: z.unknown(),
});
export type AppRequest = z.infer<typeof appRequestSchema>;

/** App → window. */
export const appMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...versioned, type: z.literal('done'), id: z.int(), result: z.unknown() }),
  z.strictObject({
    ...versioned,
    type: z.literal('failed'),
    id: z.int(),
    problem: engineProblemSchema,
  }),
  z.strictObject({ ...versioned, type: z.literal('event'), event: appEventSchema }),
]);
export type AppMessage = z.infer<typeof appMessageSchema>;

/** What the preload script offers the window as `window.residua`. */
export interface ResiduaBridge {
  /** Sends an `AppRequest`. */
  send(request: unknown): void;
  /** Calls back with every `AppMessage`. @returns stops it */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Where a dropped file lies on disk. */
  pathOf(file: File): string;
}
