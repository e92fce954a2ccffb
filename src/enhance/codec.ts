import { createCodecSession, type CodecSession } from '../codec/session.ts';
import { isContinuous, type ModelManifest, type QuantizerEntry } from '../codec/manifest.ts';
import type { LoadedModel } from '../codec/model-folder.ts';
import { samplesToMs } from '../common/units.ts';
import type { ModelLoader } from '../inference/port.ts';

export interface CodecRequest {
  /** Default: the first quantizer that codes; never the continuous ceiling where there is another. */
  quantizer?: string;
  codebooks?: number;
  provider: string;
}

/** What every result says about the codec that made it. */
export interface CodecDescription {
  quantizer: string;
  codebooks: number;
  bitrateKbps: number;
  algorithmicLatencyMs: number;
  provider: string;
}

/** One quantizer of one model, with as many sessions as a file has channels. */
export interface Codec {
  readonly model: LoadedModel;
  readonly description: CodecDescription;
  /** @returns `count` sessions at the start of a stream; the same ones every time */
  sessions(count: number): Promise<readonly CodecSession[]>;
  dispose(): Promise<void>;
}

/**
 * Starts the first session of a model, so that everything that can be wrong with it shows before any audio
 * is touched.
 * @throws as `createCodecSession`
 */
export async function startCodec(
  model: LoadedModel,
  loader: ModelLoader,
  request: CodecRequest,
): Promise<Codec> {
  const quantizer = request.quantizer ?? defaultQuantizer(model.manifest).id;
  const { codebooks } = request;
  const create = (provider: string): Promise<CodecSession> =>
    createCodecSession(model, loader, {
      quantizer,
      provider,
      ...(codebooks === undefined ? {} : { codebooks }),
    });
  const first = await create(request.provider);
  const open = [first];
  return {
    model,
    description: describeSession(first),
    async sessions(count) {
      // What `auto` measured for the first session holds for the others.
      while (open.length < count) open.push(await create(first.provider));
      const used = open.slice(0, count);
      for (const session of used) session.reset();
      return used;
    },
    async dispose() {
      await Promise.all(open.map((session) => session.dispose()));
    },
  };
}

export function defaultQuantizer(manifest: ModelManifest): QuantizerEntry {
  return manifest.quantizers.find((entry) => !isContinuous(entry)) ?? manifest.quantizers[0]!;
}

function describeSession(session: CodecSession): CodecDescription {
  return {
    quantizer: session.quantizer.id,
    codebooks: session.codebooks,
    bitrateKbps: session.bitrateKbps,
    algorithmicLatencyMs: samplesToMs(session.algorithmicLatencySamples, session.sampleRate),
    provider: session.provider,
  };
}
