import * as z from 'zod';
import { exitCodeOf, ResiduaError, UsageError } from '../common/errors.ts';
import { fromProblem, toProblem } from '../common/problem.ts';
import {
  audioDeviceSchema,
  controlsChangeSchema,
  devicesChangeSchema,
  liveEventSchema,
  liveControlsSchema,
  telemetrySchema,
} from './live.ts';
import { IPC_VERSION } from './version.ts';

/**
 * What crosses between the engine process and whoever drives it, over any channel that carries structured
 * clones. The driver sends commands, each with a number of its own; the engine answers each one once, and
 * in between sends events and heartbeats. Both sides parse whatever arrives before they trust it.
 */

export const backendIdSchema = z.enum(['auto', 'portaudio', 'decibri', 'file', 'fake']);
export type BackendId = z.infer<typeof backendIdSchema>;

export const openRequestSchema = z.strictObject({
  modelFolder: z.string(),
  provider: z.string().optional(),
  /** `auto`: the first real one that works here. */
  backend: backendIdSchema,
  devices: devicesChangeSchema,
  controls: controlsChangeSchema,
  blockMs: z.number().optional(),
  /** Play into a microphone that other programs can pick. */
  virtualMicrophone: z.boolean().optional(),
});
export type OpenRequest = z.infer<typeof openRequestSchema>;

export const recordRequestSchema = z.strictObject({
  folder: z.string().min(1),
  sampleFormat: z.enum(['16', '24', 'float']).optional(),
  reserveBytes: z.int().nonnegative().optional(),
});
export type RecordRequest = z.infer<typeof recordRequestSchema>;

export const recordingSummarySchema = z.strictObject({
  folder: z.string(),
  raw: z.string().nullable(),
  enhanced: z.string().nullable(),
  sidecar: z.string().nullable(),
  codes: z.array(z.string()),
  sampleRateHz: z.number(),
  seconds: z.number().nonnegative(),
  bytes: z.int().nonnegative(),
  lostHops: z.int().nonnegative(),
  ended: z.enum(['stopped', 'disk-low', 'disk-full', 'folder-gone', 'failed']),
  problem: z
    .strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() })
    .nullable(),
});
export type RecordingSummary = z.infer<typeof recordingSummarySchema>;

export const openedSchema = z.strictObject({
  controls: liveControlsSchema,
  backend: z.string(),
  /** The virtual microphone as other programs show it; `null` without one. */
  virtualMicrophone: z.string().nullable(),
});
export type Opened = z.infer<typeof openedSchema>;

/** Longest stretch of the microphone that the engine remembers, s. */
export const MAX_SNAPSHOT_S = 30;

