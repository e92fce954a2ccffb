import { ResiduaError } from '../../common/errors.ts';
import type { AudioDevice } from '../backend.ts';
import { cableHint, findCable } from './cable.ts';
import { PulseMicrophone } from './pulse-microphone.ts';
import { loadedMicrophones, MICROPHONE_NAME } from './pulse-modules.ts';

/** A microphone that other programs can pick, and that plays what is played into `outputDevice`. */
export interface VirtualMicrophone {
  /** What other programs list. */
  readonly name: string;
  /** The device to open as a sink. */
  readonly outputDevice: string;
  /** Makes it anew where it is gone, as after a restart of the sound server. */
  ensure(): Promise<void>;
  /** Removes it. Safe to call twice. */
  close(): Promise<void>;
}

export interface VirtualMicrophoneOptions {
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform;
}

/**
 * On Linux makes "Residua Microphone" in PulseAudio or PipeWire: removed by `close`, by a guard process
 * when this one dies, and at the latest by the next run. Elsewhere it finds BlackHole or VB-Cable.
 * @param devices the back end's, asked for where a driver has to be found
 * @throws ResiduaError VIRTUAL_MIC_UNAVAILABLE, its hint says how to get one
 */
export async function openVirtualMicrophone(
  devices: () => Promise<readonly AudioDevice[]>,
  { platform = process.platform }: VirtualMicrophoneOptions = {},
): Promise<VirtualMicrophone> {
  if (platform === 'linux') {
    try {
      return await PulseMicrophone.create();
    } catch (cause) {
      const hint = cause instanceof ResiduaError ? cause.hint : undefined;
      throw new ResiduaError(
        'VIRTUAL_MIC_UNAVAILABLE',
        `there is no virtual microphone (${(cause as Error).message})`,
        { hint: hint ?? cableHint(platform), cause },
      );
    }
  }
  const find = async (): Promise<NonNullable<ReturnType<typeof findCable>>> => {
    const cable = findCable(await devices());
    if (cable !== undefined) return cable;
    throw new ResiduaError('VIRTUAL_MIC_UNAVAILABLE', 'there is no virtual audio cable', {
      hint: cableHint(platform),
    });
  };
  const { microphoneName, outputDevice } = await find();
  return {
    name: microphoneName,
    outputDevice,
    ensure: async () => void (await find()),
    close: () => Promise.resolve(),
  };
}

/** What `residua devices` shows. */
export interface VirtualMicrophoneState {
  /**
   * `ready`: can be made, or a driver is there; `active`: a running instance has made it; `leftover`: a
   * crashed run has left one, the next run removes it; `unavailable`: see `hint`.
   */
  readonly state: 'ready' | 'active' | 'leftover' | 'unavailable';
  /** What other programs list, or would. */
  readonly name?: string;
  /** The driver it goes through: the sound server, BlackHole, VB-Cable. */
  readonly through?: string;
  /** Process that has made it. */
  readonly ownerPid?: number;
  /** Why not, and what to do. */
  readonly reason?: string;
  readonly hint?: string;
}

/** Never throws: what is missing is part of the answer. */
export async function virtualMicrophoneState(
  devices: readonly AudioDevice[],
  { platform = process.platform }: VirtualMicrophoneOptions = {},
): Promise<VirtualMicrophoneState> {
  if (platform === 'linux') return pulseState(platform);
  const cable = findCable(devices);
  if (cable === undefined) {
    return {
      state: 'unavailable',
      reason: 'no virtual audio cable is installed',
      hint: cableHint(platform),
    };
  }
  return { state: 'ready', name: cable.microphoneName, through: cable.driver };
}

async function pulseState(platform: NodeJS.Platform): Promise<VirtualMicrophoneState> {
  const through = 'the sound server';
  try {
    const loaded = await loadedMicrophones();
    const active = loaded.find(({ state }) => state !== 'gone');
    const shown = active ?? loaded[0];
    if (shown === undefined) return { state: 'ready', name: MICROPHONE_NAME, through };
    return {
      state: active === undefined ? 'leftover' : 'active',
      name: MICROPHONE_NAME,
      through,
      ...(shown.owner === undefined ? {} : { ownerPid: shown.owner.pid }),
    };
  } catch (error) {
    return {
      state: 'unavailable',
      reason: (error as Error).message,
      hint:
        error instanceof ResiduaError && error.hint !== undefined
          ? error.hint
          : cableHint(platform),
    };
  }
}
