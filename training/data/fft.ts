/** In-place complex radix-2 FFT of a fixed power-of-two size, interleaved real and imaginary parts. */
export class ComplexFft {
  readonly size: number;
  private readonly twiddles: Float32Array;
  private readonly reversed: Uint32Array;

  constructor(size: number) {
    if (size < 4 || (size & (size - 1)) !== 0) throw new RangeError('size must be a power of two');
    this.size = size;
    this.twiddles = new Float32Array(size);
    for (let i = 0; i < size / 2; i++) {
      this.twiddles[2 * i] = Math.cos((2 * Math.PI * i) / size);
      this.twiddles[2 * i + 1] = -Math.sin((2 * Math.PI * i) / size);
    }
    this.reversed = new Uint32Array(size);
    const bits = Math.log2(size);
    for (let i = 0; i < size; i++) {
      let r = 0;
      for (let b = 0; b < bits; b++) r |= ((i >> b) & 1) << (bits - 1 - b);
      this.reversed[i] = r;
    }
  }

  /** Forward transform, not scaled. `data` holds 2·size values. */
  forward(data: Float32Array): void {
    const { size, twiddles, reversed } = this;
    for (let i = 0; i < size; i++) {
      const j = reversed[i] as number;
      if (j > i) {
        const re = data[2 * i] as number;
        const im = data[2 * i + 1] as number;
        data[2 * i] = data[2 * j] as number;
        data[2 * i + 1] = data[2 * j + 1] as number;
        data[2 * j] = re;
        data[2 * j + 1] = im;
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / half; // stride in the interleaved twiddle table
      for (let start = 0; start < size; start += 2 * half) {
        let t = 0;
        for (let k = 2 * start; k < 2 * (start + half); k += 2) {
          const wr = twiddles[t] as number;
          const wi = twiddles[t + 1] as number;
          t += step;
          const m = k + 2 * half;
          const xr = data[m] as number;
          const xi = data[m + 1] as number;
          const br = xr * wr - xi * wi;
          const bi = xr * wi + xi * wr;
          const ar = data[k] as number;
          const ai = data[k + 1] as number;
          data[k] = ar + br;
          data[k + 1] = ai + bi;
          data[m] = ar - br;
          data[m + 1] = ai - bi;
        }
      }
    }
  }

  /** Inverse transform, scaled by 1/size: swaps parts, transforms, swaps back. */
  inverse(data: Float32Array): void {
    const { size } = this;
    for (let i = 0; i < 2 * size; i += 2) {
      const re = data[i] as number;
      data[i] = data[i + 1] as number;
      data[i + 1] = re;
    }
    this.forward(data);
    const scale = 1 / size;
    for (let i = 0; i < 2 * size; i += 2) {
      const re = data[i] as number;
      data[i] = (data[i + 1] as number) * scale;
      data[i + 1] = re * scale;
    }
  }
}
