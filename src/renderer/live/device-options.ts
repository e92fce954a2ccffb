import type { AudioDevice } from '../../ipc/live.ts';

export interface DeviceWords {
  systemDefault(name: string | undefined): string;
  missing(name: string): string;
}

/** Value of "the system's default": no device is named so. */
export const DEFAULT_DEVICE = '';

/**
 * What a list of devices offers: the system's default, every device of that direction once, and the chosen one
 * even while it is unplugged, since the app waits for it by name.
 */
export function deviceOptions(
  devices: readonly AudioDevice[],
  direction: 'input' | 'output',
  chosen: string | null,
  words: DeviceWords,
): { readonly value: string; readonly label: string }[] {
  const channels = direction === 'input' ? 'inputChannels' : 'outputChannels';
  const isDefault = direction === 'input' ? 'isDefaultInput' : 'isDefaultOutput';
  const fitting = devices.filter((device) => device[channels] > 0 && device.name !== '');
  const names = [...new Set(fitting.map(({ name }) => name))];
  const usual = fitting.find((device) => device[isDefault])?.name;
  return [
    { value: DEFAULT_DEVICE, label: words.systemDefault(usual) },
    ...names.map((name) => ({ value: name, label: name })),
    ...(chosen === null || names.includes(chosen)
      ? []
      : [{ value: chosen, label: words.missing(chosen) }]),
  ];
}
