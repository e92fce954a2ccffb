/**
 * How long sound takes from the output's device back to the input's, through the air or a cable: plays chirps and
 * finds them in what is heard by a matched filter.
 */
import type { AudioBackend, AudioSink, AudioSource } from '../audio/backend.ts';
import { deviceStalled } from '../audio/device-errors.ts';
import type { Clock } from '../common/clock.ts';
import { quantileOfSorted } from '../common/statistics.ts';
import { powerToDb } from '../common/units.ts';
import type { Loopback } from '../ipc/engine-protocol.ts';
import type { DevicesChange } from '../ipc/live.ts';
import { nextPowerOfTwo, realFft } from '../metrics/fft.ts';

/** Silence before the first chirp: streams settle, and the noise of the room is measured. */
const LEAD_S = 0.6;
const CHIRPS = 3;
/** From one to the next; what comes back later than this is taken for nothing. */
const SPACING_S = 0.6;
const CHIRP_S = 0.06;
/** −12 dBFS: heard above a room's noise, and nobody jumps. */
const LEVEL = 0.25;
/** Speech band: every microphone and loudspeaker passes it. */
const LOW_HZ = 400;
const HIGH_HZ = 5000;
const TOTAL_S = LEAD_S + CHIRPS * SPACING_S;
/** Devices give their first block within this, or never. */
const PATIENCE_MS = 8000;
/** Correlation, 0..1, from which a chirp counts as heard. Noise reaches 0.2 in half a second. */
const HEARD = 0.3;
/** By how much chirps may disagree. */
const TOLERANCE_MS = 3;
const MAX_SNR_DB = 120;

/**
 * Opens both devices by themselves: nothing else of this program may use them meanwhile. Takes about three seconds.
 * @param devices by name; the system's defaults where left out
 * @throws ResiduaError as `openSource`, and as streams fail
 */
export async function measureLoopback(
  backend: AudioBackend,
  devices: DevicesChange,
  clock: Clock,
): Promise<Loopback> {
  const { input, output } = devices;
  const source = await backend.openSource(input === undefined ? {} : { device: input });
  let sink: AudioSink | undefined;
  try {
    sink = await backend.openSink(output === undefined ? {} : { device: output });
    const highHz = Math.min(HIGH_HZ, 0.4 * Math.min(source.sampleRateHz, sink.sampleRateHz));
    const heard = await playAndListen(source, sink, highHz, clock);
    return {
      ...evaluate(heard, source.sampleRateHz, highHz),
      input: source.device.name,
      output: sink.device.name,
    };
  } finally {
    await Promise.all([source.close(), sink?.close()]);
  }
}

interface Heard {
  readonly samples: Float32Array;
  /** When sample 0 came, on the backend's clock, ms; by the earliest arrivals, as blocks are late and never early. */
  readonly startMs: number;
  /** When each chirp was handed over. */
  readonly playedMs: readonly number[];
}

/** A sweep with soft edges. */
export function chirp(sampleRateHz: number, highHz: number): Float32Array {
  const length = Math.round(CHIRP_S * sampleRateHz);
  const edge = Math.round(length / 8);
  return Float32Array.from({ length }, (_, i) => {
    const t = i / sampleRateHz;
    const turns = LOW_HZ * t + ((highHz - LOW_HZ) * t * t) / (2 * CHIRP_S);
    const toEdge = Math.min(i, length - 1 - i);
    const envelope = toEdge < edge ? Math.sin((Math.PI * toEdge) / (2 * edge)) ** 2 : 1;
    return LEVEL * envelope * Math.sin(2 * Math.PI * turns);
  });
}

async function playAndListen(
  source: AudioSource,
  sink: AudioSink,
  highHz: number,
  clock: Clock,
): Promise<Heard> {
  const samples = new Float32Array(Math.ceil(TOTAL_S * source.sampleRateHz));
  const played = new Float32Array(Math.ceil(TOTAL_S * sink.sampleRateHz));
  const sound = chirp(sink.sampleRateHz, highHz);
  const starts = Array.from({ length: CHIRPS }, (_, i) =>
    Math.round((LEAD_S + i * SPACING_S) * sink.sampleRateHz),
  );
  for (const start of starts) played.set(sound, start);

  let [recorded, given] = [0, 0];
  let [startMs, playedStartMs] = [Infinity, Infinity];
  let isDone = false;
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      isDone = true;
      resolve();
    };
    const block = (data: Float32Array, atMs: number): void => {
      const { channels } = source;
      const frames = data.length / channels;
      for (let f = 0; f < frames && recorded + f < samples.length; f++) {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += data[f * channels + c]!;
        samples[recorded + f] = sum / channels;
      }
      recorded += frames;
      startMs = Math.min(startMs, atMs - (recorded * 1000) / source.sampleRateHz);
      if (recorded >= samples.length) done();
    };
    const pull = (out: Float32Array, atMs: number): void => {
      const { channels } = sink;
      const frames = out.length / channels;
      playedStartMs = Math.min(playedStartMs, atMs - (given * 1000) / sink.sampleRateHz);
      for (let f = 0; f < frames; f++) {
        out.fill(played[given + f] ?? 0, f * channels, (f + 1) * channels);
      }
      given += frames;
    };
    Promise.all([
      source.start({ block, failed: reject, ended: done }),
      sink.start({ pull, failed: reject }),
    ]).catch(reject);
    void clock.sleep(PATIENCE_MS).then(() => {
      if (!isDone) reject(deviceStalled('input', source.device.name, PATIENCE_MS));
    });
  });
  const playedMs = starts.map((frame) => playedStartMs + (frame * 1000) / sink.sampleRateHz);
  return { samples, startMs, playedMs };
}

