/**
 * The streaming codec: encoder graph → codes (or the float latent of a continuous entry) → decoder
 * graph, hop by hop, with all state inside. One session per channel; a session is used by one caller at
 * a time.
 *
 * Two ways to use it:
 * - live: `processHop`, one hop in, one hop out. Output hop k is the enhanced input hop k − 1 (for a
 *   window of two hops), so `algorithmicLatencySamples` pass from a sample's arrival to its output.
 * - recordings: `process` any chunks, then `flush`. Together they return as many samples as went in,
 *   aligned with them, whatever the chunking. `encode`, `encodeFlush` and `decode` do the same in two
 *   halves and give the same samples.
 *
 * @example
 * const model = await loadModel('models/residua-v1');
 * const session = await createCodecSession(model, new OrtLoader(), { quantizer: 'vq' });
 * const enhanced = [await session.process(noisy), await session.flush()];
 * await session.dispose();
 */
import { ResiduaError } from '../common/errors.ts';
import { chooseProvider } from '../inference/choose-provider.ts';
import type { ProviderChoice } from '../inference/choose-provider.ts';
import type { GraphSignature, Model, ModelLoader } from '../inference/port.ts';
import { DelayTrimmer, HopBuffer } from './framing.ts';
import {
  checkCodebooks,
  findQuantizer,
  hopsForSamples,
  isContinuous,
  outputDelaySamples,
  quantizerKbps,
} from './manifest.ts';
import type { ModelManifest, QuantizerEntry } from './manifest.ts';
import type { LoadedModel } from './model-folder.ts';
import { sanitize } from './sanitize.ts';

/** A code that is not there: an unused codebook, or a lost packet. Decodes as a zero contribution. */
export const ABSENT_CODE = -1;

export interface CodecSessionOptions {
  /** Quantizer id of the manifest, e.g. `none`, `vq`. */
  readonly quantizer: string;
  /** Codebooks in use, 1…maxCodebooks; default all. */
  readonly codebooks?: number;
  /** Execution provider; default `cpu`. `auto` measures what there is. */
  readonly provider?: string;
}

export interface CodecSession {
  readonly manifest: ModelManifest;
  readonly quantizer: QuantizerEntry;
  /** Hz. */
  readonly sampleRate: number;
  readonly hopSamples: number;
  /** From a sample's arrival to its output, hop buffering included. */
  readonly algorithmicLatencySamples: number;
  /** Codebooks in use; 0 for a continuous quantizer. */
  readonly codebooks: number;
  /** Of the codes in use; 0 for a continuous quantizer, which has no codes. */
  readonly bitrateKbps: number;
  /** The execution provider in use. */
  readonly provider: string;
  /** How `auto` chose; undefined when the provider was named. */
  readonly providerChoice: ProviderChoice | undefined;
  /** Codes of the last encoded hop, maxCodebooks values, −1 beyond `codebooks`. Reused. */
  readonly lastCodes: Int32Array;
  /** Input samples that were NaN, infinite or absurdly large, since creation. */
  readonly sanitizedSamples: number;
  /**
   * History of the encoder and of the decoder between two hops, flat. May be read and overwritten while
   * nothing runs, to hand the history of one session to another of the same model. Another array after
   * each hop: fetch it anew.
   */
  readonly encoderState: Float32Array;
  readonly decoderState: Float32Array;

  /** hopSamples in → hopSamples out (into `out`; may be the same array). */
  processHop(input: Float32Array, out: Float32Array): Promise<void>;
  /** Encodes one hop into `codes` (maxCodebooks values). Not for a continuous quantizer. */
  encodeHop(input: Float32Array, codes: Int32Array): Promise<void>;
  /** Decodes one hop; missing trailing codes count as absent. Not for a continuous quantizer. */
  decodeHop(codes: Int32Array, out: Float32Array): Promise<void>;

