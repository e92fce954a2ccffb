/** Entry of the codec's worker thread, see `src/engine/codec-worker.ts`. */
import { serveCodec } from '../engine/codec-worker.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';

serveCodec(() => new OrtLoader());
