import type { Command } from 'commander';
import { describeError, ResiduaError } from '../../common/errors.ts';
import type { AudioBackend, AudioDevice } from '../../audio/backend.ts';
import { DecibriBackend } from '../../audio/backends/decibri/decibri-backend.ts';
import { PortAudioBackend } from '../../audio/backends/portaudio/portaudio-backend.ts';
import type { Direction } from '../../audio/device-errors.ts';
import { channelsOf, devicesFor } from '../../audio/stream-request.ts';
import {
  virtualMicrophoneState,
  type VirtualMicrophoneState,
} from '../../audio/virtual-mic/virtual-microphone.ts';
import { errorJson } from '../error-json.ts';
import { jsonOption } from '../options.ts';
import { print, printJson, table } from '../terminal.ts';

const HELP = `
A device is named by its name, or by any part of it that no other device has: --input yeti. On Linux with
PulseAudio or PipeWire, these are the sound server's sources and sinks; "Monitor of …" is what a sink plays.

Examples:
  residua devices
  residua devices --json`;

/** In the order of preference. */
const BACKENDS: readonly { readonly name: string; readonly create: () => AudioBackend }[] = [
  { name: 'PortAudio (naudiodon)', create: () => new PortAudioBackend() },
  { name: 'decibri', create: () => new DecibriBackend() },
];

export function registerDevices(program: Command): void {
  program
    .command('devices')
    .summary('list microphones and loudspeakers')
    .description('Lists the sound devices, and whether a virtual microphone can be made.')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(devices);
}

async function devices(options: { json?: boolean }): Promise<void> {
  const { backends, list } = await tryBackends();
  const virtualMicrophone = await virtualMicrophoneState(list);
  if (options.json) {
    printJson({
      backend: backends.find(({ state }) => state === 'in use')?.id ?? null,
      backends: backends.map(({ id, state, error }) => ({
        id,
        state,
        ...(error === undefined ? {} : { error: errorJson(error) }),
      })),
      devices: list,
      virtualMicrophone,
    });
    return;
  }
  const inUse = backends.find(({ state }) => state === 'in use');
  for (const direction of ['input', 'output'] as const) {
    const there = devicesFor(list, direction);
    print(direction === 'input' ? 'Inputs' : '\nOutputs');
    print(there.length === 0 ? '  none' : indent(deviceTable(there, direction)));
  }
  print('\nBack end');
  for (const { name, state, error } of backends) print(`  ${name}: ${explain(state, error)}`);
  if (inUse === undefined) print('  Files can be cleaned all the same: residua denoise --help');
  print('\nVirtual microphone');
  print(`  ${describeMicrophone(virtualMicrophone)}`);
}

type State = 'in use' | 'not needed' | 'failed';

interface Tried {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  readonly error?: unknown;
}

/** The first back end that can list devices is used; those after it are not tried. */
async function tryBackends(): Promise<{
  backends: readonly Tried[];
  list: readonly AudioDevice[];
}> {
  const backends: Tried[] = [];
  let list: readonly AudioDevice[] | undefined;
  for (const { name, create } of BACKENDS) {
    const backend = create();
    const { id } = backend;
    try {
      if (list === undefined) {
        list = await backend.devices();
        backends.push({ id, name, state: 'in use' });
      } else {
        backends.push({ id, name, state: 'not needed' });
      }
    } catch (error) {
      backends.push({ id, name, state: 'failed', error });
    } finally {
      await backend.dispose();
    }
  }
  return { backends, list: list ?? [] };
}

function explain(state: State, error: unknown): string {
  switch (state) {
    case 'in use':
      return 'in use';
    case 'not needed':
      return 'not needed, as the one above works';
    case 'failed':
      return error instanceof ResiduaError && error.hint !== undefined
        ? `does not work: ${error.message}\n    ${error.hint}`
        : `does not work: ${describeError(error)}`;
  }
}

function deviceTable(list: readonly AudioDevice[], direction: Direction): string {
  const rows = list.map((device) => {
    const isDefault = direction === 'input' ? device.isDefaultInput : device.isDefaultOutput;
    return [
      device.name,
      device.hostApi,
      String(channelsOf(device, direction)),
      `${device.defaultSampleRateHz} Hz`,
      isDefault ? 'default' : '',
    ];
  });
  return table([['name', 'host API', 'channels', 'rate', ''], ...rows]);
}

function describeMicrophone(microphone: VirtualMicrophoneState): string {
  const { name, through, ownerPid, reason, hint } = microphone;
  switch (microphone.state) {
    case 'ready':
      return `"${name}" through ${through}: residua live --virtual-mic`;
    case 'active':
      return `"${name}" is there, made by process ${ownerPid}`;
    case 'leftover':
      return `"${name}" was left by a run that crashed (process ${ownerPid}); the next run removes it`;
    case 'unavailable':
      return `none: ${reason}\n    ${hint}`;
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
