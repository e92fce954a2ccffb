import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { readAudio } from '../../audio/open-audio.ts';
import { AudioError } from '../../audio/errors.ts';
import { describeError, ResiduaError, UsageError } from '../../common/errors.ts';
import { AlreadyReported } from '../already-reported.ts';
import type { Codec } from '../../enhance/codec.ts';
import type { EnhancedFile } from '../../enhance/enhance-file.ts';
import { openCodec } from '../codec.ts';
import { enhanceWithBar } from '../enhance-file.ts';
import { errorJson } from '../error-json.ts';
import { addCodecOptions, bitsOption, jsonOption, numberBetween } from '../options.ts';
import type { CodecOptions, OutputOptions } from '../options.ts';
import { planOutputs } from '../output-paths.ts';
import { compare, meanOf, measure, METRIC_RATE, resampleAll } from '../../enhance/quality.ts';
import type { QualityReport } from '../../enhance/quality.ts';
import { figure, log, printJson, table, warn } from '../terminal.ts';

interface DenoiseOptions extends CodecOptions, OutputOptions {
  output: string;
  mix: number;
  reference?: string;
  json?: boolean;
}

const HELP = `
Reads WAV, FLAC, Ogg (Opus, Vorbis, FLAC) and MP3, told apart by content; 8–192 kHz, 1–8 channels,
each channel by itself. Writes WAV of the same rate, channel count and length, aligned in time.
Signals pass through the model's rate, so above half of it (8 kHz at 16 kHz) nothing remains.

Examples:
  residua denoise call.mp3 -o clean.wav
  residua denoise a.wav b.flac -o cleaned/                 cleaned/a.wav, cleaned/b.wav
  residua denoise call.wav -o clean.wav --quantizer none   the ceiling: no quantizer
  residua denoise call.wav -o clean.wav --mix 0.7          keep 30% of the original
  residua denoise noisy.wav -o out.wav --reference clean.wav --json`;

export function registerDenoise(program: Command): void {
  const command = program
    .command('denoise')
    .summary('clean recordings')
    .description('Cleans recordings through encoder, quantizer and decoder, hop by hop as live.')
    .argument('<in...>', 'recordings')
    .requiredOption('-o, --output <path>', 'WAV file, or folder where there are several inputs');
  addCodecOptions(command)
    .option('-m, --mix <0..1>', 'share of the cleaned signal in the output', numberBetween(0, 1), 1)
    .option(
      '-r, --reference <path>',
      'clean recording (or folder of them) to measure quality against',
    )
    .addOption(bitsOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(denoise);
}

interface Failure {
  input: string;
  error: ReturnType<typeof errorJson>;
}

async function denoise(inputs: string[], options: DenoiseOptions): Promise<void> {
  const outputs = await planOutputs(inputs, options.output, '.wav');
  const references = await findReferences(inputs, options.reference);
  const codec = await openCodec(options);
  const files: (EnhancedFile & { metrics?: QualityReport })[] = [];
  const failures: Failure[] = [];
  try {
    for (const [i, input] of inputs.entries()) {
      try {
        files.push(await denoiseOne(codec, input, outputs[i]!, references[i], options));
      } catch (error) {
        if (!(error instanceof ResiduaError)) throw error;
        log(`residua: ${describeError(error)}`);
        failures.push({ input, error: errorJson(error) });
      }
    }
  } finally {
    await codec.dispose();
  }
  if (options.json) printJson(failures.length > 0 ? { files, failures } : { files });
  if (failures.length > 0) throw new AlreadyReported(1);
}

async function denoiseOne(
  codec: Codec,
  input: string,
  output: string,
  reference: string | undefined,
  options: DenoiseOptions,
): Promise<EnhancedFile & { metrics?: QualityReport }> {
  const file = await enhanceWithBar(codec, input, output, {
    mix: options.mix,
    sampleFormat: options.bits,
  });
  const metrics = reference === undefined ? undefined : await quality(input, output, reference);
  if (!options.json) describe(file, metrics);
  return metrics ? { ...file, metrics } : file;
}

/** One reference per input: the file given, or the one of the same stem in the folder given. */
async function findReferences(
  inputs: readonly string[],
  reference: string | undefined,
): Promise<(string | undefined)[]> {
  if (reference === undefined) return inputs.map(() => undefined);
  const info = await stat(reference).catch(() => undefined);
  if (!info)
    throw new AudioError('AUDIO_NOT_FOUND', `${reference}: no such file`, 'Check --reference.');
  if (!info.isDirectory()) {
    if (inputs.length > 1) {
      throw new UsageError(
        `--reference ${reference} is one file, but there are ${inputs.length} inputs`,
        {
          hint: 'Give a folder with a clean file of the same name for each.',
        },
      );
    }
    return [reference];
  }
  const names = await readdir(reference);
  const stem = (name: string): string => basename(name, extname(name));
  return inputs.map((input) => {
    const found = names.find((name) => stem(name) === stem(input));
    if (found === undefined) {
      throw new AudioError(
        'AUDIO_NOT_FOUND',
        `${reference}: no clean file named like ${basename(input)}`,
      );
    }
    return join(reference, found);
  });
}

/** Measures of the written file against the reference, means over channels. */
async function quality(input: string, output: string, reference: string): Promise<QualityReport> {
  const [noisy, enhanced, clean] = await Promise.all([input, output, reference].map(readAudio));
  const frames = (audio: typeof noisy): string =>
    `${audio!.channels[0]!.length} samples at ${audio!.sampleRate} Hz in ${audio!.channels.length} channels`;
  if (frames(clean) !== frames(noisy)) {
    throw new ResiduaError(
      'REFERENCE_MISMATCH',
      `${reference} has ${frames(clean)}, ${input} has ${frames(noisy)}`,
      { hint: 'The reference must match its input sample for sample.' },
    );
  }
  const problems: string[] = [];
  const reports = clean!.channels.map((_, c) => {
    const [n, e, r] = [noisy, enhanced, clean].map((audio) =>
      resampleAll(audio!.channels[c]!, audio!.sampleRate, METRIC_RATE),
    );
    return compare(measure(r!, e!, problems), measure(r!, n!, problems));
  });
  for (const problem of new Set(problems)) warn(`${input}: not measured: ${problem}`);
  return meanOf(reports);
}

function describe(file: EnhancedFile, metrics: QualityReport | undefined): void {
  const rate = file.bitrateKbps > 0 ? `${figure(file.bitrateKbps, 2)} kbit/s` : 'not quantized';
  const speed = file.rtf === null ? '' : `, ${figure(1 / file.rtf, 0)}x real time`;
  log(`${file.output}: ${figure(file.seconds, 2)} s, ${file.quantizer}, ${rate}${speed}`);
  if (!metrics) return;
  log(
    table([
      ['', 'SI-SDR dB', 'STOI', 'ESTOI', 'PESQ'],
      [
        '  noisy',
        figure(minus(metrics.siSdr, metrics.siSdrImprovement), 2),
        figure(metrics.stoiNoisy, 3),
        figure(metrics.estoiNoisy, 3),
        figure(metrics.pesqWbNoisy, 2),
      ],
      [
        '  cleaned',
        figure(metrics.siSdr, 2),
        figure(metrics.stoi, 3),
        figure(metrics.estoi, 3),
        figure(metrics.pesqWb, 2),
      ],
    ]),
  );
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}
