import type { Command } from 'commander';
import { checkInfo } from '../../audio/reader.ts';
import { Resampler } from '../../audio/resampler.ts';
import { WavWriter } from '../../audio/wav-writer.ts';
import type { RsdHeader } from '../../codec/rsd-header.ts';
import { matchRsdModel, openRsd, type RsdStream } from '../../codec/rsd-reader.ts';
import { startCodec, type Codec } from '../codec.ts';
import { listModelFolders, selectModel } from '../model-choice.ts';
import { loadModel, type LoadedModel } from '../../codec/model-folder.ts';
import { addModelOptions, bitsOption, jsonOption, providerOption } from '../options.ts';
import type { OutputOptions } from '../options.ts';
import { planOutputs } from '../output-paths.ts';
import { Progress } from '../progress.ts';
import { figure, log, printJson, warn } from '../terminal.ts';

interface DecodeOptions extends OutputOptions {
  output: string;
  models?: string;
  model?: string;
  provider: string;
  json?: boolean;
}

const HELP = `
The stream says which model and quantizer it needs, and the rate, channels and length to restore.

Examples:
  residua decode talk.rsd -o talk.wav`;

export function registerDecode(program: Command): void {
  const command = program
    .command('decode')
    .summary('turn a code stream into sound')
    .description('Decodes a .rsd code stream into a WAV file.')
    .argument('<x.rsd>', 'code stream')
    .requiredOption('-o, --output <out.wav>', 'WAV file to write');
  addModelOptions(command)
    .addOption(providerOption())
    .addOption(bitsOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(decode);
}

async function decode(input: string, options: DecodeOptions): Promise<void> {
  const [output] = await planOutputs([input], options.output, '.wav');
  const stream = await openRsd(input);
  const { header } = stream;
  checkInfo(input, header.channels, header.originalSampleRate);
  const model = await modelFor(header, options);
  const { quantizer, codebooks } = header;
  matchRsdModel(header, model.manifest);
  const codec = await startCodec(model, { quantizer, codebooks, provider: options.provider });
  try {
    const { originalSampleRate: sampleRate, channels } = header;
    const writer = await WavWriter.create(output!, {
      sampleRate,
      channels,
      sampleFormat: options.bits,
    });
    try {
      const lostPackets = await writeAudio(codec, stream, writer, input);
      await writer.commit();
      if (lostPackets > 0) warn(`${input}: ${lostPackets} damaged packets were left out`);
      const seconds = writer.frames / sampleRate;
      if (options.json) {
        const file = { input, output, sampleRate, channels, seconds };
        printJson({ files: [{ ...file, ...codec.description, lostPackets }] });
      } else {
        log(`${output}: ${figure(seconds, 2)} s, ${quantizer}`);
      }
    } finally {
      await writer.abort();
    }
  } finally {
    await codec.dispose();
  }
}

/** The model the user names, or else the installed one the stream names. */
async function modelFor(header: RsdHeader, options: DecodeOptions): Promise<LoadedModel> {
  if (options.model !== undefined) return selectModel(options);
  const candidates: LoadedModel[] = [];
  for (const folder of await listModelFolders(options.models)) {
    candidates.push(await loadModel(folder));
  }
  // Where none has that id, matchRsdModel says so about the last one.
  return candidates.find(({ manifest }) => manifest.id === header.modelId) ?? candidates.at(-1)!;
}

/** @returns packets that were damaged or missing */
async function writeAudio(
  codec: Codec,
  { header, blocks }: RsdStream,
  writer: WavWriter,
  path: string,
): Promise<number> {
  const { channels, sampleRate, originalSampleRate } = header;
  // openRsd refuses streams of unknown length.
  const originalSamples = header.originalSamples!;
  const sessions = await codec.sessions(channels);
  const lanes = sessions.map((session) => ({
    session,
    toOriginal: new Resampler(sampleRate, originalSampleRate),
    modelSamplesLeft: header.modelSamples!,
  }));
  const progress = new Progress(path, originalSamples / originalSampleRate, 's');
  let lost = 0;
  const write = async (planes: Float32Array[]): Promise<void> => {
    const room = originalSamples - writer.frames;
    const fitting = planes.map((samples) => samples.subarray(0, room));
    if (fitting[0]!.length > 0) await writer.write(fitting);
  };
  try {
    for await (const block of blocks) {
      if (block.lost) lost++;
      const planes: Float32Array[] = [];
      for (const [c, lane] of lanes.entries()) {
        const decoded = await lane.session.decode(block.codes[c]!);
        const kept = decoded.subarray(0, lane.modelSamplesLeft);
        lane.modelSamplesLeft -= kept.length;
        planes.push(lane.toOriginal.process(kept));
      }
      await write(planes);
      progress.update(writer.frames / originalSampleRate);
    }
    await write(lanes.map(({ toOriginal }) => toOriginal.flush()));
    return lost;
  } finally {
    progress.end();
  }
}
