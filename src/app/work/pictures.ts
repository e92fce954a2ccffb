import { withWavFile, type WavFile } from '../../audio/wav-file.ts';
import { nextPowerOfTwo, realFft } from '../../metrics/fft.ts';

/** Frames read at a time: long recordings pass through in constant memory. */
const PIECE_FRAMES = 65_536;
const TOP_HZ = 8000;
const FLOOR_DB = -90;
/** Long enough to tell harmonics of a voice apart, short enough to see its syllables. */
const WINDOW_S = 0.03;
/** A column of an hour's spectrogram covers seconds: so many places of it are looked at. */
const LOOKS_PER_COLUMN = 8;

/**
 * Greatest magnitude in each of `buckets` equal parts of a WAV file, 0..1.
 * @throws AudioError as `openWavFile`
 */
export async function peaks(
  path: string,
  buckets: number,
  signal?: AbortSignal,
): Promise<number[]> {
  return withWavFile(path, async (wav) => {
    const result = new Array<number>(buckets).fill(0);
    const bucketOf = (frame: number): number =>
      Math.min(buckets - 1, Math.floor((frame / wav.frames) * buckets));
    for (let at = 0; at < wav.frames; at += PIECE_FRAMES) {
      signal?.throwIfAborted();
      const samples = await wav.readMono(at, PIECE_FRAMES);
      for (let i = 0; i < samples.length; i++) {
        const bucket = bucketOf(at + i);
        const magnitude = Math.min(1, Math.abs(samples[i]!));
        if (magnitude > result[bucket]!) result[bucket] = magnitude;
      }
    }
    // Fewer samples than parts: what lies between two is as high as the one before.
    if (wav.frames > 0 && wav.frames < buckets) {
      return result.map((_, b) => result[bucketOf(Math.floor((b / buckets) * wav.frames))]!);
    }
    return result;
  });
}

/**
 * Levels of a WAV file from 0 Hz to 8 kHz, column after column: 0 is −90 dBFS or less, 255 is 0 dBFS (a sine at
 * full scale). What lies above half the file's rate is 0.
 * @throws AudioError as `openWavFile`
 */
export async function spectrogram(
  path: string,
  columns: number,
  rows: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  return withWavFile(path, async (wav) => {
    const size = nextPowerOfTwo(Math.round(wav.sampleRate * WINDOW_S));
    const fft = realFft(size);
    const window = Float64Array.from(
      { length: size },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
    );
    const frame = new Float64Array(size);
    const re = new Float64Array(fft.bins);
    const im = new Float64Array(fft.bins);
    const power = new Float64Array(fft.bins);
    const levels = new Uint8Array(columns * rows);
    const span = wav.frames / columns;
    const looks = Math.max(1, Math.min(LOOKS_PER_COLUMN, Math.ceil((2 * span) / size)));
    for (let column = 0; column < columns; column++) {
      signal?.throwIfAborted();
      power.fill(0);
      for (let look = 0; look < looks; look++) {
        const centre = Math.floor((column + (look + 0.5) / looks) * span);
        await readAround(wav, centre, frame);
        for (let i = 0; i < size; i++) frame[i]! *= window[i]!;
        fft.forward(frame, re, im);
        for (let bin = 0; bin < fft.bins; bin++) {
          power[bin]! += (re[bin]! * re[bin]! + im[bin]! * im[bin]!) / looks;
        }
      }
      // A sine of amplitude 1 has magnitude size / 4 on its bin.
      const scale = 16 / (size * size);
      fillColumn(levels.subarray(column * rows, (column + 1) * rows), power, scale, wav.sampleRate);
    }
    return levels;
  });
}

/** Samples around `centre`, zeros outside the file. */
async function readAround(wav: WavFile, centre: number, frame: Float64Array): Promise<void> {
  const from = centre - frame.length / 2;
  const start = Math.max(0, from);
  const samples = await wav.readMono(start, Math.max(0, frame.length - (start - from)));
  frame.fill(0);
  frame.set(samples, start - from);
}

/** Each row shows the strongest bin in it, or the nearest one where rows are finer than bins. */
function fillColumn(
  column: Uint8Array,
  power: Float64Array,
  scale: number,
  sampleRate: number,
): void {
  const rows = column.length;
  const nyquist = sampleRate / 2;
  const binsPerHz = (power.length - 1) / nyquist;
  for (let row = 0; row < rows; row++) {
    const lowHz = (row / rows) * TOP_HZ;
    if (lowHz >= nyquist) break;
    const highHz = ((row + 1) / rows) * TOP_HZ;
    const last = power.length - 1;
    const first = Math.min(last, Math.round(lowHz * binsPerHz));
    const end = Math.min(power.length, Math.max(first + 1, Math.round(highHz * binsPerHz)));
    let greatest = 0;
    for (let bin = first; bin < end; bin++) greatest = Math.max(greatest, power[bin]!);
    const db = greatest > 0 ? 10 * Math.log10(greatest * scale) : FLOOR_DB;
    column[row] = Math.max(0, Math.min(255, Math.round((1 - db / FLOOR_DB) * 255)));
  }
}
