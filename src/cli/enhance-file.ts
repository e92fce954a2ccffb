import { openAudio } from '../audio/open-audio.ts';
import type { AudioReader } from '../audio/reader.ts';
import { mixInto } from '../audio/mix.ts';
import { SampleQueue } from '../audio/sample-queue.ts';
import { WavWriter, type WavSampleFormat } from '../audio/wav-writer.ts';
import type { Percentiles } from '../common/statistics.ts';
import { EnhancedChannel } from './channel.ts';
import type { Codec } from './codec.ts';
import { HopTimes } from './hop-times.ts';
import { Progress } from './progress.ts';
import { warn } from './terminal.ts';

export interface EnhanceOptions {
  /** 0 (untouched) to 1 (enhanced only). */
  mix: number;
  sampleFormat: WavSampleFormat;
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
 */
export async function enhanceFile(
  codec: Codec,
  input: string,
  output: string,
  options: EnhanceOptions,
): Promise<EnhancedFile> {
  const reader = await openAudio(input);
  try {
    const { sampleRate, channels } = reader;
    const sampleFormat = options.sampleFormat;
    const writer = await WavWriter.create(output, { sampleRate, channels, sampleFormat });
    try {
      const started = performance.now();
      const times = new HopTimes();
      await run(codec, reader, writer, options.mix, times);
      await writer.commit();
      warnAbout(reader, writer);
      const seconds = writer.frames / sampleRate;
      const elapsed = (performance.now() - started) / 1000;
      return {
        input,
        output,
        sampleRate,
        channels,
        seconds,
        ...codec.description,
        rtf: seconds > 0 ? Math.round((elapsed / seconds) * 1e5) / 1e5 : null,
        hopMs: times.percentiles(),
      };
    } finally {
      await writer.abort();
    }
  } finally {
    await reader.close();
  }
}

async function run(
  codec: Codec,
  reader: AudioReader,
  writer: WavWriter,
  mix: number,
  times: HopTimes,
): Promise<void> {
  const sessions = await codec.sessions(reader.channels);
  const lanes = sessions.map((session) => ({
    channel: new EnhancedChannel(session, reader.sampleRate, times),
    dry: new SampleQueue(),
  }));
  const total = reader.frames === undefined ? undefined : reader.frames / reader.sampleRate;
  const progress = new Progress(reader.path, total, 's');
  let frames = 0;
  const deliver = async (wet: Float32Array[]): Promise<void> => {
    lanes.forEach(({ dry }, c) => mixInto(dry.shift(wet[c]!.length), wet[c]!, mix));
    if (wet[0]!.length > 0) await writer.write(wet);
  };
  try {
    for await (const block of reader.read()) {
      const wet: Float32Array[] = [];
      for (const [c, lane] of lanes.entries()) {
        lane.dry.push(block[c]!);
        wet.push(await lane.channel.push(block[c]!));
      }
      await deliver(wet);
      frames += block[0]!.length;
      progress.update(frames / reader.sampleRate);
    }
    const rest: Float32Array[] = [];
    for (const lane of lanes) rest.push(await lane.channel.finish());
    await deliver(rest);
  } finally {
    progress.end();
  }
}

/** Says what was wrong with the samples, once per file. */
export function warnAbout(reader: AudioReader, writer?: WavWriter): void {
  const { nonFinite, clipped } = reader.health;
  if (nonFinite > 0)
    warn(`${reader.path}: ${nonFinite} NaN or infinite samples replaced by silence`);
  if (clipped > 0) {
    warn(
      `${reader.path}: ${clipped} clipped samples; the recording was too loud and stays distorted`,
    );
  }
  if (writer && writer.clipped > 0) {
    warn(
      `${writer.path}: ${writer.clipped} samples beyond full scale were clipped (--bits float keeps them)`,
    );
  }
}
