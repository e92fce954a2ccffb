import { ComplexFft } from './fft.ts';
import type { AugmentOptions } from './options.ts';
import { Rng } from './random.ts';

/** Longest room response kept, in samples at 16 kHz (0.512 s). */
export const RIR_LENGTH = 8192;
const SPEED_OF_SOUND = 343;
const RATE = 16000;
/** Reflections up to here are traced one by one; later ones are dense enough to be noise. */
const TRACED_SECONDS = 0.06;

/**
 * Makes `options.rirCount` room responses, seeded: image sources of a random shoebox room up to 60 ms
 * (Allen and Berkley 1979), then Gaussian noise decaying with the room's T60 joined at equal power
 * (the usual statistical late field). The direct sound is sample 0 with gain 1, so the response adds
 * no delay.
 */
export function makeRooms(options: AugmentOptions, seed: number): Float32Array[] {
  const rooms: Float32Array[] = [];
  for (let i = 0; i < options.rirCount; i++)
    rooms.push(makeRoom(options, new Rng(seed, 0x4004, i)));
  return rooms;
}

function makeRoom(options: AugmentOptions, rng: Rng): Float32Array {
  const size = [rng.uniform(2.5, 8), rng.uniform(2.2, 6), rng.uniform(2.3, 3.5)] as const;
  const t60 = rng.uniform(options.rirT60Seconds[0], options.rirT60Seconds[1]);
  const volume = size[0] * size[1] * size[2];
  const surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2]);
  // Sabine, held where a wall can be built.
  const absorption = Math.min(0.95, Math.max(0.03, (0.161 * volume) / (surface * t60)));
  const reflection = Math.sqrt(1 - absorption);
  const microphone = size.map((s) => rng.uniform(0.3, s - 0.3));
  const distance = rng.logUniform(0.25, 2.5);
  const azimuth = rng.uniform(0, 2 * Math.PI);
  const offset = [
    distance * Math.cos(azimuth),
    distance * Math.sin(azimuth),
    rng.uniform(-0.3, 0.3),
  ];
  const source = size.map((s, axis) =>
    Math.min(s - 0.1, Math.max(0.1, (microphone[axis] as number) + (offset[axis] as number))),
  );

  const h = new Float32Array(RIR_LENGTH);
  const direct = Math.hypot(...source.map((s, axis) => s - (microphone[axis] as number)));
  const reach = direct + TRACED_SECONDS * SPEED_OF_SOUND;
  const range = size.map((s) => Math.ceil(reach / (2 * s)));
  const [nx, ny, nz] = range as [number, number, number];
  for (let x = -nx; x <= nx; x++) {
    for (let y = -ny; y <= ny; y++) {
      for (let z = -nz; z <= nz; z++) {
        for (let mirror = 0; mirror < 8; mirror++) {
          const n = [x, y, z];
          let squared = 0;
          let bounces = 0;
          for (let axis = 0; axis < 3; axis++) {
            const flip = (mirror >> axis) & 1;
            const image =
              (1 - 2 * flip) * (source[axis] as number) +
              2 * (n[axis] as number) * (size[axis] as number) -
              (microphone[axis] as number);
            squared += image * image;
            bounces += Math.abs((n[axis] as number) - flip) + Math.abs(n[axis] as number);
          }
          const d = Math.sqrt(squared);
          if (d > reach) continue;
          const gain = (Math.pow(reflection, bounces) * direct) / Math.max(d, 0.05);
          addFractional(h, ((d - direct) / SPEED_OF_SOUND) * RATE, gain);
        }
      }
    }
  }

  // Late field: level taken from the last 20 ms that were traced, decaying by 60 dB in t60.
  const join = Math.floor(TRACED_SECONDS * RATE);
  const decay = Math.log(1000) / (t60 * RATE);
  let energy = 0;
  let weight = 0;
  for (let i = join - 320; i < join; i++) {
    energy += (h[i] as number) * (h[i] as number);
    weight += Math.exp(-2 * decay * (i - join));
  }
  const level = Math.sqrt(energy / weight);
  // High frequencies die sooner: a one-pole low-pass whose cut-off falls with time.
  let low = 0;
  for (let i = join - 320; i < RIR_LENGTH; i++) {
    const sample = rng.gaussian() * level * Math.exp(-decay * (i - join));
    const smoothing = Math.min(0.6, 0.1 + (0.5 * (i - join)) / RIR_LENGTH);
    low = (1 - smoothing) * sample + smoothing * low;
    const mix = Math.min(1, (i - join + 320) / 320);
    h[i] = (h[i] as number) * Math.sqrt(1 - mix) + low * Math.sqrt(mix);
  }
  const fade = 512;
  for (let i = 0; i < fade; i++) {
    const at = RIR_LENGTH - fade + i;
    h[at] = (h[at] as number) * (1 - i / fade);
  }
  return h;
}