function evaluate(
  { samples, startMs, playedMs }: Heard,
  sampleRateHz: number,
  highHz: number,
): Pick<Loopback, 'loopbackMs' | 'snrDb' | 'clipped'> {
  const template = chirp(sampleRateHz, highHz);
  const templateEnergy = energy(template, 0, template.length);
  const match = correlate(samples, template);
  const frameAt = (ms: number): number => Math.round(((ms - startMs) * sampleRateHz) / 1000);
  const clipped = samples.some((value) => Math.abs(value) >= 1);

  const found: { ms: number; power: number }[] = [];
  for (const atMs of playedMs) {
    const from = Math.max(0, frameAt(atMs));
    const to = Math.min(match.length, frameAt(atMs + SPACING_S * 1000) - template.length);
    let [best, bestAt] = [0, -1];
    let heardEnergy = energy(samples, from, from + template.length);
    for (let lag = from; lag < to; lag++) {
      const correlation = Math.abs(match[lag]!) / Math.sqrt(heardEnergy * templateEnergy + 1e-20);
      if (correlation > best) [best, bestAt] = [correlation, lag];
      heardEnergy += (samples[lag + template.length] ?? 0) ** 2 - samples[lag]! ** 2;
      heardEnergy = Math.max(0, heardEnergy); // rounding
    }
    if (best < HEARD) continue;
    const ms = startMs + (bestAt * 1000) / sampleRateHz - atMs;
    found.push({ ms, power: match[bestAt]! ** 2 / templateEnergy / template.length });
  }
  if (found.length === 0) return { loopbackMs: null, snrDb: null, clipped };
  const middle = median(found.map(({ ms }) => ms));
  const agreeing = found.filter(({ ms }) => Math.abs(ms - middle) <= TOLERANCE_MS);
  if (agreeing.length < 2) return { loopbackMs: null, snrDb: null, clipped };

  const quietFrom = Math.round(0.1 * sampleRateHz);
  const quietTo = Math.max(quietFrom + 1, Math.min(frameAt(playedMs[0]!), samples.length));
  const noise = energy(samples, quietFrom, quietTo) / (quietTo - quietFrom);
  const power = median(agreeing.map((one) => one.power));
  const snrDb = noise === 0 ? MAX_SNR_DB : Math.min(MAX_SNR_DB, powerToDb(power / noise));
  return { loopbackMs: Math.max(0, median(agreeing.map(({ ms }) => ms))), snrDb, clipped };
}

const median = (values: number[]): number =>
  quantileOfSorted(
    values.sort((a, b) => a - b),
    0.5,
  );

function energy(x: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = Math.max(0, from); i < Math.min(to, x.length); i++) sum += x[i]! ** 2;
  return sum;
}

/** @returns for every lag the sum over i of x[lag + i] · template[i] */
function correlate(x: Float32Array, template: Float32Array): Float64Array {
  const size = nextPowerOfTwo(x.length + template.length);
  const fft = realFft(size);
  const spectrum = (signal: Float32Array): { re: Float64Array; im: Float64Array } => {
    const padded = new Float64Array(size);
    padded.set(signal);
    const [re, im] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
    fft.forward(padded, re, im);
    return { re, im };
  };
  const [a, b] = [spectrum(x), spectrum(template)];
  for (let k = 0; k < fft.bins; k++) {
    const re = a.re[k]! * b.re[k]! + a.im[k]! * b.im[k]!;
    a.im[k] = a.im[k]! * b.re[k]! - a.re[k]! * b.im[k]!;
    a.re[k] = re;
  }
  const result = new Float64Array(size);
  fft.inverse(a.re, a.im, result);
  return result.subarray(0, x.length);
}
