import { dirname, join } from 'node:path';
import type { FileTarget } from '../../audio/atomic-file.ts';
import { openByteSource } from '../../audio/byte-source.ts';
import { findModelFolders } from '../../codec/model-folder.ts';
import { decodeFile, findRsdModel } from '../../enhance/decode-file.ts';
import type { Codec } from '../../enhance/codec.ts';
import { enhanceFile, type EnhancedFile } from '../../enhance/enhance-file.ts';
import type { FileWork } from '../../enhance/file-work.ts';
import { codecFor } from './codecs.ts';
import type { CleanRequest, CleanResult, CodecChoice, TaskContext } from './tasks.ts';

/** Cleans one recording, or turns one code stream into sound. */
export async function clean(
  request: CleanRequest,
  context: TaskContext<'clean'>,
): Promise<CleanResult> {
  let startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const load = async (choice: CodecChoice): Promise<Codec> => {
    const codec = await codecFor(choice);
    startedMs = performance.now();
    return codec;
  };
  const work: FileWork = {
    signal: context.signal,
    onProgress: (done, total, share) =>
      context.onProgress({ done, total: total ?? null, share, elapsedMs: elapsedMs() }),
  };
  const isCoded = await isCodeStream(request.input);
  const file = isCoded ? await decode(request, load, work) : await enhance(request, load, work);
  const { output, quantizer, codebooks, bitrateKbps: kbps, seconds } = file;
  return { output, quantizer, codebooks, kbps, seconds, elapsedMs: elapsedMs() };
}

type Load = (choice: CodecChoice) => Promise<Codec>;
type Cleaned = Pick<EnhancedFile, 'output' | 'quantizer' | 'codebooks' | 'bitrateKbps' | 'seconds'>;

async function enhance(request: CleanRequest, load: Load, work: FileWork): Promise<Cleaned> {
  const codec = await load(request);
  const target = targetOf(request, codec.description.quantizer);
  const { file } = await enhanceFile(codec, request.input, target, { mix: request.mix, ...work });
  return file;
}

function decode(request: CleanRequest, load: Load, work: FileWork): Promise<Cleaned> {
  const { modelFolder, provider } = request;
  const source: Parameters<typeof decodeFile>[0] = {
    // The stream may be of another model than the one in use: those beside it are looked at too.
    modelFor: async (header) =>
      findRsdModel(header, [...(await findModelFolders(dirname(modelFolder))), modelFolder]),
    start: ({ folder }, { quantizer = null, codebooks = null }) =>
      load({ modelFolder: folder, quantizer, codebooks, provider }),
  };
  return decodeFile(source, request.input, ({ quantizer }) => targetOf(request, quantizer), {
    sampleFormat: '16',
    ...work,
  });
}

function targetOf({ output }: CleanRequest, quantizer: string): FileTarget {
  const { folder, stem, temporary } = output;
  return { path: join(folder, `${stem}.${quantizer}.wav`), temporary, keepExisting: true };
}

async function isCodeStream(path: string): Promise<boolean> {
  const source = await openByteSource(path);
  try {
    return Buffer.from(await source.readAt(0, 4)).equals(Buffer.from('RSD\x1a', 'latin1'));
  } finally {
    await source.close();
  }
}
