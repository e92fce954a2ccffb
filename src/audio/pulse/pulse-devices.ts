import { z } from 'zod';
import type { AudioDevice } from '../backend.ts';
import { pactlJson, type PactlOptions, PulseError } from './pactl.ts';

/** Modules and devices that this program loads into the server begin with this. */
export const OWN_PREFIX = 'residua_vmic_';

/** A sink or source of the server, as the rest of the program sees it. */
export interface PulseDevice extends AudioDevice {
  /** The server's own name for it, what `pactl` and the ALSA plug-in take. */
  readonly pulseName: string;
  /** The sink whose sound this source repeats. */
  readonly monitorOf?: string;
}

export interface PulseState {
  readonly server: 'PulseAudio' | 'PipeWire';
  readonly devices: readonly PulseDevice[];
}

const Info = z.object({
  server_name: z.string(),
  default_sink_name: z.string().optional(),
  default_source_name: z.string().optional(),
});

const Entry = z.object({
  name: z.string(),
  description: z.string().nullish(),
  sample_specification: z.string(),
  monitor_source: z.string().nullish(),
});

/**
 * Lists sinks and sources under the names people know them by; sources that repeat a sink come last. The
 * program's own virtual microphone is left out of the inputs: cleaning one's own output is a loop.
 * @throws PulseError
 */
export async function pulseDevices(options: PactlOptions = {}): Promise<PulseState> {
  const [info, sinks, sources] = await Promise.all([
    pactlJson(['info'], options),
    pactlJson(['list', 'sinks'], options),
    pactlJson(['list', 'sources'], options),
  ]);
  return readState(info, sinks, sources);
}

/** From the JSON of `pactl info`, `list sinks` and `list sources`. @throws PulseError if it is not that */
export function readState(info: unknown, sinks: unknown, sources: unknown): PulseState {
  const about = check(Info, info);
  const server = about.server_name.includes('PipeWire') ? 'PipeWire' : 'PulseAudio';
  const outputs = check(z.array(Entry), sinks).map((entry) =>
    describe(entry, server, 'output', entry.name === about.default_sink_name),
  );
  const inputs = check(z.array(Entry), sources)
    .filter(({ name }) => !name.startsWith(OWN_PREFIX))
    .map((entry) => describe(entry, server, 'input', entry.name === about.default_source_name));
  const microphones = inputs.filter(({ monitorOf }) => monitorOf === undefined);
  const monitors = inputs.filter(({ monitorOf }) => monitorOf !== undefined);
  return {
    server,
    devices: [...distinct([...microphones, ...monitors]), ...distinct(outputs)],
  };
}

function describe(
  entry: z.infer<typeof Entry>,
  hostApi: string,
  direction: 'input' | 'output',
  isDefault: boolean,
): PulseDevice {
  // For example `s16le 2ch 44100Hz`.
  const [, channels = '0', rate = '0'] = /(\d+)ch (\d+)Hz/.exec(entry.sample_specification) ?? [];
  // A sink names its monitor, and a monitor its sink, both under `monitor_source`.
  const monitorOf =
    direction === 'input' && entry.monitor_source ? entry.monitor_source : undefined;
  return {
    name: entry.description?.trim() || entry.name,
    hostApi,
    inputChannels: direction === 'input' ? Number(channels) : 0,
    outputChannels: direction === 'output' ? Number(channels) : 0,
    defaultSampleRateHz: Number(rate),
    isDefaultInput: direction === 'input' && isDefault,
    isDefaultOutput: direction === 'output' && isDefault,
    pulseName: entry.name,
    ...(monitorOf === undefined ? {} : { monitorOf }),
  };
}

/** Two cards of one make have one description: the server's own name tells them apart. */
function distinct(devices: readonly PulseDevice[]): PulseDevice[] {
  return devices.map((device) =>
    devices.filter(({ name }) => name === device.name).length > 1
      ? { ...device, name: `${device.name} (${device.pulseName})` }
      : device,
  );
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PulseError(
    'PULSE_UNAVAILABLE',
    `pactl answered in an unknown form (${issue?.path.join('.')}: ${issue?.message})`,
    { hint: 'Install pactl 16 or newer (package pulseaudio-utils).' },
  );
}
