import type { Command } from 'commander';
import { AtomicFile } from '../../audio/atomic-file.ts';
import { openAudio } from '../../audio/open-audio.ts';
import type { AudioReader } from '../../audio/reader.ts';
import { FILE_FILTER } from '../../audio/model-filter.ts';
import { Resampler } from '../../audio/resampler.ts';
import { findQuantizer, isContinuous } from '../../codec/manifest.ts';
import { rsdHeaderFor } from '../../codec/rsd-header.ts';
import { RsdWriter } from '../../codec/rsd-writer.ts';
import { UsageError } from '../../common/errors.ts';
import type { Codec } from '../../enhance/codec.ts';
import { openCodec } from '../codec.ts';
import { warnAbout } from '../enhance-file.ts';
import { addCodecOptions, jsonOption, type CodecOptions } from '../options.ts';
import { planOutputs } from '../output-paths.ts';
import { Progress } from '../progress.ts';
import { figure, log, printJson } from '../terminal.ts';

interface EncodeOptions extends CodecOptions {
  output: string;
  json?: boolean;
}

const HELP = `
Only codebook indices are stored, about 1 kbit/s per codebook at 1024 entries, each packet with its
own checksum: a damaged one costs that packet only. decode gives the very samples denoise gives.

Examples:
  residua encode talk.wav -o talk.rsd
  residua encode talk.wav -o talk.rsd --quantizer rvq --codebooks 2`;

export function registerEncode(program: Command): void {
  const command = program
    .command('encode')
    .summary('write the code stream of a recording')
    .description('Cleans a recording and keeps only its codes, in a small .rsd file.')
    .argument('<in>', 'recording')
    .requiredOption('-o, --output <x.rsd>', 'code stream to write');
  addCodecOptions(command).addOption(jsonOption()).addHelpText('after', HELP).action(encode);
}

async function encode(input: string, options: EncodeOptions): Promise<void> {
  const [output] = await planOutputs([input], options.output, '.rsd');
  const codec = await openCodec(options);
  try {
    refuseContinuous(codec);
    const reader = await openAudio(input);
    try {
      const file = await AtomicFile.create(output!);
      try {
        const { frames } = await writeStream(codec, reader, file);
        await file.commit();
        warnAbout(reader.path, reader.health);
        report(codec, reader, frames, output!, file.bytesWritten, options.json ?? false);
      } finally {
        await file.abort();
      }
    } finally {
      await reader.close();
    }
  } finally {
    await codec.dispose();
  }
}

function refuseContinuous({ model, description }: Codec): void {
  const { manifest } = model;
  if (!isContinuous(findQuantizer(manifest, description.quantizer))) return;
  const coding = manifest.quantizers.filter((entry) => !isContinuous(entry)).map(({ id }) => id);
  throw new UsageError(`quantizer '${description.quantizer}' has no codes to write`, {
    code: 'QUANTIZER_CONTINUOUS',
    hint: coding.length > 0 ? `Choose one of: ${coding.join(', ')}.` : 'This model has no other.',
  });
}

/** @returns samples per channel read */
async function writeStream(
  codec: Codec,
  reader: AudioReader,
  file: AtomicFile,
): Promise<{ frames: number }> {
  const { sampleRate, channels } = reader;
  const { manifest } = codec.model;
  const sessions = await codec.sessions(channels);
  const entry = findQuantizer(manifest, codec.description.quantizer);
  const writer = new RsdWriter(
    rsdHeaderFor(manifest, entry, {
      codebooks: codec.description.codebooks,
      channels,
      originalSampleRate: sampleRate,
    }),
  );
  const resamplers = sessions.map(
    () => new Resampler(sampleRate, manifest.sampleRate, FILE_FILTER),
  );
  const seconds = reader.frames === undefined ? undefined : reader.frames / sampleRate;
  const progress = new Progress(reader.path, seconds, 's');
  let frames = 0;
  try {
    await file.append(writer.start());
    for await (const block of reader.read()) {
      const codes: Int32Array[] = [];
      for (const [c, session] of sessions.entries()) {
        codes.push(await session.encode(resamplers[c]!.process(block[c]!)));
      }
      await file.append(writer.push(codes));
      frames += block[0]!.length;
      progress.update(frames / sampleRate);
    }
    const tails: Int32Array[][] = [[], []];
    for (const [c, session] of sessions.entries()) {
      tails[0]!.push(await session.encode(resamplers[c]!.flush()));
      tails[1]!.push(await session.encodeFlush());
    }
    for (const codes of tails) await file.append(writer.push(codes));
    const { rest, header } = writer.finish(frames, resamplers[0]!.outputLength(frames));
    await file.append(rest);
    await file.writeAt(0, header);
    return { frames };
  } finally {
    progress.end();
  }
}

function report(
  codec: Codec,
  reader: AudioReader,
  frames: number,
  output: string,
  bytes: number,
  json: boolean,
): void {
  const seconds = frames / reader.sampleRate;
  const fileKbps = seconds > 0 ? (bytes * 8) / 1000 / seconds : null;
  if (json) {
    const { path: input, sampleRate, channels } = reader;
    const files = [
      { input, output, sampleRate, channels, seconds, ...codec.description, bytes, fileKbps },
    ];
    printJson({ files });
    return;
  }
  const { quantizer, bitrateKbps } = codec.description;
  log(
    `${output}: ${figure(seconds, 2)} s, ${quantizer}, ${figure(bitrateKbps, 2)} kbit/s per channel ` +
      `of codes, ${bytes} bytes in all`,
  );
}
