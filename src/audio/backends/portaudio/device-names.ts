import type { AudioDevice } from '../../backend.ts';
import type { DeviceKey, RawDevice, RawHostApis } from './protocol.ts';

/** A device under the name people see, and as a device process finds it. */
export interface NamedDevice {
  readonly device: AudioDevice;
  readonly key: DeviceKey;
}

/**
 * Where a system has several host APIs they list the same hardware several times: the best one is
 * shown. Windows: WASAPI has the lowest latency, DirectSound and MME are its older ways.
 */
const PREFERRED_HOST_APIS = ['Windows WASAPI', 'Windows DirectSound', 'MME'];

/**
 * Gives every device a name of its own: same names are numbered in the order of the system.
 * Devices without channels are left out.
 */
export function nameDevices(
  raw: readonly RawDevice[],
  hostApis: RawHostApis,
): readonly NamedDevice[] {
  const preferred = PREFERRED_HOST_APIS.find((api) => raw.some((r) => r.hostAPIName === api));
  const seen = new Map<string, number>();
  const named: NamedDevice[] = [];
  for (const entry of raw) {
    const hostApi = entry.hostAPIName;
    if (preferred !== undefined && hostApi !== preferred) continue;
    const key = `${hostApi}\n${entry.name}`;
    const occurrence = seen.get(key) ?? 0;
    seen.set(key, occurrence + 1);
    if (entry.maxInputChannels < 1 && entry.maxOutputChannels < 1) continue;
    const api = hostApis.HostAPIs.find(({ name }) => name === hostApi);
    const clean = entry.name.trim() || `device ${entry.id}`;
    named.push({
      key: { name: entry.name, hostApi, occurrence },
      device: {
        name: occurrence === 0 ? clean : `${clean} #${occurrence + 1}`,
        hostApi: hostApi.replace(/^Windows /, ''),
        inputChannels: entry.maxInputChannels,
        outputChannels: entry.maxOutputChannels,
        defaultSampleRateHz: entry.defaultSampleRate,
        isDefaultInput: api?.defaultInput === entry.id,
        isDefaultOutput: api?.defaultOutput === entry.id,
      },
    });
  }
  return named;
}
