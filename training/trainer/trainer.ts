/** One training run: step, evaluate, save, resume. Knows nothing of files of audio or of the command line. */
import { ResiduaError } from '../../src/common/errors.ts';
import { bitrateKbps } from '../../src/common/units.ts';
import { codebookUsage, siSdr, type CodebookUsage } from '../../src/metrics/index.ts';
import { tf, type Rank, type Scalar, type Tensor, type Tensor2D, type Variable } from '../tf.ts';
import { mulberry32 } from '../graph/random.ts';
import { ParameterStore, TfOps, type ParameterSource } from '../graph/tf-ops.ts';
import { logErrorDb } from '../losses/waveform.ts';
import { roundToHalf } from '../export/half.ts';
import { spectralDistance } from '../losses/spectral.ts';
import { analyse } from '../model/codec.ts';
import { AdamW, learningRateAt } from './adamw.ts';
import { readCheckpoint, writeCheckpoint, type NamedTensor } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { Network } from './network.ts';

export interface AudioBatch {
  /** Row-major [batchSize, samples]. */
  noisy: Float32Array;
  clean: Float32Array;
  /** Row-major [batchSize · hops, hop]: what the frozen denoiser made of it, see data/prepared.ts. */
  denoised?: Float32Array;
  batchSize: number;
  samples: number;
}

export interface StepReport {
  step: number;
  learningRate: number;
  loss: number;
  gradientNorm: number;
  /** Loss terms by name, unweighted. */
  terms: Record<string, number>;
}

export interface EvaluationPair {
  id: string;
  noisy: Float32Array;
  clean: Float32Array;
}

/** RMS that every mixture is brought to inside the loss, so that quiet examples count like loud ones. */
const LOSS_RMS = 1;

export class Trainer {
  readonly config: TrainConfig;
  readonly store: ParameterStore;
  readonly optimizer: AdamW;
  readonly network: Network;
  /** Seconds of audio seen, earlier runs that this one started from included. */
  audioSeconds = 0;

  constructor(config: TrainConfig) {
    this.config = config;
    this.store = new ParameterStore(mulberry32(config.seed));
    this.store.frozen = (name) => config.freeze.some((prefix) => name.startsWith(prefix));
    const { weightDecay, clipNorm, emaDecay, matrices } = config.optimizer;
    this.optimizer = new AdamW({ weightDecay, clipNorm, emaDecay, matrices });
    const { model, quantizer, quantizerId, seed } = config;
    this.network = new Network(model, quantizer, quantizerId, seed);
    this.#materialise();
  }

  get step(): number {
    return this.optimizer.step;
  }

  parameterCount(): number {
    let count = 0;
    for (const variable of this.store.variables.values()) count += variable.size;
    return count;
  }