  /** Any number of samples in; returns the samples that became available, delay removed. */
  process(chunk: Float32Array): Promise<Float32Array>;
  /** The rest, so that total out = total in. The session then stands as after `reset`. */
  flush(): Promise<Float32Array>;
  /** Any number of samples in; returns codes, [hops × codebooks]. */
  encode(chunk: Float32Array): Promise<Int32Array>;
  /** Codes of the rest of a recording. The session then stands as after `reset`. */
  encodeFlush(): Promise<Int32Array>;
  /** Codes [hops × codebooks] in; returns samples, delay removed (trim the end to the recording). */
  decode(codes: Int32Array): Promise<Float32Array>;

  /** Changes the number of codebooks from the next hop on. @throws UsageError `CODEBOOKS_RANGE` */
  setCodebooks(codebooks: number): void;
  /** Forgets the past. @throws ResiduaError `SESSION_BUSY` while something is running. */
  reset(): void;
  /** Frees both graphs; waits for what is running. Safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * @throws ResiduaError `QUANTIZER_UNKNOWN`, `CODEBOOKS_RANGE` (both exit status 2), `MODEL_NOT_FOUND`,
 * `MODEL_HASH_MISMATCH`, `MODEL_CORRUPT`, `MODEL_SIGNATURE`, `PROVIDER_UNKNOWN`, `PROVIDER_UNAVAILABLE`
 */
export async function createCodecSession(
  model: LoadedModel,
  loader: ModelLoader,
  options: CodecSessionOptions,
): Promise<CodecSession> {
  const { manifest } = model;
  const entry = findQuantizer(manifest, options.quantizer);
  const codebooks = checkCodebooks(entry, options.codebooks);
  const [encoderBytes, decoderBytes] = await Promise.all([
    model.readGraph(entry.encoder),
    model.readGraph(entry.decoder),
  ]);
  const signatures = graphSignatures(manifest, entry);
  const chain = [
    { bytes: encoderBytes, signature: signatures.encoder, label: entry.encoder.file },
    { bytes: decoderBytes, signature: signatures.decoder, label: entry.decoder.file },
  ] as const;
  const choice = options.provider === 'auto' ? await chooseProvider(loader, chain) : undefined;
  const provider = choice?.provider ?? options.provider ?? 'cpu';
  const load = ({ bytes, signature, label }: (typeof chain)[number]) =>
    loader.load(bytes, signature, { provider, label });
  const encoder = await load(chain[0]);
  try {
    return new GraphSession(manifest, entry, codebooks, encoder, await load(chain[1]), choice);
  } catch (error) {
    await encoder.dispose();
    throw error;
  }
}

/** What the graphs of an entry look like. */
export function graphSignatures(
  manifest: ModelManifest,
  entry: QuantizerEntry,
): { encoder: GraphSignature; decoder: GraphSignature } {
  const hop = { name: 'hop', type: 'float32', width: manifest.hopSamples } as const;
  const middle = isContinuous(entry)
    ? ({ name: 'latent', type: 'float32', width: entry.latentDim } as const)
    : ({ name: 'codes', type: 'int32', width: entry.maxCodebooks } as const);
  return {
    encoder: { input: hop, output: middle, stateSize: entry.encoder.stateSize },
    decoder: { input: middle, output: hop, stateSize: entry.decoder.stateSize },
  };
}

class GraphSession implements CodecSession {
  readonly manifest: ModelManifest;
  readonly quantizer: QuantizerEntry;
  readonly providerChoice: ProviderChoice | undefined;
  readonly lastCodes: Int32Array;
  readonly #encoder: Model;
  readonly #decoder: Model;
  readonly #continuous: boolean;
  readonly #delaySamples: number;
  readonly #hops: HopBuffer;
  readonly #trimmer: DelayTrimmer;
  readonly #outHop: Float32Array;
  #codebooks: number;
  #sanitized = 0;
  #samplesIn = 0;
  #samplesOut = 0;
  #busy = false;
  #disposed: Promise<void> | undefined;

  constructor(
    manifest: ModelManifest,
    entry: QuantizerEntry,
    codebooks: number,
    encoder: Model,
    decoder: Model,
    choice: ProviderChoice | undefined,
  ) {
    this.manifest = manifest;
    this.quantizer = entry;
    this.providerChoice = choice;
    this.#codebooks = codebooks;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#continuous = isContinuous(entry);
    this.lastCodes = new Int32Array(entry.maxCodebooks).fill(ABSENT_CODE);
    this.#delaySamples = outputDelaySamples(manifest);
    this.#hops = new HopBuffer(manifest.hopSamples);
    this.#trimmer = new DelayTrimmer(this.#delaySamples);
    this.#outHop = new Float32Array(manifest.hopSamples);
  }

