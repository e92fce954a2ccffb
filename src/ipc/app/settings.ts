import * as z from 'zod';
import { backendIdSchema } from '../engine-protocol.ts';
import { liveControlsSchema } from '../live.ts';

/**
 * What the app remembers between starts, with the default of each value. `null` always means "whatever is
 * usual here": the system's default device, the shipped models, the model's own default.
 */

export const PROVIDERS = ['auto', 'cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;

const name = z.string().max(1000);
const folder = z.string().min(1).max(4096);

export const windowStateSchema = z.strictObject({
  x: z.int(),
  y: z.int(),
  width: z.int().min(200).max(20_000),
  height: z.int().min(200).max(20_000),
  isMaximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

/** Controls that outlast a session; mute and bypass do not. */
export const lastingControlsSchema = liveControlsSchema
  .omit({ mute: true, bypass: true })
  .extend({ quantizer: z.string().max(64).nullable() });

export const fileOptionsSchema = z.strictObject({
  quantizer: z.string().max(64).nullable(),
  codebooks: z.int().positive().nullable(),
  /** Share of the enhanced sound, 0..1. */
  mix: z.number().min(0).max(1),
});
export type FileOptions = z.infer<typeof fileOptionsSchema>;

export const settingsSchema = z.strictObject({
  version: z.literal(1),
  input: name.nullable(),
  output: name.nullable(),
  virtualMicrophone: z.boolean(),
  backend: backendIdSchema,
  provider: z.enum(PROVIDERS),
  /** Folder that holds model folders. */
  modelsFolder: folder.nullable(),
  model: z.string().max(64).nullable(),
  /** Of the sound devices. */
  blockMs: z.union([z.literal(5), z.literal(10), z.literal(20)]),
  controls: lastingControlsSchema,
  recordings: z.strictObject({
    folder: folder.nullable(),
    sampleFormat: z.enum(['16', '24', 'float']),
  }),
  files: fileOptionsSchema.extend({ folder: folder.nullable() }),
  theme: z.enum(['system', 'light', 'dark']),
  language: z
    .string()
    .regex(/^[a-z]{2}(-[A-Z]{2})?$/)
    .nullable(),
  /** Denoise as soon as the app has started. */
  startLive: z.boolean(),
  /** Start with the computer. */
  autostart: z.boolean(),
  startMinimized: z.boolean(),
  closeToTray: z.boolean(),
  /** Electron accelerator that turns the voice on and off from anywhere. */
  shortcut: z.string().max(100).nullable(),
  isGuideDone: z.boolean(),
  window: windowStateSchema.nullable(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const DEFAULT_SETTINGS: Settings = {
  version: 1,
  input: null,
  output: null,
  virtualMicrophone: false,
  backend: 'auto',
  provider: 'auto',
  modelsFolder: null,
  model: null,
  blockMs: 10,
  controls: {
    quantizer: null,
    codebooks: null,
    mix: 1,
    attenuationLimitDb: null,
    inputGainDb: 0,
  },
  recordings: { folder: null, sampleFormat: '24' },
  files: { quantizer: null, codebooks: null, mix: 1, folder: null },
  theme: 'system',
  language: null,
  startLive: false,
  autostart: false,
  startMinimized: false,
  closeToTray: true,
  shortcut: null,
  isGuideDone: false,
  window: null,
};

/** A change of any of them; nested groups are changed field by field too. */
export const settingsChangeSchema = settingsSchema
  .omit({ version: true })
  .extend({
    controls: lastingControlsSchema.partial(),
    recordings: settingsSchema.shape.recordings.partial(),
    files: settingsSchema.shape.files.partial(),
  })
  .partial();
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

/** @returns `settings` with `change` in it; neither is altered */
export function changeSettings(settings: Settings, change: SettingsChange): Settings {
  return settingsSchema.parse({
    ...settings,
    ...change,
    controls: { ...settings.controls, ...change.controls },
    recordings: { ...settings.recordings, ...change.recordings },
    files: { ...settings.files, ...change.files },
  });
}
