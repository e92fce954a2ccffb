import * as z from 'zod';
import { problemSchema } from './messages.ts';

/**
 * Controls, telemetry and events of the live engine as validators. They describe the same data as
 * `src/engine/contract.ts` (a test compares the types), for whoever receives it from another process.
 */

const count = z.int().nonnegative();
const decibel = z.number();
const ms = z.number();
const name = z.string().max(1000);

export const liveControlsSchema = z.strictObject({
  quantizer: z.string().max(64),
  codebooks: z.int().nullable(),
  mix: z.number(),
  attenuationLimitDb: z.number().nullable(),
  inputGainDb: z.number(),
  mute: z.boolean(),
  bypass: z.boolean(),
});
export type LiveControls = z.infer<typeof liveControlsSchema>;

/** Ranges are the engine's to check: they depend on the model. */
export const controlsChangeSchema = liveControlsSchema.partial();
export type ControlsChange = z.infer<typeof controlsChangeSchema>;

export const devicesChangeSchema = z.strictObject({
  input: name.optional(),
  output: name.optional(),
  inputSampleRateHz: z.number().optional(),
  outputSampleRateHz: z.number().optional(),
  inputChannels: z.int().optional(),
  outputChannels: z.int().optional(),
});
export type DevicesChange = z.infer<typeof devicesChangeSchema>;

export const liveStateSchema = z.enum([
  'idle',
  'starting',
  'running',
  'recovering',
  'stopped',
  'failed',
]);
export type LiveState = z.infer<typeof liveStateSchema>;

/** One device of `devices`, as `AudioDevice` of src/audio. */
export const audioDeviceSchema = z.strictObject({
  name,
  hostApi: z.string(),
  inputChannels: count,
  outputChannels: count,
  defaultSampleRateHz: z.number().nonnegative(),
  isDefaultInput: z.boolean(),
  isDefaultOutput: z.boolean(),
});
export type AudioDevice = z.infer<typeof audioDeviceSchema>;

const levelSchema = z.strictObject({ rms: decibel, peak: decibel, clipped: z.boolean() });

export const latencyLedgerSchema = z.strictObject({
  inputDevice: ms,
  captureBlock: ms,
  inputResampler: ms,
  algorithmic: ms,
  queueing: ms,
  compute: ms,
  playback: ms,
  outputResampler: ms,
  outputDevice: ms,
  total: ms,
});
export type LatencyLedger = z.infer<typeof latencyLedgerSchema>;

export const hopTimesSchema = z.strictObject({ p50: ms, p95: ms, p99: ms, max: ms });

export const liveCountersSchema = z.strictObject({
  hops: count,
  underruns: count,
  overruns: count,
  droppedSamples: count,
  missingSamples: count,
  sanitizedSamples: count,
  modelFailures: count,
  workerRestarts: count,
  deviceLosses: count,
  switches: count,
  tapHopsLost: count,
});
export type LiveCounters = z.infer<typeof liveCountersSchema>;

const deviceTelemetrySchema = z.strictObject({
  name,
  hostApi: z.string(),
  sampleRateHz: z.number(),
  channels: count,
  blockFrames: count,
});

export const recorderTelemetrySchema = z.strictObject({
  state: z.enum(['off', 'recording', 'full', 'failed']),
  seconds: z.number().nonnegative(),
  bytes: count,
  folder: z.string().nullable(),
  problem: problemSchema.nullable(),
});

const columns = z.array(z.array(decibel).max(4096)).max(1000);

export const telemetrySchema = z.strictObject({
  atMs: ms,
  state: liveStateSchema,
  problem: problemSchema.nullable(),
  controls: liveControlsSchema,
  heard: z.strictObject({ quantizer: z.string(), codebooks: count, bypass: z.boolean() }),
  input: deviceTelemetrySchema.nullable(),
  output: deviceTelemetrySchema.nullable(),
  model: z.strictObject({ id: z.string(), sampleRateHz: z.number(), hopSamples: count }),
  inputLevel: levelSchema,
  outputLevel: levelSchema,
  latencyMs: latencyLedgerSchema,
  hopMs: hopTimesSchema.nullable(),
  realTimeFactor: z.number(),
  rings: z.strictObject({ captureMs: ms, playbackMs: ms, playbackTargetMs: ms }),
  driftPpm: z.number().nullable(),
  bitrateKbps: z.number().nonnegative(),
  codebooks: z
    .array(z.strictObject({ lastCode: z.int(), usage: z.number(), perplexity: z.number() }))
    .max(64),
  spectrogram: z.strictObject({ bins: count, columnMs: ms, input: columns, output: columns }),
  provider: z.strictObject({ name: z.string(), reason: z.string() }),
  counters: liveCountersSchema,
  recorder: recorderTelemetrySchema.nullable(),
  uptimeMs: ms,
});
export type Telemetry = z.infer<typeof telemetrySchema>;

export const liveEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('telemetry'), telemetry: telemetrySchema }),
  z.strictObject({
    type: z.literal('state'),
    state: liveStateSchema,
    previous: liveStateSchema,
    problem: problemSchema.nullable(),
  }),
  z.strictObject({
    type: z.literal('device-lost'),
    direction: z.enum(['input', 'output']),
    device: name,
    problem: problemSchema,
  }),
  z.strictObject({
    type: z.literal('device-back'),
    direction: z.enum(['input', 'output']),
    device: deviceTelemetrySchema,
    afterMs: ms,
  }),
  z.strictObject({
    type: z.literal('overload'),
    droppedMs: ms,
    totalDroppedMs: ms,
    suggestions: z.array(
      z.strictObject({
        quantizer: z.string(),
        codebooks: z.int().nullable(),
        reason: z.string(),
      }),
    ),
  }),
  z.strictObject({
    type: z.literal('fallback'),
    what: z.enum(['provider', 'dry']),
    from: z.string(),
    to: z.string(),
    problem: problemSchema,
  }),
  z.strictObject({ type: z.literal('worker-restarted'), problem: problemSchema, afterMs: ms }),
  z.strictObject({ type: z.literal('controls'), controls: liveControlsSchema }),
  z.strictObject({ type: z.literal('ended') }),
  z.strictObject({ type: z.literal('resumed'), sleptMs: ms }),
  z.strictObject({
    type: z.literal('log'),
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
  }),
]);
export type LiveEvent = z.infer<typeof liveEventSchema>;
