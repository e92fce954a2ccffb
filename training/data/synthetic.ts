import { applyBiquad, biquad } from './filters.ts';
import { Rng } from './random.ts';

const RATE = 16000;
const POOL = 1 << 20;

export type SyntheticKind = 'white' | 'pink' | 'brown' | 'hum' | 'clicks' | 'modulated' | 'fan';
export const SYNTHETIC_KINDS: readonly SyntheticKind[] = [
  'white',
  'pink',
  'brown',
  'hum',
  'clicks',
  'modulated',
  'fan',
];

/** Noise made by formula. One long stretch of Gaussian noise is drawn once and read at random offsets. */
export class SyntheticNoise {
  private readonly pool = new Float32Array(POOL);

  constructor() {
    const rng = new Rng(0x5eed);
    for (let i = 0; i < POOL; i++) this.pool[i] = rng.gaussian();
  }

  /** Overwrites `out`; the level is arbitrary (about RMS 0.1 to 1) and never 0. */
  fill(out: Float32Array, kind: SyntheticKind, rng: Rng): void {
    switch (kind) {
      case 'white':
        return this.white(out, rng);
      case 'pink':
        return this.pink(out, rng);
      case 'brown':
        return this.brown(out, rng);
      case 'hum':
        return this.hum(out, rng);
      case 'clicks':
        return this.clicks(out, rng);
      case 'modulated': {
        this.white(out, rng);
        const centre = rng.logUniform(150, 4000);
        applyBiquad(out, biquad('bandPass', centre, rng.logUniform(0.3, 3), 0));
        const hz = rng.logUniform(0.3, 6);
        const phase = rng.uniform(0, 2 * Math.PI);
        const depth = rng.uniform(0.3, 0.95);
        const turn = (2 * Math.PI * hz) / RATE;
        let gain = 1;
        for (let i = 0; i < out.length; i++) {
          if (i % 32 === 0) gain = 1 + depth * Math.sin(phase + turn * i);
          out[i] = (out[i] as number) * gain;
        }
        return;
      }
      case 'fan': {
        this.brown(out, rng);
        const tone = new Float32Array(out.length);
        this.hum(tone, rng);
        const level = rng.uniform(0.02, 0.3);
        for (let i = 0; i < out.length; i++)
          out[i] = (out[i] as number) + level * (tone[i] as number);
        return;
      }
    }
  }

  private white(out: Float32Array, rng: Rng): void {
    let at = rng.int(POOL);
    for (let i = 0; i < out.length; i++) {
      out[i] = 0.3 * (this.pool[at] as number);
      if (++at === POOL) at = 0;
    }
  }

  /** P. Kellet's economy pink filter. */
  private pink(out: Float32Array, rng: Rng): void {
    this.white(out, rng);
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    for (let i = 0; i < out.length; i++) {
      const white = out[i] as number;
      b0 = 0.99765 * b0 + white * 0.099046;
      b1 = 0.963 * b1 + white * 0.2965164;
      b2 = 0.57 * b2 + white * 1.0526913;
      out[i] = 0.3 * (b0 + b1 + b2 + white * 0.1848);
    }
  }

  /** Leaky integral of white noise: −6 dB per octave above about 25 Hz. */
  private brown(out: Float32Array, rng: Rng): void {
    this.white(out, rng);
    let sum = 0;
    for (let i = 0; i < out.length; i++) {
      sum = 0.99 * sum + (out[i] as number);
      out[i] = 0.2 * sum;
    }
  }

  /** Mains (or a motor) with harmonics. */
  private hum(out: Float32Array, rng: Rng): void {
    out.fill(0);
    const mains = rng.chance(0.7);
    const base = mains ? (rng.chance(0.5) ? 50 : 60) : rng.logUniform(30, 400);
    const drift = 1 + rng.uniform(-0.005, 0.005);
    const harmonics = 3 + rng.int(10);
    const roll = rng.uniform(0.3, 1.5);
    for (let n = 1; n <= harmonics; n++) {
      const hz = base * drift * n;
      if (hz > 7500) break;
      const gain = 0.4 * Math.pow(n, -roll) * rng.uniform(0.1, 1);
      // A sine by its recurrence s[i] = 2cos(w)·s[i−1] − s[i−2].
      const w = (2 * Math.PI * hz) / RATE;
      const phase = rng.uniform(0, 2 * Math.PI);
      const factor = 2 * Math.cos(w);
      let before = gain * Math.sin(phase - 2 * w);
      let last = gain * Math.sin(phase - w);
      for (let i = 0; i < out.length; i++) {
        const value = factor * last - before;
        before = last;
        last = value;
        out[i] = (out[i] as number) + value;
      }
    }
  }

  /** Decaying noise bursts, as keys, mice, taps and crackle make them, over a faint floor. */
  private clicks(out: Float32Array, rng: Rng): void {
    out.fill(0);
    const perSecond = rng.logUniform(1.5, 40);
    let at = rng.int(Math.ceil(RATE / perSecond));
    const decay = rng.logUniform(0.001, 0.03) * RATE;
    while (at < out.length) {
      const gain = rng.logUniform(0.1, 1);
      const length = Math.min(out.length - at, Math.ceil(decay * 6));
      let from = rng.int(POOL - length);
      let envelope = gain;
      const fall = Math.exp(-1 / (decay * rng.uniform(0.5, 1.5)));
      for (let i = at; i < at + length; i++) {
        out[i] = (out[i] as number) + envelope * (this.pool[from++] as number);
        envelope *= fall;
      }
      // Key presses come as press and release, and in an uneven rhythm.
      at += Math.max(
        80,
        Math.round((-Math.log(1 - rng.next()) * RATE) / perSecond + (rng.chance(0.3) ? 1200 : 0)),
      );
    }
    applyBiquad(out, biquad('bandPass', rng.logUniform(300, 5000), rng.logUniform(0.4, 2), 0));
    let from = rng.int(POOL);
    for (let i = 0; i < out.length; i++) {
      out[i] = (out[i] as number) + 1e-3 * (this.pool[from] as number);
      if (++from === POOL) from = 0;
    }
  }
}
