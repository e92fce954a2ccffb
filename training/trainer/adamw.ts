/**
 * AdamW (Loshchilov & Hutter, arXiv:1711.05101) with global-norm gradient clipping and an exponential
 * moving average of the weights; the weights of linear layers may take Muon's steps instead. Everything is kept in TensorFlow variables so that it can be checkpointed.
 */
import { tf, type Tensor, type Tensor2D, type Variable } from '../tf.ts';
import { orthogonalise } from './muon.ts';

interface Update {
  name: string;
  variable: Variable;
  gradient: Tensor;
}

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled decay per step and unit learning rate; applied to matrices only. */
  weightDecay: number;
  /** Gradients are scaled down to this global L2 norm. */
  clipNorm: number;
  /** Per-step decay of the weight average; 0 turns it off. */
  emaDecay: number;
  /** How the weights of linear layers (rank 2, named …/w) are updated. */
  matrices: 'adamw' | 'muon';
}

export const adamWDefaults: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
  emaDecay: 0.999,
  matrices: 'adamw',
};

const MUON_MOMENTUM = 0.95;

interface Slots {
  m: Variable;
  v: Variable;
  ema: Variable;
}

export class AdamW {
  readonly slots = new Map<string, Slots>();
  readonly options: AdamWOptions;
  /** Number of updates made so far. */
  step = 0;

  constructor(options: Partial<AdamWOptions> = {}) {
    this.options = { ...adamWDefaults, ...options };
  }

  /**
   * One update of `variables` in place. Parameters without a gradient are left alone.
   * @returns the gradient norm before clipping; when it is not finite nothing is changed.
   */
  apply(
    variables: readonly [string, Variable][],
    gradients: Readonly<Record<string, Tensor>>,
    learningRate: number,
  ): number {
    const { beta1, beta2, epsilon, weightDecay, clipNorm, emaDecay } = this.options;
    const active = variables.flatMap(([name, variable]) => {
      const gradient = gradients[variable.name];
      return gradient === undefined ? [] : [{ name, variable, gradient }];
    });
    const norm = tf.tidy(() =>
      tf.sqrt(tf.addN(active.map(({ gradient }) => tf.sum(tf.square(gradient))))),
    );
    const gradientNorm = norm.dataSync()[0]!;
    norm.dispose();
    if (!Number.isFinite(gradientNorm)) return gradientNorm;
    this.step++;
    const scale = Math.min(1, clipNorm / (gradientNorm + 1e-12));
    const correction1 = 1 - beta1 ** this.step;
    const correction2 = 1 - beta2 ** this.step;
    // The average follows closely at first, so that it is useful from the start.
    const decay = Math.min(emaDecay, (1 + this.step) / (10 + this.step));
    const move = (name: string, variable: Variable, direction: Tensor): void => {
      const decayed =
        variable.rank >= 2 ? tf.mul(variable, 1 - learningRate * weightDecay) : variable;
      variable.assign(tf.sub(decayed, tf.mul(direction, learningRate)));
      const { ema } = this.slotsOf(name, variable);
      ema.assign(tf.add(tf.mul(ema, decay), tf.mul(variable, 1 - decay)));
    };
    const byShape = new Map<string, Update[]>();
    for (const update of active) {
      const { name, variable, gradient } = update;
      const { m, v } = this.slotsOf(name, variable);
      if (this.#isMuon(name, variable)) {
        const key = variable.shape.join();
        byShape.set(key, [...(byShape.get(key) ?? []), update]);
        continue;
      }
      tf.tidy(() => {
        const g = tf.mul(gradient, scale);
        m.assign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
        v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
        const root = tf.add(tf.sqrt(tf.div(v, correction2)), epsilon);
        move(name, variable, tf.div(tf.div(m, correction1), root));
      });
    }
    for (const updates of byShape.values()) {
      tf.tidy(() => {
        const momenta = updates.map(({ name, variable, gradient }) => {
          const { m } = this.slotsOf(name, variable);
          const g = tf.mul(gradient, scale);
          m.assign(tf.add(tf.mul(m, MUON_MOMENTUM), tf.mul(g, 1 - MUON_MOMENTUM)));
          // Nesterov's look-ahead.
          return tf.add(tf.mul(m, MUON_MOMENTUM), tf.mul(g, 1 - MUON_MOMENTUM)) as Tensor2D;
        });
        orthogonalise(momenta).forEach((direction, i) => {
          const { name, variable } = updates[i]!;
          move(name, variable, direction);
        });
      });
    }
    return gradientNorm;
  }

  #isMuon(name: string, variable: Variable): boolean {
    return this.options.matrices === 'muon' && variable.rank === 2 && name.endsWith('/w');
  }

  /** Optimizer state of one parameter, made on first use. */
  slotsOf(name: string, variable: Variable): Slots {
    let slots = this.slots.get(name);
    if (slots === undefined) {
      slots = {
        m: tf.variable(tf.zerosLike(variable), false),
        v: tf.variable(tf.zerosLike(variable), false),
        ema: tf.variable(tf.clone(variable), false),
      };
      this.slots.set(name, slots);
    }
    return slots;
  }
}

/** Linear warm-up, then a half cosine from `peak` to `floor` at `totalSteps`. */
export function learningRateAt(
  step: number,
  schedule: { peak: number; floor: number; warmupSteps: number; totalSteps: number },
): number {
  const { peak, floor, warmupSteps, totalSteps } = schedule;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
