/**
 * K-weighting of ITU-R BS.1770-4, annex 1: a high shelf for the head and a high-pass, after which mean square is
 * close to how loud something sounds.
 */

/** Below this a filter's memory is silence; keeps it out of the denormals. */
const TINY = 1e-20;

/** Direct form I biquad, over a block. */
export class Biquad {
  readonly #b: readonly [number, number, number];
  readonly #a: readonly [number, number];
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;

  constructor(b: readonly [number, number, number], a: readonly [number, number]) {
    this.#b = b;
    this.#a = a;
  }

  /** @param out may be `input` */
  process(input: Float32Array, out: Float32Array): void {
    const [b0, b1, b2] = this.#b;
    const [a1, a2] = this.#a;
    let x1 = this.#x1;
    let x2 = this.#x2;
    let y1 = this.#y1;
    let y2 = this.#y2;
    for (let i = 0; i < input.length; i++) {
      const x = input[i]!;
      let y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
      if (y < TINY && y > -TINY) y = 0;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      out[i] = y;
    }
    this.#x1 = x1;
    this.#x2 = x2;
    this.#y1 = y1;
    this.#y2 = y2;
  }
}

/** The two filters of BS.1770 at any rate, by the bilinear transform of their analogue prototypes. */
export function kWeighting(sampleRateHz: number): readonly [Biquad, Biquad] {
  const shelf = () => {
    const k = Math.tan((Math.PI * 1681.974450955533) / sampleRateHz);
    const q = 0.7071752369554196;
    const high = 10 ** (3.999843853973347 / 20);
    const band = high ** 0.4996667741545416;
    const a0 = 1 + k / q + k * k;
    return new Biquad(
      [
        (high + (band * k) / q + k * k) / a0,
        (2 * (k * k - high)) / a0,
        (high - (band * k) / q + k * k) / a0,
      ],
      [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
    );
  };
  const highPass = () => {
    const k = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz);
    const q = 0.5003270373238773;
    const a0 = 1 + k / q + k * k;
    return new Biquad([1, -2, 1], [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0]);
  };
  return [shelf(), highPass()];
}
