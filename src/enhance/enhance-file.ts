import type { FileTarget } from '../audio/atomic-file.ts';
import { openAudio } from '../audio/open-audio.ts';
import type { AudioReader } from '../audio/reader.ts';
import { mixInto } from '../audio/mix.ts';
import { SampleQueue } from '../audio/sample-queue.ts';
import { WavWriter, type WavSampleFormat } from '../audio/wav-writer.ts';
import type { Percentiles } from '../common/statistics.ts';
import { EnhancedChannel } from './channel.ts';
import type { Codec } from './codec.ts';
import type { FileHealth, FileWork } from './file-work.ts';
import { HopTimes } from './hop-times.ts';

export interface EnhanceOptions extends FileWork {
  /** 0 (untouched) to 1 (enhanced only). */
  mix: number;
  /** Default: whatever holds the samples of the input. */
  sampleFormat?: WavSampleFormat;
}

export interface EnhancedFile {
  input: string;
  output: string;
  /** Hz */
  sampleRate: number;
  channels: number;
  seconds: number;
  quantizer: string;
  codebooks: number;
  bitrateKbps: number;
  algorithmicLatencyMs: number;
  provider: string;
  /** Wall time of everything after the model is loaded, over the length of the audio. */
  rtf: number | null;
  hopMs: Percentiles | null;
}

/**
 * Denoises one file into a WAV of the same rate, channel count and length, each channel by itself.
 * The output appears under its name only when it is complete.
 * @throws AudioError as `openAudio` and `WavWriter`; the signal's reason
 */
export async function enhanceFile(
  codec: Codec,
  input: string,
  output: string | FileTarget,
  options: EnhanceOptions,
): Promise<{ file: EnhancedFile; health: FileHealth }> {
  const reader = await openAudio(input);
  try {
    const { sampleRate, channels } = reader;
    const sampleFormat = options.sampleFormat ?? formatFor(reader);
    const writer = await WavWriter.create(output, { sampleRate, channels, sampleFormat });
    try {
      const started = performance.now();
      const times = new HopTimes();
      await run(codec, reader, writer, options, times);
      await writer.commit();
      const seconds = writer.frames / sampleRate;
      const elapsed = (performance.now() - started) / 1000;
      const file = {
        input,
        output: writer.path,
        sampleRate,
        channels,
        seconds,
        ...codec.description,
        rtf: seconds > 0 ? Math.round((elapsed / seconds) * 1e5) / 1e5 : null,
        hopMs: times.percentiles(),
      };
      return { file, health: { ...reader.health, outputClipped: writer.clipped } };
    } finally {
      await writer.abort();
    }
  } finally {
    await reader.close();
  }
}

/** As fine as the input's own samples; lossy formats hold no more than 16 bits are good for. */
function formatFor({ bitDepth }: AudioReader): WavSampleFormat {
  if (bitDepth === undefined || bitDepth <= 16) return '16';
  return bitDepth <= 24 ? '24' : 'float';
}

async function run(
  codec: Codec,
  reader: AudioReader,
  writer: WavWriter,
  { mix, signal, onProgress }: EnhanceOptions,
  times: HopTimes,
): Promise<void> {
  const sessions = await codec.sessions(reader.channels);
  const lanes = sessions.map((session) => ({
    channel: new EnhancedChannel(session, reader.sampleRate, times),
    dry: new SampleQueue(),
  }));
  const total = reader.frames === undefined ? undefined : reader.frames / reader.sampleRate;
  let frames = 0;
  const deliver = async (wet: Float32Array[]): Promise<void> => {
    lanes.forEach(({ dry }, c) => mixInto(dry.shift(wet[c]!.length), wet[c]!, mix));
    if (wet[0]!.length > 0) await writer.write(wet);
  };
  for await (const block of reader.read()) {
    signal?.throwIfAborted();
    const wet: Float32Array[] = [];
    for (const [c, lane] of lanes.entries()) {
      lane.dry.push(block[c]!);
      wet.push(await lane.channel.push(block[c]!));
    }
    await deliver(wet);
    frames += block[0]!.length;
    const done = frames / reader.sampleRate;
    onProgress?.(done, total, total === undefined ? reader.share : Math.min(1, done / total));
  }
  const rest: Float32Array[] = [];
  for (const lane of lanes) rest.push(await lane.channel.finish());
  await deliver(rest);
  signal?.throwIfAborted();
}
