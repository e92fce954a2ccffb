import { Mixer } from './mixer.ts';
import { RangePlayer } from './range-player.ts';
import { memorySource, type SoundSource } from './sound-source.ts';

/** For tests in a real browser: the players, sounds that tell their own place, and ears. */

export const RATE = 16_000;
/** Frames after which the staircase begins anew. */
export const PERIOD = 4000;

/** A sound whose every sample tells where it is from, and never is zero. */
export const valueAt = (frame: number): number => 0.1 + (0.8 * (frame % PERIOD)) / PERIOD;

/** @param sign of every sample, to tell two alternatives apart */
export function staircase(frames: number, sign = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: frames }, (_, n) => sign * valueAt(n));
}

/** Any length, computed when it is read. @param beforeRead waits, or throws */
export function endless(
  frames: number,
  beforeRead: (startFrame: number) => Promise<void> = () => Promise.resolve(),
  sign = 1,
): SoundSource {
  return {
    info: () => Promise.resolve({ sampleRateHz: RATE, frames }),
    async read(start, count) {
      await beforeRead(start);
      return Float32Array.from({ length: count }, (_, n) => sign * valueAt(start + n));
    },
  };
}

const EAR = `registerProcessor('ear', class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0] !== undefined) this.port.postMessage(input[0].slice());
    return true;
  }
});`;

/** A context that writes down every sample it plays. */
export async function listeningContext(): Promise<{
  readonly context: AudioContext;
  readonly ear: AudioNode;
  heard(): Float32Array;
}> {
  const context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule(
    URL.createObjectURL(new Blob([EAR], { type: 'text/javascript' })),
  );
  const ear = new AudioWorkletNode(context, 'ear', {
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  ear.connect(context.destination);
  const blocks: Float32Array[] = [];
  ear.port.onmessage = ({ data }: MessageEvent<Float32Array>) => void blocks.push(data);
  return {
    context,
    ear,
    heard() {
      const all = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const block of blocks) {
        all.set(block, at);
        at += block.length;
      }
      return all;
    },
  };
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when `isTrue`; rejects after 20 s. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (const start = Date.now(); !isTrue(); await sleep(10)) {
    if (Date.now() - start > 20_000) throw new Error('waited in vain');
  }
}

export { memorySource, Mixer, RangePlayer };
