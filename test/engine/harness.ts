/** A live engine between simulated devices on a virtual clock, with everything it says and plays. */
import { join } from 'node:path';
import type { FakeDeviceOptions } from '../../src/audio/backends/fake/device.ts';
import { FakeBackend } from '../../src/audio/backends/fake/fake-backend.ts';
import { sine, type Signal } from '../../src/audio/backends/fake/signals.ts';
import { VirtualClock } from '../../src/common/clock.ts';
import type { LiveEvent, LiveEventOf, LiveOptions } from '../../src/engine/contract.ts';
import type { ModelManifest } from '../../src/codec/manifest.ts';
import { createLiveEngine } from '../../src/engine/engine.ts';
import type { OpenSession } from '../../src/engine/live-session.ts';
import { InProcessRunner } from '../../src/engine/in-process-runner.ts';
import { transparentSessions, type TransparentOptions } from '../fixtures/transparent-session.ts';

export const TINY_MODEL = join(import.meta.dirname, '../fixtures/tiny-model');

/** A virtual clock that can jump, as a machine's does that slept: nobody is woken in between. */
export class SleepyClock extends VirtualClock {
  #sleptMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#sleptMs;
  }

  sleepMachine(ms: number): void {
    this.#sleptMs += ms;
  }
}

export interface HarnessOptions {
  readonly live?: Partial<LiveOptions>;
  readonly mic?: Partial<FakeDeviceOptions>;
  readonly out?: Partial<FakeDeviceOptions>;
  readonly model?: TransparentOptions;
  readonly signal?: Signal;
  /** Real sessions in place of transparent ones. */
  readonly openSession?: (manifest: ModelManifest) => OpenSession;
  /** No device is there at first. */
  readonly unplugged?: boolean;
  /** Keep every sample played (first channel). Default true. */
  readonly keep?: boolean;
  /** Hears every block. */
  readonly listen?: (
    samples: Float32Array,
    startFrame: number,
    channels: number,
    atMs: number,
  ) => void;
}

export async function harness(options: HarnessOptions = {}) {
  const clock = new SleepyClock(1000);
  const keeping = { on: options.keep !== false };
  const played: number[] = [];
  const times: { frame: number; atMs: number }[] = [];
  const out: FakeDeviceOptions = {
    name: 'Speakers',
    outputChannels: 1,
    listener: (samples, startFrame, channels, atMs) => {
      options.listen?.(samples, startFrame, channels, atMs);
      if (!keeping.on) return;
      times.push({ frame: played.length, atMs });
      for (let i = 0; i < samples.length; i += channels) played.push(samples[i]!);
    },
    ...options.out,
  };
  const mic: FakeDeviceOptions = {
    name: 'Mic',
    inputChannels: 1,
    signal: options.signal ?? sine(440),
    ...options.mic,
  };
  const backend = new FakeBackend({ clock, devices: options.unplugged ? [] : [mic, out] });
  const runners: InProcessRunner[] = [];
  const engine = await createLiveEngine(
    { modelFolder: TINY_MODEL, provider: 'cpu', ...options.live },
    {
      input: backend,
      output: backend,
      clock,
      createRunner: (setup) => {
        const openSession = options.openSession ?? transparentSessions(options.model);
        const runner = new InProcessRunner(setup, { clock, openSession });
        runners.push(runner);
        return runner;
      },
    },
  );
  const events: LiveEvent[] = [];
  engine.onAny((event) => {
    if (event.type !== 'telemetry') events.push(event);
  });
  /** Waits for something that needs turns of the event loop, time on the clock, or both. */
  async function settle<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => (isDone = true);
    void work.then(done, done);
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!isDone && clock.pending > 0) await clock.advance(1);
    }
    return work;
  }
  return {
    clock,
    backend,
    engine,
    events,
    runners,
    mic,
    out,
    keeping,
    /** What was played, and when its blocks began to sound. */
    played,
    times,
    ofType: <T extends LiveEvent['type']>(type: T) =>
      events.filter((event): event is LiveEventOf<T> => event.type === type),
    /** The loudest of the last so many ms, on the output's first channel. */
    level: (ms: number, rateHz = 48_000) =>
      played.slice(-Math.round((ms * rateHz) / 1000)).reduce((m, x) => Math.max(m, Math.abs(x)), 0),
    /** The largest step between neighbouring samples from this frame on. */
    step: (from = 1) =>
      played.reduce((m, x, i) => (i < from ? m : Math.max(m, Math.abs(x - played[i - 1]!))), 0),
    logs: () => events.flatMap((event) => (event.type === 'log' ? [event.message] : [])),
    states: () => events.flatMap((event) => (event.type === 'state' ? [event.state] : [])),
    settle,
    start: () => settle(engine.start()),
    dispose: () => settle(engine.dispose()),
    /** When the frame with this index in `played` sounded, ms. */
    timeOf(frame: number, rateHz: number): number {
      const block = times.findLast((t) => t.frame <= frame)!;
      return block.atMs + ((frame - block.frame) * 1000) / rateHz;
    },
  };
}