export const snapshotSchema = z.strictObject({
  /** Mono, after gain and mute, oldest first; empty before the first sound. */
  samples: z.instanceof(Float32Array),
  sampleRateHz: z.number().positive(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export const loopbackSchema = z.strictObject({
  /** From the output's device to the input's, without what Residua does between them; `null`: not heard. */
  loopbackMs: z.number().nullable(),
  /** How far what was played stood above what was there before, dB, 120 at the most; `null`: not heard. */
  snrDb: z.number().nullable(),
  input: z.string(),
  output: z.string(),
  /** The input reached full scale. */
  clipped: z.boolean(),
});
export type Loopback = z.infer<typeof loopbackSchema>;

const nothing = z.null();

/** Argument and result of every command. */
export const commands = {
  /** Once, first: loads nothing yet, but checks what it is given. */
  open: { argument: openRequestSchema, result: openedSchema },
  /** Loads the models ahead of the first start. */
  warm: { argument: nothing, result: nothing },
  start: { argument: nothing, result: nothing },
  stop: { argument: nothing, result: nothing },
  update: { argument: controlsChangeSchema, result: liveControlsSchema },
  setDevices: { argument: devicesChangeSchema, result: nothing },
  telemetry: { argument: nothing, result: telemetrySchema },
  devices: { argument: nothing, result: z.array(audioDeviceSchema) },
  record: { argument: recordRequestSchema, result: nothing },
  /** `null`: nothing was being recorded. */
  stopRecording: { argument: nothing, result: recordingSummarySchema.nullable() },
  /** The last seconds of the microphone since sound began. */
  snapshot: {
    argument: z.strictObject({ seconds: z.number().positive().max(MAX_SNAPSHOT_S) }),
    result: snapshotSchema,
  },
  /** Interrupts sound for some seconds, plays chirps and listens for them. */
  selfTest: { argument: nothing, result: loopbackSchema },
  /** Ends everything, takes the virtual microphone away; the process exits after the answer. */
  close: { argument: nothing, result: recordingSummarySchema.nullable() },
} as const;
export type CommandName = keyof typeof commands;
export type CommandArgument<C extends CommandName> = z.infer<(typeof commands)[C]['argument']>;
export type CommandResult<C extends CommandName> = z.infer<(typeof commands)[C]['result']>;

/** Events of the engine, and those of its host process. */
export const engineEventSchema = z.union([
  liveEventSchema,
  z.strictObject({ type: z.literal('recording-started'), folder: z.string() }),
  z.strictObject({ type: z.literal('recording-ended'), recording: recordingSummarySchema }),
  /** Devices came or went, or changed. */
  z.strictObject({ type: z.literal('devices'), devices: z.array(audioDeviceSchema) }),
  /** The system's default is another one now, and sound has followed it. */
  z.strictObject({
    type: z.literal('default-followed'),
    direction: z.enum(['input', 'output']),
    device: z.string(),
  }),
]);
export type EngineEvent = z.infer<typeof engineEventSchema>;

export const engineProblemSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  /** The caller asked for something that makes no sense. */
  isUsage: z.boolean(),
});
export type EngineProblem = z.infer<typeof engineProblemSchema>;

const versioned = { ipc: z.literal(IPC_VERSION) };

/** Driver → engine. The argument is parsed by the command's own schema. */
export const commandMessageSchema = z.strictObject({
  ...versioned,
  id: z.int().nonnegative(),
  command: z.enum(Object.keys(commands) as [CommandName, ...CommandName[]]),
  argument: z.unknown(),
});
export type CommandMessage = z.infer<typeof commandMessageSchema>;

/** How the engine process is doing. */
export const vitalsSchema = z.strictObject({
  /** Monotonic, on the engine's clock. */
  atMs: z.number(),
  /** Processor time used since its start, all threads, user and system. */
  cpuMs: z.number(),
  heapUsedBytes: z.number(),
  rssBytes: z.number(),
});
export type EngineVitals = z.infer<typeof vitalsSchema>;

/** Engine → driver. */
export const engineMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...versioned, type: z.literal('ready'), pid: z.int() }),
  /** The engine's main thread is alive. Sent every `HEARTBEAT_MS`. */
  z.strictObject({ ...versioned, type: z.literal('heartbeat'), vitals: vitalsSchema }),
  z.strictObject({
    ...versioned,
    type: z.literal('done'),
    id: z.int(),
    result: z.unknown(),
  }),
  z.strictObject({
    ...versioned,
    type: z.literal('failed'),
    id: z.int(),
    problem: engineProblemSchema,
  }),
  z.strictObject({ ...versioned, type: z.literal('event'), event: engineEventSchema }),
]);
export type EngineMessage = z.infer<typeof engineMessageSchema>;

export const HEARTBEAT_MS = 500;

/** Describes anything that was thrown. Stack traces and causes stay in the process that failed. */
export function toEngineProblem(error: unknown): EngineProblem {
  return { ...toProblem(error), isUsage: exitCodeOf(error) === 2 };
}

export function fromEngineProblem(problem: EngineProblem): ResiduaError {
  const { code, message, hint, isUsage } = problem;
  if (!isUsage) return fromProblem(problem);
  return new UsageError(message, hint === undefined ? { code } : { code, hint });
}

/**
 * Parses what the other side sent.
 * @throws ResiduaError `IPC_VERSION` for another version of the contract, `IPC_INVALID` otherwise
 */
export function parseMessage<T>(schema: z.ZodType<T>, received: unknown, from: string): T {
  const parsed = schema.safeParse(received);
  if (parsed.success) return parsed.data;
  const version = (received as { ipc?: unknown } | null)?.ipc;
  if (typeof version === 'number' && version !== IPC_VERSION) {
    throw new ResiduaError(
      'IPC_VERSION',
      `${from} speaks version ${version} of the protocol, this side version ${IPC_VERSION}`,
      { hint: 'Restart Residua so that both halves are from the same installation.' },
    );
  }
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'message';
  throw new ResiduaError('IPC_INVALID', `${from} sent an unexpected ${where}: ${issue?.message}`, {
    cause: parsed.error,
    hint: 'This is a bug in Residua: please report it.',
  });
}
