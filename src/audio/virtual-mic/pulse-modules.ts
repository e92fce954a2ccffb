import { pactl, pactlJson } from '../pulse/pactl.ts';
import { OWN_PREFIX } from '../pulse/pulse-devices.ts';
import { ownerOf, ownerState, type Owner } from './owner.ts';

/** What other programs list, unless another instance has it already. */
export const MICROPHONE_NAME = 'Residua Microphone';

/** One microphone of ours in the server, whoever loaded it. */
export interface LoadedMicrophone {
  readonly sinkName: string;
  readonly owner: Owner | undefined;
  readonly state: 'self' | 'running' | 'gone' | 'unknown';
  /** Its modules, oldest first. */
  readonly modules: readonly number[];
}

/** @throws PulseError */
export async function loadedMicrophones(): Promise<readonly LoadedMicrophone[]> {
  const found = new Map<string, number[]>();
  for (const line of (await pactl(['list', 'short', 'modules'])).split('\n')) {
    const [index, , args = ''] = line.split('\t');
    const name = new RegExp(`\\b(${OWN_PREFIX}\\d+_\\d+_\\d+)`).exec(args)?.[1];
    if (name === undefined) continue;
    found.set(name, [...(found.get(name) ?? []), Number(index)]);
  }
  return [...found].map(([sinkName, modules]) => {
    const owner = ownerOf(sinkName);
    return {
      sinkName,
      owner,
      state: owner === undefined ? 'unknown' : ownerState(owner),
      modules: modules.sort((a, b) => a - b),
    };
  });
}

/** Removes one microphone, in the reverse order of its making. What is gone already is fine. */
export async function unload(microphone: LoadedMicrophone): Promise<void> {
  for (const module of microphone.modules.toReversed()) {
    await pactl(['unload-module', String(module)]).catch(() => {});
  }
}

/**
 * Removes what runs that ended without cleaning up have left.
 * @returns how many microphones
 * @throws PulseError
 */
export async function removeLeftovers(): Promise<number> {
  const left = (await loadedMicrophones()).filter(({ state }) => state === 'gone');
  for (const microphone of left) await unload(microphone);
  return left.length;
}

export interface ServerDefaults {
  readonly sink: string | undefined;
  readonly source: string | undefined;
  readonly isPipeWire: boolean;
}

/** @throws PulseError */
export async function serverDefaults(): Promise<ServerDefaults> {
  const info = (await pactlJson(['info'])) as Record<string, unknown>;
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return {
    sink: text(info['default_sink_name']),
    source: text(info['default_source_name']),
    isPipeWire: String(info['server_name']).includes('PipeWire'),
  };
}

/** Where the server made our sink or source the default, the former one gets its place back. */
export async function putDefaultsBack(before: ServerDefaults): Promise<void> {
  const now = await serverDefaults();
  const isOurs = (name: string | undefined): boolean => name?.startsWith(OWN_PREFIX) ?? false;
  if (isOurs(now.source) && before.source !== undefined && !isOurs(before.source)) {
    await pactl(['set-default-source', before.source]);
  }
  if (isOurs(now.sink) && before.sink !== undefined && !isOurs(before.sink)) {
    await pactl(['set-default-sink', before.sink]);
  }
}

/**
 * Loads a sink to play into and a source that repeats it, under the names people see.
 * @throws PulseError, with nothing left behind
 */
export async function load(
  sinkName: string,
  microphoneName: string,
  isPipeWire: boolean,
): Promise<void> {
  const described = (kind: 'sink' | 'source', description: string): string =>
    `${kind}_properties='device.description="${description}" device.icon_name="audio-input-microphone"'`;
  await pactl([
    'load-module',
    'module-null-sink',
    `sink_name=${sinkName}`,
    ...['format=float32le', 'rate=48000', 'channels=1', 'channel_map=mono'],
    // PulseAudio would rewind what was played; PipeWire does not know the option.
    ...(isPipeWire ? [] : ['norewinds=1']),
    described('sink', feedName(microphoneName)),
  ]);
  try {
    await pactl([
      'load-module',
      'module-remap-source',
      `master=${sinkName}.monitor`,
      `source_name=${sinkName}_source`,
      // Said outright: PipeWire would make it stereo and 3 dB louder.
      ...['channels=1', 'channel_map=mono', 'master_channel_map=mono', 'remix=no'],
      described('source', microphoneName),
    ]);
  } catch (error) {
    for (const loaded of await loadedMicrophones()) {
      if (loaded.sinkName === sinkName) await unload(loaded);
    }
    throw error;
  }
}

/** The sink's own name: it is the way into the microphone, not a loudspeaker. */
export function feedName(microphoneName: string): string {
  return `Into ${microphoneName}`;
}
