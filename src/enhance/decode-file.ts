import type { FileTarget } from '../audio/atomic-file.ts';
import { checkInfo } from '../audio/reader.ts';
import { FILE_FILTER } from '../audio/model-filter.ts';
import { Resampler } from '../audio/resampler.ts';
import { WavWriter, type WavSampleFormat } from '../audio/wav-writer.ts';
import { loadModel, type LoadedModel } from '../codec/model-folder.ts';
import type { RsdHeader } from '../codec/rsd-header.ts';
import { matchRsdModel, openRsd, type RsdStream } from '../codec/rsd-reader.ts';
import type { Codec, CodecDescription, CodecRequest } from './codec.ts';
import type { FileWork } from './file-work.ts';

export interface DecodeOptions extends FileWork {
  sampleFormat: WavSampleFormat;
}

export interface DecodedFile extends CodecDescription {
  input: string;
  output: string;
  /** Hz */
  sampleRate: number;
  channels: number;
  seconds: number;
  /** Packets that were damaged or missing and decode as silence. */
  lostPackets: number;
}

/** Where the codec of a stream comes from; whoever made it disposes of it. */
export interface CodecSource {
  modelFor(header: RsdHeader): Promise<LoadedModel>;
  start(model: LoadedModel, request: Pick<CodecRequest, 'quantizer' | 'codebooks'>): Promise<Codec>;
}

/**
 * Decodes a `.rsd` code stream into a WAV of the rate, channels and length that it was made from.
 * The output appears under its name only when it is complete.
 * @throws ResiduaError as `openRsd` and `matchRsdModel`; AudioError as `WavWriter`; the signal's reason
 */
export async function decodeFile(
  source: CodecSource,
  input: string,
  output: string | FileTarget | ((header: RsdHeader) => FileTarget),
  options: DecodeOptions,
): Promise<DecodedFile> {
  const stream = await openRsd(input);
  try {
    const { header } = stream;
    checkInfo(input, header.channels, header.originalSampleRate);
    const { quantizer, codebooks } = header;
    const model = await source.modelFor(header);
    matchRsdModel(header, model.manifest);
    const codec = await source.start(model, { quantizer, codebooks });
    const { originalSampleRate: sampleRate, channels } = header;
    const { sampleFormat } = options;
    const target = typeof output === 'function' ? output(header) : output;
    const writer = await WavWriter.create(target, { sampleRate, channels, sampleFormat });
    try {
      const lostPackets = await writeAudio(codec, stream, writer, options);
      await writer.commit();
      const seconds = writer.frames / sampleRate;
      const file = { input, output: writer.path, sampleRate, channels, seconds };
      return { ...file, ...codec.description, lostPackets };
    } finally {
      await writer.abort();
    }
  } finally {
    await stream.close();
  }
}

/**
 * The model that a stream names, of those installed; where none has that id the last one, about which
 * `matchRsdModel` then says so.
 * @param folders model folders, at least one
 */
export async function findRsdModel(
  header: RsdHeader,
  folders: readonly string[],
): Promise<LoadedModel> {
  const candidates: LoadedModel[] = [];
  for (const folder of folders) candidates.push(await loadModel(folder));
  return candidates.find(({ manifest }) => manifest.id === header.modelId) ?? candidates.at(-1)!;
}

/** @returns packets that were damaged or missing */
async function writeAudio(
  codec: Codec,
  { header, blocks }: RsdStream,
  writer: WavWriter,
  { signal, onProgress }: FileWork,
): Promise<number> {
  const { channels, sampleRate, originalSampleRate } = header;
  // openRsd refuses streams of unknown length.
  const originalSamples = header.originalSamples!;
  const sessions = await codec.sessions(channels);
  const lanes = sessions.map((session) => ({
    session,
    toOriginal: new Resampler(sampleRate, originalSampleRate, FILE_FILTER),
    modelSamplesLeft: header.modelSamples!,
  }));
  let lost = 0;
  const write = async (planes: Float32Array[]): Promise<void> => {
    const room = originalSamples - writer.frames;
    const fitting = planes.map((samples) => samples.subarray(0, room));
    if (fitting[0]!.length > 0) await writer.write(fitting);
  };
  for await (const block of blocks) {
    signal?.throwIfAborted();
    if (block.lost) lost++;
    const planes: Float32Array[] = [];
    for (const [c, lane] of lanes.entries()) {
      const decoded = await lane.session.decode(block.codes[c]!);
      const kept = decoded.subarray(0, lane.modelSamplesLeft);
      lane.modelSamplesLeft -= kept.length;
      planes.push(lane.toOriginal.process(kept));
    }
    await write(planes);
    const total = originalSamples / originalSampleRate;
    onProgress?.(writer.frames / originalSampleRate, total, writer.frames / originalSamples);
  }
  await write(lanes.map(({ toOriginal }) => toOriginal.flush()));
  signal?.throwIfAborted();
  return lost;
}
