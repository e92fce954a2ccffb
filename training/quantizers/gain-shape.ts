/**
 * Gain-shape quantization: the first codebook codes the envelope of a frame, how loud each of its bands is, and any
 * other quantizer codes the shape that is left, knowing the envelope. (Gersho & Gray, "Vector quantization and signal
 * compression", 1992, §12.10; the envelope as side information is what transform coders send as scale factors.)
 *
 * k₀ = argmin_j ‖ln(e(z) + δ) − c_j‖, e(z) the RMS of every band;  s = s_k₀, the mean levels of the members of k₀
 * v = P_k₀ z / ‖s_k₀‖_rms,  P_k the permutation that puts the loudest coordinates of s_k first;  ẑ = ‖s‖ Pᵀ v̂
 *
 * Sorting brings what matters to the same place in every frame, whatever the sound: a fixed quantizer of v then spends
 * its bits where the energy is, as water-filling over the envelope would. The decoder is given s besides ẑ, so that it
 * can fill what no bits were left for with something of the right size. The codebook is fitted once and then stays.
 */
import { z } from 'zod';
import { tf, type Tensor2D } from '../tf.ts';
import type { GraphValue, OnnxOps } from '../graph/onnx-ops.ts';
import { mulberry32 } from '../graph/random.ts';
import { TfOps, type ParameterSource } from '../graph/tf-ops.ts';
import { bandCount, bandLevels, bandWidths } from '../model/companding.ts';
import { Codebook } from './codebook.ts';
import type { Quantizer, QuantizerContext, QuantizerForward } from './quantizer.ts';
import { searchTable } from './residual.ts';

export const gainSchema = z.strictObject({
  size: z.number().int().min(2).max(65536),
});

/** Members that the band's mean level counts like, beside a code's own members. */
const PRIOR_MEMBERS = 20;
/** Quietest level of a coordinate; speech is about 1. */
const LEVEL_FLOOR = 3e-3;
/** Most frames that the shape's quantizer is fitted on, drawn in proportion to their level. */
const FIT_FRAMES = 500_000;

export interface GainShapeFrame {
  sampleRate: number;
  hopSamples: number;
}

export class GainShapeQuantizer implements Quantizer {
  readonly family: string;
  readonly codebooks: number;
  readonly codebookSize: number;
  readonly macsPerFrame: number;
  readonly shape: Quantizer;
  readonly #frame: GainShapeFrame;
  readonly #bands: number;
  readonly #codebook: Codebook;
  readonly #scope: string;
  /** Row-major [size, dim]: s of every code. */
  readonly #levels: Float32Array;
  /** Row-major [size, dim]: the coordinates of every code, loudest first, and where each one went. */
  readonly #order: Int32Array;
  readonly #place: Int32Array;
  readonly #gains: Float32Array;
  #started = false;

  /**
   * @param shape quantizer of the sorted latent; its codebooks follow the gain's
   * @throws RangeError when its codebooks are of another size
   */
  constructor(shape: Quantizer, size: number, frame: GainShapeFrame, seed: number, scope: string) {
    if (shape.codebookSize !== size) {
      throw new RangeError(
        `a gain codebook of ${size} codes does not go with codebooks of ${shape.codebookSize}`,
      );
    }
    const dim = frame.hopSamples;
    this.family = shape.family;
    this.codebooks = 1 + shape.codebooks;
    this.codebookSize = size;
    this.shape = shape;
    this.#frame = frame;
    this.#bands = bandCount(dim, frame.sampleRate);
    this.#scope = `${scope}/gain`;
    this.macsPerFrame = dim * this.#bands + size * this.#bands + shape.macsPerFrame;
    const codebook = {
      size,
      learn: 'ema',
      normalised: false,
      emaDecay: 0.99,
      deadBelow: 0,
      kmeansStart: true,
    } as const;
    this.#codebook = new Codebook(codebook, this.#bands, this.#scope, seed);
    this.#levels = new Float32Array(size * dim).fill(1);
    this.#order = new Int32Array(size * dim);
    this.#place = new Int32Array(size * dim);
    this.#gains = new Float32Array(size);
    this.#arrange();
  }

  get started(): boolean {
    return this.#started;
  }

