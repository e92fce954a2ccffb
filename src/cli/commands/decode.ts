import type { Command } from 'commander';
import type { LoadedModel } from '../../codec/model-folder.ts';
import type { RsdHeader } from '../../codec/rsd-header.ts';
import type { Codec, CodecRequest } from '../../enhance/codec.ts';
import { decodeFile, findRsdModel } from '../../enhance/decode-file.ts';
import { startCodec } from '../codec.ts';
import { listModelFolders, selectModel } from '../model-choice.ts';
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
  let codec: Codec | undefined;
  const bar = new Progress(input, undefined, 's');
  try {
    const source = {
      modelFor: (header: RsdHeader) => modelFor(header, options),
      start: async (model: LoadedModel, request: Omit<CodecRequest, 'provider'>) =>
        (codec = await startCodec(model, { ...request, provider: options.provider })),
    };
    const file = await decodeFile(source, input, output!, {
      sampleFormat: options.bits,
      onProgress: (done, total) => bar.update(done, total),
    });
    bar.end();
    if (file.lostPackets > 0) warn(`${input}: ${file.lostPackets} damaged packets were left out`);
    if (options.json) printJson({ files: [file] });
    else log(`${output}: ${figure(file.seconds, 2)} s, ${file.quantizer}`);
  } finally {
    bar.end();
    await codec?.dispose();
  }
}

/** The model the user names, or else the installed one the stream names. */
async function modelFor(header: RsdHeader, options: DecodeOptions): Promise<LoadedModel> {
  if (options.model !== undefined) return selectModel(options);
  return findRsdModel(header, await listModelFolders(options.models));
}
