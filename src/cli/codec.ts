import type { LoadedModel } from '../codec/model-folder.ts';
import * as enhance from '../enhance/codec.ts';
import type { Codec } from '../enhance/codec.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import { selectModel, type ModelSelection } from './model-choice.ts';

/** Finds the model that the options name and loads it. */
export async function openCodec(request: ModelSelection & enhance.CodecRequest): Promise<Codec> {
  return startCodec(await selectModel(request), request);
}

export function startCodec(model: LoadedModel, request: enhance.CodecRequest): Promise<Codec> {
  return enhance.startCodec(model, new OrtLoader(), request);
}
