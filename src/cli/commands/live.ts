import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { removeLeftovers } from '../../audio/virtual-mic/pulse-modules.ts';
import { checkCodebooks, findQuantizer, type ModelManifest } from '../../codec/manifest.ts';
import { UsageError } from '../../common/errors.ts';
import type { BackendId, OpenRequest, RecordRequest } from '../../ipc/engine-protocol.ts';
import { defaultQuantizer } from '../../enhance/codec.ts';
import { runLive } from '../live/run-live.ts';
import type { LiveDocument } from '../live/totals.ts';
import { selectModel } from '../model-choice.ts';
import { addModelOptions, bitsOption, jsonOption, numberBetween, wholeNumber } from '../options.ts';
import { figure, log, printJson } from '../terminal.ts';

interface LiveCommandOptions {
  models?: string;
  model?: string;
  input?: string;
  output?: string;
  inputRate?: number;
  outputRate?: number;
  virtualMic?: boolean;
  quantizer?: string;
  codebooks?: number;
  mix?: number;
  attenuationLimit?: number;
  inputGain?: number;
  provider: string;
  backend: BackendId;
  record?: string;
  bits: '16' | '24' | 'float';
  duration?: number;
  json?: boolean;
}

const DEFAULT_RECORDINGS = 'residua-recordings';
const MAX_HOURS = 24 * 365;

const HELP = `
Cleans the microphone until you quit. On a terminal one line shows levels, the whole latency, quantizer and
bitrate; while it runs these keys work:
  1-9  another quantizer, in the order of \`residua models\`     b  bypass, to compare
  [ ]  fewer or more codebooks                                 m  mute
  r    start or stop recording                                 q  quit (Ctrl-C too)

Examples:
  residua live                                         default microphone to default output
  residua live --virtual-mic                           a microphone that call programs can pick
  residua live --input "USB Mic" --quantizer rvq --codebooks 4
  residua live --record takes --duration 60 --json     one minute, recorded; figures to stdout
  residua live --backend file --input noisy.wav --output heard.wav     a rehearsal, in real time

\`residua devices\` lists what --input and --output can name.`;

export function registerLive(program: Command): void {
  const command = program
    .command('live')
    .summary('clean the microphone in real time')
    .description('Cleans a microphone in real time, into headphones or a virtual microphone.');
  addModelOptions(command)
    .option('-i, --input <name>', 'microphone, by name (default: that of the system)')
    .option(
      '-o, --output <name>',
      'headphones or loudspeaker, by name (default: that of the system)',
    )
    .option('--input-rate <hz>', 'open the input at this rate', numberBetween(8000, 192_000))
    .option('--output-rate <hz>', 'open the output at this rate', numberBetween(8000, 192_000))
    .option('--virtual-mic', 'play into "Residua Microphone", which other programs can pick')
    .option(
      '-q, --quantizer <id>',
      'quantizer id, see `residua models` (default: the first that codes)',
    )
    .option('-n, --codebooks <n>', 'codebooks to use (default: all)', wholeNumber(1))
    .option('--mix <share>', 'share of the cleaned sound, 0 to 1 (default: 1)', numberBetween(0, 1))
    .option('--attenuation-limit <db>', 'remove at most this much noise', numberBetween(0, 100))
    .option('--input-gain <db>', 'before the codec', numberBetween(-60, 40))
    .addOption(
      new Option(
        '-p, --provider <name>',
        'where the network runs; auto takes the one with the best p99',
      )
        .choices(['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'])
        .default('auto'),
    )
    .addOption(
      new Option('--backend <id>', 'how sound comes in and out; auto takes the first that works')
        .choices(['auto', 'portaudio', 'decibri', 'file', 'fake'])
        .default('auto'),
    )
    .option('--record <dir>', 'record input, output and codes into this folder')
    .addOption(bitsOption())
    .option('-d, --duration <s>', 'end after so long', numberBetween(0.1, MAX_HOURS * 3600))
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(live);
}

async function live(options: LiveCommandOptions): Promise<void> {
  const model = await selectModel(options);
  const request = openRequest(options, model.folder, model.manifest);
  const record = (folder: string): RecordRequest => ({
    folder: resolve(folder),
    sampleFormat: options.bits,
  });
  const document = await runLive({
    manifest: model.manifest,
    request,
    recordOnKey: record(options.record ?? DEFAULT_RECORDINGS),
    cleanUp: async () => void (await removeLeftovers()),
    ...(options.record === undefined ? {} : { record: record(options.record) }),
    ...(options.duration === undefined ? {} : { duration: options.duration }),
  });
  if (options.json) printJson(document);
  else log(summary(document));
}

function openRequest(
  options: LiveCommandOptions,
  modelFolder: string,
  manifest: ModelManifest,
): OpenRequest {
  const { input, output, inputRate, outputRate, virtualMic, codebooks, backend } = options;
  const entry = findQuantizer(manifest, options.quantizer ?? defaultQuantizer(manifest).id);
  if (codebooks !== undefined) checkCodebooks(entry, codebooks);
  if (virtualMic && output !== undefined) {
    throw new UsageError('--virtual-mic and --output exclude each other', {
      hint: 'The virtual microphone is where the sound goes.',
    });
  }
  const isFile = backend === 'file';
  if (isFile && input === undefined) {
    throw new UsageError('--backend file needs a recording', { hint: 'Name it with --input.' });
  }
  if (isFile && output === undefined) {
    throw new UsageError('--backend file needs a file to write', {
      hint: 'Name it with --output.',
    });
  }
  if (virtualMic && (isFile || backend === 'fake')) {
    throw new UsageError(`--virtual-mic needs a sound system, not --backend ${backend}`);
  }
  return {
    modelFolder,
    provider: options.provider,
    backend,
    devices: {
      ...(input === undefined ? {} : { input: isFile ? resolve(input) : input }),
      ...(output === undefined ? {} : { output: isFile ? resolve(output) : output }),
      ...(inputRate === undefined ? {} : { inputSampleRateHz: inputRate }),
      ...(outputRate === undefined ? {} : { outputSampleRateHz: outputRate }),
    },
    controls: {
      quantizer: entry.id,
      codebooks: codebooks ?? null,
      ...(options.mix === undefined ? {} : { mix: options.mix }),
      ...(options.attenuationLimit === undefined
        ? {}
        : { attenuationLimitDb: options.attenuationLimit }),
      ...(options.inputGain === undefined ? {} : { inputGainDb: options.inputGain }),
    },
    ...(virtualMic ? { virtualMicrophone: true } : {}),
  };
}

function summary(document: LiveDocument): string {
  const { seconds, latencyMs, hopMs, counters, engine } = document;
  const parts = [
    `${seconds.toFixed(1)} s`,
    `latency ${figure(latencyMs.total, 1)} ms`,
    `hop p99 ${figure(hopMs?.p99, 2)} ms`,
    `${counters.underruns} underruns`,
    `${counters.overruns} overruns`,
    `engine ${figure(engine.cpuPercent ?? undefined, 1)}% of a core`,
  ];
  return parts.join(', ');
}
