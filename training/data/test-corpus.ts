/** Small made-up corpora for the tests of this folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Rng } from './random.ts';

/** Writes mono float samples as a 16-bit WAV file, making its folder. */
export function writeWav(path: string, samples: Float32Array, sampleRate = 16000): void {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.length * 2, 40);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] as number) * 32768);
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, value)), 44 + i * 2);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/**
 * Something with speech's shape: harmonics of a gliding pitch in syllables, with pauses, and (like
 * gated recordings) digital silence at both ends.
 */
export function fakeSpeech(seconds: number, key: number, sampleRate = 16000): Float32Array {
  const rng = new Rng(key, 1);
  const x = new Float32Array(Math.round(seconds * sampleRate));
  const pitch = rng.uniform(90, 220);
  const margin = Math.round(0.2 * sampleRate);
  for (let i = margin; i < x.length - margin; i++) {
    const t = i / sampleRate;
    const envelope = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t + key)) ** 2;
    let sum = 0;
    for (let n = 1; n <= 12; n++) sum += Math.sin(2 * Math.PI * pitch * n * t) / n;
    x[i] = 0.15 * envelope * sum;
  }
  return x;
}

/** Largest |a − b| over two signals of one length. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Steady noise. */
export function fakeNoise(seconds: number, key: number, sampleRate = 16000): Float32Array {
  const rng = new Rng(key, 2);
  return Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    () => 0.05 * rng.gaussian(),
  );
}

/**
 * A folder with `manifest.csv`: speech clips of several readers (some short), noises, and rows of the
 * validation split, whose files are there as well.
 */
export function writeResiduaCorpus(dir: string): void {
  const rows = ['split,kind,source,file,original,licence,seconds,bytes'];
  const add = (
    split: string,
    kind: string,
    source: string,
    name: string,
    x: Float32Array,
  ): void => {
    const file = `${split}/${kind}/${source}/${name}.wav`;
    writeWav(join(dir, file), x);
    rows.push(`${split},${kind},${source},${file},x,CC0,${x.length / 16000},0`);
  };
  for (let i = 0; i < 8; i++) {
    add('train', 'speech', 'librispeech', `${100 + i}-1-0000`, fakeSpeech(4 + i / 2, i));
  }
  for (let i = 0; i < 6; i++) add('train', 'speech', 'mycroft', `c${i}`, fakeSpeech(1.2, 50 + i));
  for (let i = 0; i < 3; i++) add('train', 'noise', 'esc10', `n${i}`, fakeNoise(0.6 + i, i));
  add('train', 'noise', 'blanket', 'long', fakeNoise(8, 9));
  add('val', 'speech', 'librispeech', '60-1-0000', fakeSpeech(3, 99));
  add('val', 'noise', 'esc10', 'v', fakeNoise(3, 99));
  writeFileSync(join(dir, 'manifest.csv'), `${rows.join('\n')}\n`);
}
