import type { AudioDevice } from '../../backend.ts';
import { silence, type Signal } from './signals.ts';

/** Extra time until the back end hands over block `block`, in ms, 0 or more. */
export type Jitter = (block: number) => number;

/**
 * What a simulated loudspeaker played: interleaved frames, at the moment they become sound. The array is
 * only valid during the call. Runs of underrun come as silence.
 * @param startFrame counted on the device's own clock since the stream started
 * @param firstFrameAtMs when the first of them is in the air, on the back end's clock
 */
export type Listener = (
  samples: Float32Array,
  startFrame: number,
  channels: number,
  firstFrameAtMs: number,
) => void;

/** One simulated device. Everything can be left out except the name. */
export interface FakeDeviceOptions {
  readonly name: string;
  /** Default 0. Give at least one of the two. */
  readonly inputChannels?: number;
  /** Default 0. */
  readonly outputChannels?: number;
  /** Hz. Default 48000. */
  readonly defaultSampleRateHz?: number;
  /** Rates it opens at, Hz; others are refused. Default: any. */
  readonly acceptedRatesHz?: readonly number[];
  /** Channel counts it opens with; others are refused. Default: any up to what it has. */
  readonly acceptedChannels?: readonly number[];
  /** Refuses to open, as if another program held it. Default false. */
  readonly busy?: boolean;
  /** How far its sample clock is off: positive is fast. Default 0. */
  readonly driftPpm?: number;
  /** Delay of each hand-over: a random one in 0..n ms, or a function. Default 0. */
  readonly jitterMs?: number | Jitter;
  /** Fixed time between sound and hand-over, in either direction, ms. Default 0. */
  readonly latencyMs?: number;
  /** Blocks the driver keeps for a late reader; older ones are lost. Default 8. */
  readonly driverBlocks?: number;
  /** Blocks of silence queued before playing, and how full the queue is kept. Default 2. */
  readonly queueBlocks?: number;
  /** What the microphone hears. Default silence. */
  readonly signal?: Signal;
  /** Hears what is played. */
  readonly listener?: Listener;
}

/** A device as the back end keeps it: every option has a value. */
export interface FakeDevice extends Required<Omit<FakeDeviceOptions, 'jitterMs'>> {
  readonly jitter: Jitter;
}

/** @param random uniform in 0..1, for jitter given as a number */
export function completeDevice(options: FakeDeviceOptions, random: () => number): FakeDevice {
  const { jitterMs = 0, ...rest } = options;
  const device: FakeDevice = {
    inputChannels: 0,
    outputChannels: 0,
    defaultSampleRateHz: 48000,
    acceptedRatesHz: [],
    acceptedChannels: [],
    busy: false,
    driftPpm: 0,
    latencyMs: 0,
    driverBlocks: 8,
    queueBlocks: 2,
    signal: silence,
    listener: () => {},
    ...rest,
    jitter: typeof jitterMs === 'function' ? jitterMs : () => jitterMs * random(),
  };
  if (device.inputChannels + device.outputChannels < 1) {
    throw new RangeError(`the simulated device "${device.name}" has no channels`);
  }
  if (device.queueBlocks < 1 || device.driverBlocks < 1) {
    throw new RangeError('a simulated device queues at least one block');
  }
  return device;
}

export function describeDevice(
  device: FakeDevice,
  isDefaultInput: boolean,
  isDefaultOutput: boolean,
): AudioDevice {
  const { name, inputChannels, outputChannels, defaultSampleRateHz } = device;
  return {
    name,
    hostApi: 'fake',
    inputChannels,
    outputChannels,
    defaultSampleRateHz,
    isDefaultInput,
    isDefaultOutput,
  };
}
