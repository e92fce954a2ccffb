import type { FileTarget } from '../../audio/atomic-file.ts';
import { FlacWriter } from '../../audio/flac-writer.ts';
import { openAudio } from '../../audio/open-audio.ts';
import type { AudioReader } from '../../audio/reader.ts';
import { mixToMono } from '../../audio/wav-file.ts';
import { WavWriter } from '../../audio/wav-writer.ts';
import type { SoundProgress } from './tasks.ts';

interface Writer {
  write(block: readonly Float32Array[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

interface Context {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SoundProgress) => void;
}

export async function toFlac(
  { input, output }: { input: string; output: FileTarget },
  context: Context,
): Promise<null> {
  await convert(input, context, ({ sampleRate, channels }) =>
    FlacWriter.create(output, { sampleRate, channels }),
  );
  return null;
}

export async function toMonoWav(
  { input, output }: { input: string; output: FileTarget },
  context: Context,
): Promise<null> {
  await convert(input, context, async ({ sampleRate }) => {
    const writer = await WavWriter.create(output, { sampleRate, channels: 1, sampleFormat: '24' });
    return {
      write: (block) => writer.write([mixToMono(block)]),
      commit: () => writer.commit(),
      abort: () => writer.abort(),
    };
  });
  return null;
}

async function convert(
  input: string,
  { signal, onProgress }: Context,
  create: (reader: AudioReader) => Promise<Writer>,
): Promise<void> {
  const reader = await openAudio(input);
  try {
    const writer = await create(reader);
    try {
      const { sampleRate, frames } = reader;
      const total = frames === undefined ? null : frames / sampleRate;
      let done = 0;
      for await (const block of reader.read()) {
        signal.throwIfAborted();
        done += block[0]!.length;
        await writer.write(block);
        onProgress({ done: done / sampleRate, total });
      }
      await writer.commit();
    } finally {
      await writer.abort();
    }
  } finally {
    await reader.close();
  }
}