/** Adds an impulse at a fractional position: an 8-tap Hann-windowed sinc. */
function addFractional(h: Float32Array, position: number, gain: number): void {
  const base = Math.round(position);
  const shift = position - base;
  if (Math.abs(shift) < 1e-6) {
    if (base >= 0 && base < h.length) h[base] = (h[base] as number) + gain;
    return;
  }
  for (let k = -4; k <= 4; k++) {
    const at = base + k;
    if (at < 0 || at >= h.length) continue;
    const t = k - shift;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * t) / 5);
    h[at] = (h[at] as number) + gain * window * (Math.sin(Math.PI * t) / (Math.PI * t));
  }
}

/**
 * Convolves dry speech with a room response, giving the wet signal and its early part at once: the
 * response and its early part form one complex filter h + i·h_early, so a real input needs one
 * inverse transform per block for both (overlap-save).
 */
export class Reverberator {
  private readonly fft = new ComplexFft(2 * RIR_LENGTH);
  private readonly spectrum = new Float32Array(4 * RIR_LENGTH);
  private readonly block = new Float32Array(4 * RIR_LENGTH);
  private readonly earlySamples: number;

  constructor(earlySeconds: number) {
    this.earlySamples = Math.round(earlySeconds * RATE);
  }

  /** `dry`, `wet` and `early` have the same length and must be different arrays. */
  process(dry: Float32Array, room: Float32Array, wet: Float32Array, early: Float32Array): void {
    const { fft, spectrum, block } = this;
    const size = fft.size;
    spectrum.fill(0);
    const fade = 80; // 5 ms, so that the early part does not end in a click
    for (let i = 0; i < RIR_LENGTH; i++) {
      const h = room[i] as number;
      const past = i - this.earlySamples;
      const keep = past < 0 ? 1 : Math.max(0, 1 - past / fade);
      spectrum[2 * i] = h;
      spectrum[2 * i + 1] = h * keep;
    }
    fft.forward(spectrum);
    const step = RIR_LENGTH;
    for (let start = 0; start < dry.length; start += step) {
      for (let i = 0; i < size; i++) {
        const at = start - RIR_LENGTH + i;
        block[2 * i] = at >= 0 && at < dry.length ? (dry[at] as number) : 0;
        block[2 * i + 1] = 0;
      }
      fft.forward(block);
      for (let i = 0; i < 2 * size; i += 2) {
        const ar = block[i] as number;
        const ai = block[i + 1] as number;
        const br = spectrum[i] as number;
        const bi = spectrum[i + 1] as number;
        block[i] = ar * br - ai * bi;
        block[i + 1] = ar * bi + ai * br;
      }
      fft.inverse(block);
      const count = Math.min(step, dry.length - start);
      for (let i = 0; i < count; i++) {
        wet[start + i] = block[2 * (RIR_LENGTH + i)] as number;
        early[start + i] = block[2 * (RIR_LENGTH + i) + 1] as number;
      }
    }
  }
}
