import { dirname, join } from 'node:path';
import type { FileTarget } from '../../audio/atomic-file.ts';
import { openByteSource } from '../../audio/byte-source.ts';
import { findModelFolders } from '../../codec/model-folder.ts';
import { decodeFile, findRsdModel } from '../../enhance/decode-file.ts';
import { enhanceFile } from '../../enhance/enhance-file.ts';
import type { FileWork } from '../../enhance/file-work.ts';
import { codecFor } from './codecs.ts';
import type { CleanRequest, CleanResult, TaskContext } from './tasks.ts';

/** Cleans one recording, or turns one code stream into sound. */
export async function clean(
  request: CleanRequest,
  context: TaskContext<'clean'>,
): Promise<CleanResult> {
  const work: FileWork = {
    signal: context.signal,
    onProgress: (done, total) => context.onProgress({ done, total: total ?? null }),
  };
  return (await isCodeStream(request.input)) ? decode(request, work) : enhance(request, work);
}

async function enhance(request: CleanRequest, work: FileWork): Promise<CleanResult> {
  const codec = await codecFor(request);
  const target = targetOf(request, codec.description.quantizer);
  const { file } = await enhanceFile(codec, request.input, target, { mix: request.mix, ...work });
  return resultOf(file);
}

async function decode(request: CleanRequest, work: FileWork): Promise<CleanResult> {
  const { modelFolder, provider } = request;
  const source: Parameters<typeof decodeFile>[0] = {
    // The stream may be of another model than the one in use: those beside it are looked at too.
    modelFor: async (header) =>
      findRsdModel(header, [...(await findModelFolders(dirname(modelFolder))), modelFolder]),
    start: ({ folder }, { quantizer = null, codebooks = null }) =>
      codecFor({ modelFolder: folder, quantizer, codebooks, provider }),
  };
  const file = await decodeFile(
    source,
    request.input,
    ({ quantizer }) => targetOf(request, quantizer),
    { sampleFormat: '16', ...work },
  );
  return resultOf(file);
}

function targetOf({ output }: CleanRequest, quantizer: string): FileTarget {
  const { folder, stem, temporary } = output;
  return { path: join(folder, `${stem}.${quantizer}.wav`), temporary, keepExisting: true };
}

function resultOf(file: {
  output: string;
  quantizer: string;
  codebooks: number;
  bitrateKbps: number;
  seconds: number;
}): CleanResult {
  const { output, quantizer, codebooks, bitrateKbps: kbps, seconds } = file;
  return { output, quantizer, codebooks, kbps, seconds };
}

async function isCodeStream(path: string): Promise<boolean> {
  const source = await openByteSource(path);
  try {
    return Buffer.from(await source.readAt(0, 4)).equals(Buffer.from('RSD\x1a', 'latin1'));
  } finally {
    await source.close();
  }
}