  /** One optimizer step. @throws ResiduaError DIVERGED when loss or gradient is not finite. */
  trainStep(batch: AudioBatch): StepReport {
    const { optimizer: schedule, model } = this.config;
    const learningRate = learningRateAt(this.step, {
      peak: schedule.peakLearningRate,
      floor: schedule.floorLearningRate,
      warmupSteps: schedule.warmupSteps,
      totalSteps: schedule.totalSteps,
    });
    const terms: Record<string, Scalar> = {};
    const noisy = tf.tensor2d(batch.noisy, [batch.batchSize, batch.samples]);
    const clean = tf.tensor2d(batch.clean, [batch.batchSize, batch.samples]);
    const denoised =
      batch.denoised === undefined
        ? undefined
        : tf.tensor2d(batch.denoised, [batch.denoised.length / model.hopSamples, model.hopSamples]);
    const variables = this.store.trainable();
    const { value, grads } = tf.variableGrads(
      () => this.#loss(noisy, clean, denoised, terms),
      variables.map(([, variable]) => variable),
    );
    const gradientNorm = this.optimizer.apply(variables, grads, learningRate);
    this.network.quantizer.afterStep(this.step);
    const loss = value.dataSync()[0]!;
    const report: StepReport = { step: this.step, learningRate, loss, gradientNorm, terms: {} };
    for (const [name, term] of Object.entries(terms)) {
      report.terms[name] = term.dataSync()[0]!;
      term.dispose();
    }
    tf.dispose([value, noisy, clean, ...Object.values(grads)] as Tensor[]);
    denoised?.dispose();
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new ResiduaError('DIVERGED', `Training diverged at step ${this.step} (loss ${loss})`, {
        hint: 'Resume from the last checkpoint with a lower learning rate.',
      });
    }
    this.audioSeconds += (batch.batchSize * batch.samples) / model.sampleRate;
    return report;
  }

  /**
   * Starts the quantizer on what the encoder makes of some batches; does nothing when it has started, or when its
   * config lets it run unquantised at first (`startStep`).
   * @param next gives the batches, about 50,000 frames in all
   */
  async fitQuantizer(next: () => AudioBatch | Promise<AudioBatch>, batches: number): Promise<void> {
    const { quantizer, config } = this.network;
    const { quantizer: options } = this.config;
    if (quantizer.started || ('startStep' in options && options.startStep > 0)) return;
    const latents: Tensor2D[] = [];
    for (let i = 0; i < batches; i++) {
      const { noisy, denoised, batchSize, samples } = await next();
      latents.push(
        tf.tidy(() => {
          const ops = new TfOps(this.store, batchSize, samples / config.hopSamples);
          const rows = (x: Float32Array): Tensor2D =>
            tf.tensor2d(x, [x.length / config.hopSamples, config.hopSamples]);
          return denoised === undefined
            ? this.network.encode(ops, rows(noisy))
            : this.network.encodeDenoised(ops, rows(denoised));
        }),
      );
    }
    const all = tf.concat(latents, 0);
    tf.dispose(latents);
    quantizer.fit(all, this.store);
    all.dispose();
  }

  #loss(
    noisy: Tensor2D,
    clean: Tensor2D,
    denoised: Tensor2D | undefined,
    terms: Record<string, Scalar>,
  ): Scalar {
    const { loss: weights } = this.config;
    const active = this.#activeCodebooks();
    const context = { store: this.store, training: true, active };
    const denoising = this.#drawSwitch(noisy.shape[0]);
    const output = this.network.forward(noisy, context, denoised, denoising);
    const [batch, samples] = output.enhanced.shape;
    const crop = (x: Tensor2D): Tensor2D => tf.slice(x, [0, 0], [batch, samples]);
    const mean = tf.mean(tf.square(noisy), 1, true);
    const gain = tf.div(LOSS_RMS, tf.sqrt(tf.add(mean, 1e-8))) as Tensor2D;
    const estimate = tf.mul(output.enhanced, gain) as Tensor2D;
    const wanted =
      denoising === undefined
        ? clean
        : (tf.add(noisy, tf.mul(denoising, tf.sub(clean, noisy))) as Tensor2D);
    const target = tf.mul(crop(wanted), gain) as Tensor2D;
    const mixture = tf.mul(crop(noisy), gain) as Tensor2D;

    const parts: Tensor[] = [];
    const use = (name: string, value: Scalar, weight: number): void => {
      terms[name] = tf.keep(tf.clone(value));
      if (weight > 0) parts.push(tf.mul(value, weight));
    };
    const share = this.#waveformShare(active);
    use('waveformDb', logErrorDb(estimate, target, mixture), share * weights.waveform);
    const distances = weights.windows.map((window) => spectralDistance(estimate, target, window));
    const average = (values: Scalar[]): Scalar =>
      tf.div(tf.addN(values), values.length) as unknown as Scalar;
    use('magnitude', average(distances.map((d) => d.magnitude)), weights.magnitude);
    use('complex', average(distances.map((d) => d.complex)), share * weights.complex);
    if (output.loss !== null) use('quantizer', output.loss, 1);
    return tf.addN(parts) as Scalar;
  }

  /** See `fullWaveformKbps` of the loss; 1 where nothing is quantised. */
  #waveformShare(active: number): number {
    const { loss, model } = this.config;
    const { codebooks, codebookSize } = this.network.quantizer;
    if (loss.fullWaveformKbps === undefined || codebooks === 0) return 1;
    const bits = Math.log2(codebookSize);
    const kbps = bitrateKbps(active, bits, model.hopSamples, model.sampleRate);
    return Math.min(1, kbps / loss.fullWaveformKbps);
  }

  /** Quantizer dropout: how many codebooks this step trains with; the same when a step is run again. */
  #activeCodebooks(): number {
    const { codebooks } = this.network.quantizer;
    const { quantizer, seed } = this.config;
    if (!('dropout' in quantizer)) return codebooks;
    const random = mulberry32((seed + 1) * 7919 + this.step);
    if (random() >= quantizer.dropout) return codebooks;
    return Math.min(codebooks, Math.round(Math.exp(random() * Math.log(codebooks))));
  }

  /** For a network with a switch: which examples it denoises, [batch, 1]; the same when a step is run again. */
  #drawSwitch(batch: number): Tensor2D | undefined {
    if (!this.config.model.denoiseSwitch) return undefined;
    const random = mulberry32((this.config.seed + 2) * 6101 + this.step);
    return tf.tensor2d(
      Array.from({ length: batch }, () => (random() < 0.5 ? 0 : 1)),
      [batch, 1],
    );
  }

  /** Averaged weights, falling back to the live ones for parameters that were never updated. */
  averaged(): ParameterSource {
    const { store, optimizer } = this;
    return {
      get: (name, shape, init): Variable =>
        optimizer.slots.get(name)?.ema ?? store.get(name, shape, init),
    };
  }

  /**
   * Averaged weights by name, as they are exported: rounded to half precision, here and in the quantizer's
   * codebooks, so that the trainer computes from the very numbers that the graphs will hold. Not for a run
   * that goes on.
   */
  roundedWeights(): Map<string, NamedTensor> {
    const weights = new Map<string, NamedTensor>();
    for (const [name, variable] of this.store.variables) {
      const { shape } = variable;
      const average = this.optimizer.slots.get(name)?.ema ?? variable;
      const values = roundToHalf(average.dataSync() as Float32Array);
      assign(average, { shape, values });
      weights.set(name, { shape, values });
    }
    const { quantizer } = this.network;
    const state = quantizer.state();
    quantizer.restore(new Map([...state].map(([name, values]) => [name, roundToHalf(values)])));
    return weights;
  }

  /**
   * Enhances one recording with the averaged weights; same length and alignment as the input.
   * @param active codebooks in use; default all
   */
  enhance(noisy: Float32Array, active?: number): Float32Array {
    return this.run(noisy, active).enhanced;
  }

  /**
   * What the denoiser makes of a batch, with the averaged weights: row-major [batchSize · hops, hop]
   * compressed MDCT coefficients.
   */
  denoise({ noisy, batchSize, samples }: AudioBatch): Float32Array {
    const { model } = this.config;
    const { hopSamples } = model;
    return tf.tidy(() => {
      const ops = new TfOps(this.averaged(), batchSize, samples / hopSamples);
      const hops = tf.tensor2d(noisy, [(batchSize * samples) / hopSamples, hopSamples]);
      const { coefficients } = analyse(ops, hops, model, this.network.transforms);
      return coefficients.dataSync() as Float32Array;
    });
  }

  /** As {@link enhance}, with the codes: row-major [hops, active], one hop more than the recording has. */
  run(
    noisy: Float32Array,
    active = this.network.quantizer.codebooks,
  ): { enhanced: Float32Array; codes: Int32Array | null } {
    const { hopSamples } = this.config.model;
    const hops = Math.ceil(noisy.length / hopSamples) + 1;
    const padded = new Float32Array(hops * hopSamples);
    padded.set(noisy);
    let codes: Int32Array | null = null;
    const enhanced = tf.tidy(() => {
      const input = tf.tensor2d(padded, [1, padded.length]);
      const context = { store: this.averaged(), training: false, active };
      const output = this.network.forward(input, context);
      codes = output.codes;
      return output.enhanced;
    });
    const samples = enhanced.dataSync() as Float32Array;
    enhanced.dispose();
    return { enhanced: samples.slice(0, noisy.length), codes };
  }

  /** Mean SI-SDR in dB of the enhanced recordings and of the clean ones sent through; code use of the former. */
  evaluate(
    pairs: readonly EvaluationPair[],
    active?: number,
  ): {
    siSdr: number;
    cleanSiSdr: number;
    /** One entry per codebook. */
    codes: CodebookUsage[];
  } {
    let enhancedDb = 0;
    let throughDb = 0;
    const codes: (Int32Array | null)[] = [];
    for (const { noisy, clean } of pairs) {
      const run = this.run(noisy, active);
      enhancedDb += siSdr(clean, run.enhanced);
      throughDb += siSdr(clean, this.enhance(clean, active));
      codes.push(run.codes);
    }
    return {
      siSdr: enhancedDb / pairs.length,
      cleanSiSdr: throughDb / pairs.length,
      codes: this.#usage(codes, active),
    };
  }

  /** How the codebooks are used over recordings, with the averaged weights; one entry per codebook. */
  codeUse(recordings: readonly Float32Array[]): CodebookUsage[] {
    return this.#usage(recordings.map((recording) => this.run(recording).codes));
  }

  #usage(
    recordings: readonly (Int32Array | null)[],
    active = this.network.quantizer.codebooks,
  ): CodebookUsage[] {
    const stages = Array.from({ length: active }, (): number[] => []);
    for (const codes of recordings) codes?.forEach((code, i) => stages[i % active]!.push(code));
    const { codebookSize } = this.network.quantizer;
    return stages
      .filter((codes) => codes.length > 0)
      .map((codes) => codebookUsage(Int32Array.from(codes), codebookSize));
  }

  async save(folder: string): Promise<void> {
    const tensors = new Map<string, NamedTensor>();
    const put = (name: string, variable: Variable): void => {
      tensors.set(name, { shape: variable.shape, values: variable.dataSync() as Float32Array });
    };
    for (const [name, variable] of this.store.variables) {
      put(`param/${name}`, variable);
      const slots = this.optimizer.slots.get(name);
      if (slots === undefined) continue;
      put(`ema/${name}`, slots.ema);
      put(`adam.m/${name}`, slots.m);
      put(`adam.v/${name}`, slots.v);
    }
    for (const [name, values] of this.network.quantizer.state()) {
      tensors.set(`quantizer/${name}`, { shape: [values.length], values });
    }
    const { name } = this.config;
    const { step, audioSeconds, config } = this;
    const meta = { name, quantizerId: config.quantizerId, step, audioSeconds, config };
    await writeCheckpoint(folder, meta, tensors);
  }

  /** Continues a run exactly: weights, averages, optimizer state and step. */
  async resume(folder: string): Promise<void> {
    const { meta, tensors } = await readCheckpoint(folder);
    for (const [name, variable] of this.store.variables) {
      const tensor = tensors.get(`param/${name}`);
      if (tensor === undefined || !sameShape(tensor.shape, variable.shape)) {
        throw new ResiduaError('CHECKPOINT_MISMATCH', `${folder} has no fitting "${name}"`, {
          hint: 'Resume with the config that the checkpoint was made with.',
        });
      }
      assign(variable, tensor);
    }
    for (const [name, variable] of this.store.variables) {
      const m = tensors.get(`adam.m/${name}`);
      const v = tensors.get(`adam.v/${name}`);
      const ema = tensors.get(`ema/${name}`);
      if (m === undefined || v === undefined || ema === undefined) continue;
      const slots = this.optimizer.slotsOf(name, variable);
      assign(slots.m, m);
      assign(slots.v, v);
      assign(slots.ema, ema);
    }
    this.#restoreQuantizer(tensors);
    this.optimizer.step = meta.step;
    this.audioSeconds = meta.audioSeconds;
  }

  /**
   * Starts from another run's averaged weights, wherever names and shapes match, and from its codebooks
   * if the run was of the same quantizer and `only` does not leave them out. The codec of another quantizer
   * is taken over under this one's name.
   * @returns how many parameters were taken
   */
  async initialise(folder: string, only?: readonly string[]): Promise<number> {
    const { meta, tensors } = await readCheckpoint(folder);
    let loaded = 0;
    for (const [name, variable] of this.store.variables) {
      if (only !== undefined && !only.some((prefix) => name.startsWith(prefix))) continue;
      const { scope } = this.network;
      const there = name.startsWith(`${scope}/`)
        ? `codec/${meta.quantizerId}${name.slice(scope.length)}`
        : name;
      const tensor = tensors.get(`ema/${there}`) ?? tensors.get(`param/${there}`);
      if (tensor === undefined || !sameShape(tensor.shape, variable.shape)) continue;
      assign(variable, tensor);
      const average = this.optimizer.slots.get(name)?.ema;
      if (average !== undefined) assign(average, tensor);
      loaded++;
    }
    if (only === undefined && meta.quantizerId === this.config.quantizerId) {
      this.#restoreQuantizer(tensors);
    }
    this.audioSeconds = Math.max(this.audioSeconds, meta.audioSeconds);
    return loaded;
  }

  #restoreQuantizer(tensors: ReadonlyMap<string, NamedTensor>): void {
    const state = new Map<string, Float32Array>();
    for (const [name, { values }] of tensors) {
      if (name.startsWith('quantizer/')) state.set(name.slice('quantizer/'.length), values);
    }
    if (state.size > 0) this.network.quantizer.restore(state);
  }

  /** Runs one short forward pass so that every parameter exists before weights are loaded. */
  #materialise(): void {
    tf.tidy(() => {
      const silence = tf.zeros<Rank.R2>([1, 4 * this.config.model.hopSamples]);
      const active = this.network.quantizer.codebooks;
      this.network.forward(silence, { store: this.store, training: false, active });
    });
  }
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

function assign(variable: Variable, { shape, values }: NamedTensor): void {
  tf.tidy(() => variable.assign(tf.tensor(values, shape)));
}