  get sampleRate(): number {
    return this.manifest.sampleRate;
  }
  get hopSamples(): number {
    return this.manifest.hopSamples;
  }
  get algorithmicLatencySamples(): number {
    return this.manifest.algorithmicLatencySamples;
  }
  get codebooks(): number {
    return this.#codebooks;
  }
  get bitrateKbps(): number {
    return quantizerKbps(this.manifest, this.quantizer, this.#codebooks);
  }
  get provider(): string {
    return this.#encoder.provider;
  }
  get sanitizedSamples(): number {
    return this.#sanitized;
  }

  get encoderState(): Float32Array {
    return this.#encoder.state;
  }
  get decoderState(): Float32Array {
    return this.#decoder.state;
  }

  processHop(input: Float32Array, out: Float32Array): Promise<void> {
    return this.#exclusively(() => this.#processHop(input, out));
  }

  encodeHop(input: Float32Array, codes: Int32Array): Promise<void> {
    return this.#exclusively(async () => {
      this.#requireCodes();
      checkLength('codes', codes.length, this.quantizer.maxCodebooks);
      await this.#encodeHop(input);
      codes.set(this.lastCodes);
    });
  }

  decodeHop(codes: Int32Array, out: Float32Array): Promise<void> {
    return this.#exclusively(async () => {
      this.#requireCodes();
      await this.#decodeHop(codes, out);
    });
  }

  process(chunk: Float32Array): Promise<Float32Array> {
    return this.#exclusively(() => this.#process(chunk));
  }

  flush(): Promise<Float32Array> {
    return this.#exclusively(async () => {
      const missing = this.#samplesIn - this.#samplesOut;
      const rest = await this.#process(this.#paddingOfRest());
      this.#resetStream();
      return rest.subarray(0, missing);
    });
  }

  encode(chunk: Float32Array): Promise<Int32Array> {
    return this.#exclusively(() => this.#encode(chunk));
  }

  encodeFlush(): Promise<Int32Array> {
    return this.#exclusively(async () => {
      const rest = await this.#encode(this.#paddingOfRest());
      this.#resetStream();
      return rest;
    });
  }

  decode(codes: Int32Array): Promise<Float32Array> {
    return this.#exclusively(async () => {
      this.#requireCodes();
      const width = this.#codebooks;
      if (codes.length % width !== 0) {
        throw badLength(
          `${codes.length} codes are no whole number of hops with ${width} codebooks`,
        );
      }
      const hops = codes.length / width;
      const result = new Float32Array(hops * this.hopSamples);
      let length = 0;
      for (let hop = 0; hop < hops; hop++) {
        await this.#decodeHop(codes.subarray(hop * width, (hop + 1) * width), this.#outHop);
        length = this.#emit(result, length);
      }
      return result.subarray(0, length);
    });
  }

  setCodebooks(codebooks: number): void {
    this.#codebooks = checkCodebooks(this.quantizer, codebooks);
  }

  reset(): void {
    if (this.#busy) throw busy();
    this.#resetStream();
  }

  dispose(): Promise<void> {
    // Each model waits for its own running step.
    this.#disposed ??= Promise.all([this.#encoder.dispose(), this.#decoder.dispose()]).then(
      () => undefined,
    );
    return this.#disposed;
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#disposed) {
      throw new ResiduaError('SESSION_DISPOSED', 'the codec session was used after dispose');
    }
    if (this.#busy) throw busy();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  async #process(chunk: Float32Array): Promise<Float32Array> {
    const result = new Float32Array(this.#hops.hopsAfter(chunk.length) * this.hopSamples);
    let length = 0;
    this.#samplesIn += chunk.length;
    await this.#hops.push(chunk, async (hop) => {
      await this.#processHop(hop, this.#outHop);
      length = this.#emit(result, length);
    });
    return result.subarray(0, length);
  }

  async #encode(chunk: Float32Array): Promise<Int32Array> {
    this.#requireCodes();
    const width = this.#codebooks;
    const result = new Int32Array(this.#hops.hopsAfter(chunk.length) * width);
    let length = 0;
    this.#samplesIn += chunk.length;
    await this.#hops.push(chunk, async (hop) => {
      await this.#encodeHop(hop);
      result.set(this.lastCodes.subarray(0, width), length);
      length += width;
    });
    return result;
  }

  /** Zeros that complete the last hop and push the delayed end of the recording out. */
  #paddingOfRest(): Float32Array {
    const hops = hopsForSamples(this.#samplesIn, this.hopSamples, this.#delaySamples);
    return new Float32Array(hops * this.hopSamples - this.#samplesIn);
  }

  #emit(result: Float32Array, length: number): number {
    const samples = this.#trimmer.trim(this.#outHop);
    result.set(samples, length);
    this.#samplesOut += samples.length;
    return length + samples.length;
  }

  async #processHop(input: Float32Array, out: Float32Array): Promise<void> {
    checkLength('out', out.length, this.hopSamples);
    await this.#encodeHop(input);
    if (this.#continuous) {
      this.#decoder.input.set(this.#encoder.output);
      await this.#runDecoder(out);
    } else {
      await this.#decodeHop(this.lastCodes, out);
    }
  }

  /** Leaves the codes in `lastCodes`, or the latent in the encoder's output. */
  async #encodeHop(input: Float32Array): Promise<void> {
    checkLength('input', input.length, this.hopSamples);
    const { input: hop, output } = this.#encoder;
    this.#sanitized += sanitize(input, hop as Float32Array);
    await this.#encoder.step();
    if (this.#continuous) return;
    const used = this.#codebooks;
    for (let i = 0; i < this.lastCodes.length; i++) {
      const code = output[i]!;
      if (code < 0 || code >= this.quantizer.codebookSize) {
        throw new ResiduaError(
          'MODEL_OUTPUT_RANGE',
          `${this.quantizer.encoder.file} produced code ${code}, beyond its ${this.quantizer.codebookSize} entries`,
          { hint: 'The graph does not belong to its manifest; export the model again.' },
        );
      }
      this.lastCodes[i] = i < used ? code : ABSENT_CODE;
    }
  }

  async #decodeHop(codes: Int32Array, out: Float32Array): Promise<void> {
    const { maxCodebooks, codebookSize } = this.quantizer;
    if (codes.length > maxCodebooks) {
      throw badLength(`${codes.length} codes for at most ${maxCodebooks} codebooks`);
    }
    for (const code of codes) {
      if (code < ABSENT_CODE || code >= codebookSize) {
        throw new ResiduaError('CODE_RANGE', `code ${code} is outside 0…${codebookSize - 1}`);
      }
    }
    const { input } = this.#decoder;
    input.fill(ABSENT_CODE);
    input.set(codes);
    await this.#runDecoder(out);
  }

  async #runDecoder(out: Float32Array): Promise<void> {
    checkLength('out', out.length, this.hopSamples);
    await this.#decoder.step();
    out.set(this.#decoder.output);
  }

  #requireCodes(): void {
    if (!this.#continuous) return;
    throw new ResiduaError(
      'QUANTIZER_CONTINUOUS',
      `quantizer '${this.quantizer.id}' is continuous: it has no codes to write or read`,
      { hint: 'Choose a quantizer with codebooks.' },
    );
  }

  #resetStream(): void {
    this.#encoder.reset();
    this.#decoder.reset();
    this.#hops.reset();
    this.#trimmer.reset();
    this.#samplesIn = 0;
    this.#samplesOut = 0;
    this.lastCodes.fill(ABSENT_CODE);
  }
}

function checkLength(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw badLength(`${what} has ${actual} values instead of ${expected}`);
}

function badLength(message: string): ResiduaError {
  return new ResiduaError('BUFFER_LENGTH', message);
}

function busy(): ResiduaError {
  return new ResiduaError('SESSION_BUSY', 'the codec session is still working on the last call', {
    hint: 'Await each call; use one session per channel.',
  });
}