  /** [frames, bands] logarithms of the latent's band levels. */
  #envelope(latent: Tensor2D, store: ParameterSource): Tensor2D {
    const { hopSamples, sampleRate } = this.#frame;
    return bandLevels(new TfOps(store, 1, 1), latent, hopSamples, sampleRate).log;
  }

  forward(latent: Tensor2D, context: QuantizerContext): QuantizerForward {
    const { store, active, training } = context;
    if (training && !this.#started)
      throw new Error('a gain codebook is fitted before it is trained');
    const [frames, dim] = latent.shape;
    const first = tf.tidy(() => this.#codebook.nearest(this.#envelope(latent, store), store));
    const perFrame = (table: Float32Array, width: number): Tensor2D => {
      const rows = new Float32Array(frames * width);
      first.forEach((k, i) => rows.set(table.subarray(k * width, (k + 1) * width), i * width));
      return tf.tensor2d(rows, [frames, width]);
    };
    const levels = perFrame(this.#levels, dim);
    if (active === 1) {
      return { quantized: tf.zerosLike(levels), levels, loss: null, codes: first };
    }
    const gains = perFrame(this.#gains, 1);
    const sorted = permute(latent, first, this.#order, this.#place);
    const inner = this.shape.forward(tf.div(sorted, gains), { ...context, active: active - 1 });
    const back = permute(inner.quantized, first, this.#place, this.#order);
    return {
      quantized: tf.mul(back, gains) as Tensor2D,
      levels,
      loss: inner.loss,
      codes: inner.codes === null ? null : joinCodes(first, inner.codes, active - 1),
    };
  }

  fit(latent: Tensor2D, store: ParameterSource): void {
    const [frames, dim] = latent.shape;
    const envelope = tf.tidy(() => this.#envelope(latent, store));
    this.#codebook.observe(envelope.dataSync() as Float32Array, new Int32Array(0), store);
    const codes = this.#codebook.nearest(envelope, store);
    envelope.dispose();
    const values = latent.dataSync() as Float32Array;
    this.#measureLevels(values, codes);
    this.#arrange();
    // Loud frames count for more, as they do in the sound; drawn with replacement.
    const random = mulberry32(1);
    const weights = Float64Array.from(codes, (k) => this.#gains[k]!);
    const chosen = draw(weights, Math.min(FIT_FRAMES, frames), random);
    const shapes = new Float32Array(chosen.length * dim);
    chosen.forEach((frame, row) => {
      const k = codes[frame]!;
      for (let d = 0; d < dim; d++) {
        const at = this.#order[k * dim + d]!;
        shapes[row * dim + d] = values[frame * dim + at]! / this.#gains[k]!;
      }
    });
    const shapeRows = tf.tensor2d(shapes, [chosen.length, dim]);
    this.shape.fit(shapeRows, store);
    shapeRows.dispose();
    this.#started = true;
  }

  /** s of every code: the RMS of its members per coordinate, drawn towards that of the band where they are few. */
  #measureLevels(values: Float32Array, codes: Int32Array): void {
    const dim = this.#frame.hopSamples;
    const power = new Float64Array(this.#levels.length);
    const counts = new Float64Array(this.codebookSize);
    codes.forEach((k, frame) => {
      counts[k]!++;
      for (let d = 0; d < dim; d++) power[k * dim + d]! += values[frame * dim + d]! ** 2;
    });
    const bands = bandOf(this.#frame);
    for (let k = 0; k < this.codebookSize; k++) {
      const sums = new Float64Array(this.#bands);
      const widths = new Float64Array(this.#bands);
      bands.forEach((band, d) => {
        sums[band]! += power[k * dim + d]!;
        widths[band]!++;
      });
      bands.forEach((band, d) => {
        const members = Math.max(1, counts[k]!);
        const typical = sums[band]! / widths[band]! / members;
        const mean = (power[k * dim + d]! + PRIOR_MEMBERS * typical) / (counts[k]! + PRIOR_MEMBERS);
        this.#levels[k * dim + d] = Math.max(LEVEL_FLOOR, Math.sqrt(mean));
      });
    }
  }

  /** Works out order, places and gains from the levels. */
  #arrange(): void {
    const dim = this.#frame.hopSamples;
    for (let k = 0; k < this.codebookSize; k++) {
      const row = this.#levels.subarray(k * dim, (k + 1) * dim);
      const order = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]! || a - b);
      order.forEach((coordinate, place) => {
        this.#order[k * dim + place] = coordinate;
        this.#place[k * dim + coordinate] = place;
      });
      this.#gains[k] = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / dim);
    }
  }

  afterStep(step: number): void {
    this.shape.afterStep(step);
  }

  state(): Map<string, Float32Array> {
    return new Map([
      ...this.shape.state(),
      ...this.#codebook.state(),
      [`${this.#scope}/levels`, this.#levels],
      [`${this.#scope}/fitted`, Float32Array.of(this.#started ? 1 : 0)],
    ]);
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    this.shape.restore(state);
    this.#codebook.restore(state);
    const levels = state.get(`${this.#scope}/levels`);
    if (levels?.length !== this.#levels.length) {
      throw new RangeError(`the checkpoint's "${this.#scope}/levels" does not fit this codebook`);
    }
    this.#levels.set(levels);
    this.#started = state.get(`${this.#scope}/fitted`)?.[0] === 1;
    this.#arrange();
  }

  exportEncoder(ops: OnnxOps, latent: GraphValue): GraphValue {
    const g = ops.graph;
    const { hopSamples: dim, sampleRate } = this.#frame;
    const { codebookSize: size } = this;
    const { log } = bandLevels(ops, latent, dim, sampleRate);
    const { columns, half } = searchTable(this.#codebook.exported(ops), size, this.#bands);
    const search = ops.learned(`${this.#scope}/search`, columns, [this.#bands, size]);
    const halves = ops.constant(`${this.#scope}/half`, half, [size]);
    const code = g.argMax(g.sub(ops.matmul(log, search), halves), 1);
    const order = g.gather(g.constant(this.#order, [size, dim]), code, 0);
    const gains = g.gather(g.constant(this.#gains, [size, 1]), code, 0);
    const shape = g.div(g.gatherElements(latent, order, 1), gains);
    const rest = this.shape.exportEncoder(ops, shape);
    return g.concat([g.unsqueeze(g.cast(code, 'int32'), [1]), rest], 1);
  }

  exportDecoder(ops: OnnxOps, codes: GraphValue): { latent: GraphValue; levels: GraphValue } {
    const g = ops.graph;
    const { hopSamples: dim } = this.#frame;
    const size = this.codebookSize;
    const first = g.narrow(codes, 0, 1, 1);
    // Without its envelope a frame is silent, whatever came of the rest.
    const present = g.cast(g.greaterOrEqual(first, g.int32(0)), 'float32');
    const code = g.squeeze(g.where(g.less(first, g.int32(0)), g.int32(0), first), [1]);
    const table = ops.learned(`${this.#scope}/levels`, this.#levels, [size, dim]);
    const levels = g.mul(g.gather(table, code, 0), present);
    const gains = g.gather(g.constant(this.#gains, [size, 1]), code, 0);
    const place = g.gather(g.constant(this.#place, [size, dim]), code, 0);
    const inner = this.shape.exportDecoder(ops, g.narrow(codes, 1, this.codebooks, 1));
    const sorted = g.mul(inner.latent, g.mul(gains, present));
    return { latent: g.gatherElements(sorted, place, 1), levels };
  }
}

/** Which band every coordinate is in. */
function bandOf({ hopSamples, sampleRate }: GainShapeFrame): number[] {
  return bandWidths(hopSamples, sampleRate).flatMap((width, band) =>
    new Array<number>(width).fill(band),
  );
}

/** x [frames, dim] with the coordinates of each frame put in the order of its code; the gradient goes back. */
function permute(x: Tensor2D, codes: Int32Array, to: Int32Array, from: Int32Array): Tensor2D {
  const dim = x.shape[1];
  const indices = (table: Int32Array): Int32Array => {
    const all = new Int32Array(codes.length * dim);
    codes.forEach((k, row) => {
      for (let d = 0; d < dim; d++) all[row * dim + d] = row * dim + table[k * dim + d]!;
    });
    return all;
  };
  const moved = (value: Tensor2D, table: Int32Array): Tensor2D =>
    tf.reshape(
      tf.gather(tf.reshape(value, [-1]), tf.tensor1d(indices(table), 'int32')),
      x.shape,
    ) as Tensor2D;
  const op = tf.customGrad((value) => ({
    value: moved(value as Tensor2D, to),
    gradFunc: (dy: unknown) => moved(dy as Tensor2D, from),
  }));
  return op(x) as Tensor2D;
}

function joinCodes(first: Int32Array, rest: Int32Array, others: number): Int32Array {
  const width = 1 + others;
  const codes = new Int32Array(first.length * width);
  first.forEach((k, row) => {
    codes[row * width] = k;
    codes.set(rest.subarray(row * others, (row + 1) * others), row * width + 1);
  });
  return codes;
}

/** `count` indices, drawn in proportion to the weights (systematic resampling). */
function draw(weights: Float64Array, count: number, random: () => number): Int32Array {
  const total = weights.reduce((a, b) => a + b, 0);
  const step = total / count;
  const offset = random() * step;
  const chosen = new Int32Array(count);
  let index = 0;
  let reached = weights[0]!;
  for (let i = 0; i < count; i++) {
    const mark = offset + i * step;
    while (reached < mark && index < weights.length - 1) reached += weights[++index]!;
    chosen[i] = index;
  }
  return chosen;
}
