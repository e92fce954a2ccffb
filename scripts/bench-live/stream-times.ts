/**
 * When the samples of a recording were made, on this process's clock. A recorder hands sound over in lumps and
 * late, never early: of all (arrival − position) the smallest is the truest.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EXACT_RATE_HZ } from '../../test/fixtures/pulse.ts';

const RATE = EXACT_RATE_HZ;
const FORMAT = ['--raw', '--format=float32le', `--rate=${RATE}`, '--channels=1'];

export class TimedRecorder {
  readonly #child: ChildProcess;
  readonly #chunks: Float32Array[] = [];
  #rest = Buffer.alloc(0);
  #samples = 0;
  /** Time of sample 0, ms of `performance.now()`. */
  originMs = Infinity;

  constructor(source: string) {
    this.#child = spawn('parec', [`--device=${source}`, ...FORMAT, '--latency-msec=5'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  get samples(): number {
    return this.#samples;
  }

  /** @returns all that was heard, and forgets it */
  drain(): { readonly samples: Float32Array; readonly firstIndex: number } {
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const samples = new Float32Array(length);
    let at = 0;
    for (const chunk of this.#chunks.splice(0)) {
      samples.set(chunk, at);
      at += chunk.length;
    }
    return { samples, firstIndex: this.#samples - length };
  }

  timeOfMs(index: number): number {
    return this.originMs + (index * 1000) / RATE;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #take(chunk: Buffer): void {
    const arrivedMs = performance.now();
    const bytes = Buffer.concat([this.#rest, chunk]);
    const count = Math.floor(bytes.length / 4);
    this.#rest = bytes.subarray(count * 4);
    const samples = new Float32Array(count);
    new Uint8Array(samples.buffer).set(bytes.subarray(0, count * 4));
    this.#chunks.push(samples);
    this.#samples += count;
    // A sample is handed over once the one after it begins.
    this.originMs = Math.min(this.originMs, arrivedMs - (this.#samples * 1000) / RATE);
  }
}

/** @returns indices at which the sound first exceeds `level` after `quietSamples` below it */
export function onsets(
  samples: Float32Array,
  firstIndex: number,
  level: number,
  quietSamples: number,
): number[] {
  const found: number[] = [];
  let last = -Infinity;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]!) < level) continue;
    if (i - last > quietSamples) found.push(firstIndex + i);
    last = i;
  }
  return found;
}
