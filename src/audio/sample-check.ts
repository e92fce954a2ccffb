import type { SampleHealth } from './reader.ts';

/** 32767/32768 is the largest 16-bit sample; lossy decoders land a little beside it. */
const FULL_SCALE = 0.99996;
/** A lone sample at full scale is a normalised peak; three in a row are a flattened one. */
const CLIP_RUN = 3;

/** Replaces non-finite samples by 0 in place, and counts those and the clipped ones. */
export class SampleCheck {
  readonly health: SampleHealth = { nonFinite: 0, clipped: 0 };
  readonly #run: number[];

  constructor(channels: number) {
    this.#run = new Array<number>(channels).fill(0);
  }

  apply(block: Float32Array[]): void {
    for (let c = 0; c < block.length; c++) {
      const samples = block[c]!;
      let run = this.#run[c]!;
      for (let i = 0; i < samples.length; i++) {
        const value = samples[i]!;
        if (value < FULL_SCALE && value > -FULL_SCALE) {
          run = 0;
          continue;
        }
        if (!Number.isFinite(value)) {
          samples[i] = 0;
          this.health.nonFinite++;
          run = 0;
          continue;
        }
        run++;
        if (run === CLIP_RUN) this.health.clipped += CLIP_RUN;
        else if (run > CLIP_RUN) this.health.clipped++;
      }
      this.#run[c] = run;
    }
  }
}
