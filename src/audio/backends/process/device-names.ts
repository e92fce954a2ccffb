import type { AudioDevice } from '../../backend.ts';
import type { DeviceKey, RawDevice } from './protocol.ts';

/** A device under the name people see, and as a device process finds it. */
export interface NamedDevice {
  readonly device: AudioDevice;
  readonly key: { readonly input: DeviceKey; readonly output: DeviceKey };
}

/**
 * Gives every device a name of its own in its direction: same names are numbered in the order of the
 * system. Devices without channels are left out.
 * @param preferredHostApis where several list the same hardware, the first of these that has devices
 */
export function nameDevices(
  raw: readonly RawDevice[],
  preferredHostApis: readonly string[],
): readonly NamedDevice[] {
  const preferred = preferredHostApis.find((api) => raw.some(({ hostApi }) => hostApi === api));
  const counts = new Map<string, number>();
  /** How many devices of that name and direction came before. */
  const count = (direction: string, { hostApi, name }: RawDevice): number => {
    const key = `${direction}\n${hostApi}\n${name}`;
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    return before;
  };
  const named: NamedDevice[] = [];
  for (const entry of raw) {
    const { name, hostApi, inputChannels, outputChannels } = entry;
    if (preferred !== undefined && hostApi !== preferred) continue;
    const input = inputChannels > 0 ? count('input', entry) : 0;
    const output = outputChannels > 0 ? count('output', entry) : 0;
    if (inputChannels < 1 && outputChannels < 1) continue;
    const number = Math.max(input, output) + 1;
    const clean = name.trim() || 'unnamed device';
    named.push({
      key: {
        input: { name, hostApi, occurrence: input },
        output: { name, hostApi, occurrence: output },
      },
      device: {
        ...entry,
        name: number === 1 ? clean : `${clean} #${number}`,
        hostApi: hostApi.replace(/^Windows /, ''),
      },
    });
  }
  return named;
}
