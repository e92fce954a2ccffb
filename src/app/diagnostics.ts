import { arch, cpus, homedir, release, totalmem } from 'node:os';
import type { LiveStatus, Notice } from '../ipc/app/app-protocol.ts';
import type { Settings } from '../ipc/app/settings.ts';
import type { AudioDevice, Telemetry } from '../ipc/live.ts';
import type { ModelSummary, Problem } from '../ipc/messages.ts';

export interface DiagnosticsSource {
  readonly appVersion: string;
  readonly shell: string;
  readonly status: LiveStatus;
  readonly telemetry: Telemetry | undefined;
  /** `undefined`: the engine could not tell. */
  readonly devices: readonly AudioDevice[] | undefined;
  readonly settings: Settings;
  readonly models: readonly ModelSummary[];
  readonly problems: readonly Problem[];
  readonly notices: readonly Notice[];
  readonly log: readonly string[];
  /** Names of folders that are kept out of the text. */
  readonly folders: readonly string[];
}

/** A text for a bug report: no sound, no names of files or folders. */
export function diagnostics(source: DiagnosticsSource): string {
  const { appVersion, shell, status, devices, models, problems, notices, log } = source;
  const text = [
    section('Residua', [
      `version ${appVersion}, ${shell}`,
      Object.entries(process.versions)
        .filter(([name]) => ['node', 'electron', 'chrome', 'v8'].includes(name))
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
      `${process.platform} ${release()} ${arch()}`,
      `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    ]),
    section('Engine', engineLines(status, source.telemetry)),
    section(
      'Devices',
      devices?.map(
        ({ name, hostApi, inputChannels, outputChannels, defaultSampleRateHz, ...defaults }) =>
          `${name} (${hostApi}, ${inputChannels} in, ${outputChannels} out, ${defaultSampleRateHz} Hz` +
          `${defaults.isDefaultInput ? ', default input' : ''}${defaults.isDefaultOutput ? ', default output' : ''})`,
      ) ?? ['not known'],
    ),
    section(
      'Models',
      models.map(
        ({ id, version, quantizers }) =>
          `${id} ${version}: ${quantizers.map((quantizer) => quantizer.id).join(', ')}`,
      ),
    ),
    section('Settings', [JSON.stringify(withoutFolders(source.settings))]),
    section('Problems', problems.map(describe)),
    section(
      'Last events',
      notices.map((notice) => `${notice.level}: ${describe(notice)}`),
    ),
    section('Log of the engine', log),
  ].join('\n\n');
  return withoutPaths(text, source.folders);
}

function engineLines(status: LiveStatus, telemetry: Telemetry | undefined): string[] {
  const { engine, state, isOn, backend, virtualMicrophone, controls, problem } = status;
  const lines = [
    `${engine}, ${state}, switched ${isOn ? 'on' : 'off'}, backend ${backend ?? 'none'}`,
    `virtual microphone ${virtualMicrophone ?? 'none'}`,
    `controls ${JSON.stringify(controls)}`,
  ];
  if (problem) lines.push(`problem ${describe(problem)}`);
  if (!telemetry) return lines;
  const { provider, latencyMs, hopMs, counters, rings, driftPpm, input, output } = telemetry;
  return [
    ...lines,
    `provider ${provider.name} (${provider.reason})`,
    `input ${JSON.stringify(input)}`,
    `output ${JSON.stringify(output)}`,
    `latency ms ${rounded(latencyMs)}`,
    `hop ms ${rounded(hopMs)}, real-time factor ${telemetry.realTimeFactor.toFixed(3)}`,
    `rings ${rounded(rings)}, drift ppm ${driftPpm === null ? 'unknown' : driftPpm.toFixed(1)}`,
    `counters ${JSON.stringify(counters)}`,
    `up ${(telemetry.uptimeMs / 1000).toFixed(0)} s`,
  ];
}

const describe = ({
  code,
  message,
  hint,
}: {
  code: string;
  message: string;
  hint?: string | null | undefined;
}) => `${code}: ${message}${hint ? ` (${hint})` : ''}`;

const rounded = (value: object | null): string =>
  JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'number' ? Math.round(field * 100) / 100 : field,
  );

function section(title: string, lines: readonly string[]): string {
  return `## ${title}\n${lines.length === 0 ? 'none' : lines.join('\n')}`;
}

function withoutFolders(settings: Settings): object {
  const hide = (folder: string | null): string | null => (folder === null ? null : '(set)');
  return {
    ...settings,
    modelsFolder: hide(settings.modelsFolder),
    recordings: { ...settings.recordings, folder: hide(settings.recordings.folder) },
    files: { ...settings.files, folder: hide(settings.files.folder) },
  };
}

/** Known folders first, as their names may hold spaces; then whatever looks like a path. */
function withoutPaths(text: string, folders: readonly string[]): string {
  let result = text;
  const known = [...folders, homedir()].filter((folder) => folder.length > 1);
  for (const folder of known.sort((a, b) => b.length - a.length)) {
    const escaped = folder.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    result = result.replaceAll(new RegExp(`${escaped}(?:[\\\\/][^\\s"',;:()]*)*`, 'g'), '(path)');
  }
  return result.replaceAll(
    /(?<![\w.)])(?:[A-Za-z]:)?[\\/](?:[^\s"',;:()\\/]+[\\/])+[^\s"',;:()]*/g,
    '(path)',
  );
}
