/** The shipped model in the live chain: what is heard is what the same model makes of a file. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recording } from '../../src/audio/backends/fake/signals.ts';
import { readAudio } from '../../src/audio/open-audio.ts';
import { Resampler } from '../../src/audio/resampler.ts';
import { isContinuous } from '../../src/codec/manifest.ts';
import { findModelFolders, loadModel } from '../../src/codec/model-folder.ts';
import { createCodecSession } from '../../src/codec/session.ts';
import { OrtLoader } from '../../src/inference/onnxruntime/loader.ts';
import { siSdr } from '../../src/metrics/si-sdr.ts';
import { harness } from './harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const [folder] = await findModelFolders(join(ROOT, 'models'));
const model = await loadModel(folder!);
const loader = new OrtLoader();
const quantizer = model.manifest.quantizers.find((q) => !isContinuous(q))!.id;

const audio = async (name: string) =>
  (await readAudio(join(ROOT, 'resources/demo', name))).channels[0]!;

/** Long filters: all of the band stays, so that only the chain's own are heard. */
const convert = (samples: Float32Array, from: number, to: number) => {
  const resampler = new Resampler(from, to, { zeroCrossings: 400 });
  return Float32Array.from([...resampler.process(samples), ...resampler.flush()]);
};

/** Greatest SI-SDR over shifts: by whole samples of the lower rate here, by less in the caller. */
function bestSiSdr(reference: Float32Array, heard: Float32Array, maxShift: number): number {
  let best = -Infinity;
  for (let shift = 0; shift < maxShift; shift++) {
    const length = Math.min(reference.length, heard.length - shift) - 8000;
    const a = reference.subarray(8000, length);
    best = Math.max(best, siSdr(a, heard.subarray(8000 + shift, length + shift)));
  }
  return best;
}

async function run(name: string, change?: { atMs: number; to: string }) {
  const noisy = await audio(`noisy/${name}.flac`);
  const rateHz = model.manifest.sampleRate;
  const h = await harness({
    live: { modelFolder: folder!, controls: { quantizer } },
    openSession: () => (id, provider) =>
      createCodecSession(model, loader, { quantizer: id, provider }),
    signal: recording(convert(noisy, rateHz, 48_000)),
  });
  const raw: number[] = [];
  const enhanced: number[] = [];
  const codes: number[][] = [];
  const quantizers: string[] = [];
  h.engine.addTap({
    begin: () => undefined,
    hop: (hop) => {
      raw.push(...hop.raw);
      enhanced.push(...hop.enhanced);
      codes.push([...hop.codes]);
      quantizers.push(hop.quantizer);
    },
    end: () => undefined,
  });
  await h.start();
  const steps = Math.ceil((noisy.length / rateHz) * 100) + 20;
  for (let k = 0; k < steps; k++) {
    if (change && k * 10 === change.atMs) {
      h.engine.update({ quantizer: change.to });
      await h.runners[0]!.idle();
    }
    await h.clock.advance(10);
    // Inference takes real time, of which this clock knows nothing.
    await h.runners[0]!.idle();
  }
  const { counters } = h.engine.telemetry();
  const played = Float32Array.from(h.played);
  await h.dispose();
  return { noisy, raw, enhanced, codes, quantizers, counters, played, rateHz };
}

describe('the shipped model, live', () => {
  it('makes of the captured sound what it makes of a file, sample for sample and code for code', async () => {
    const { raw, enhanced, codes, counters } = await run('rain');
    expect(counters).toMatchObject({ underruns: 0, droppedSamples: 0, modelFailures: 0 });
    const { hopSamples } = model.manifest;
    const session = await createCodecSession(model, loader, { quantizer });
    // `raw` is delayed by the overlap: the codec saw it one hop earlier.
    const out = new Float32Array(hopSamples);
    let worst = 0;
    for (let k = 0; k + 1 < codes.length; k++) {
      const input = Float32Array.from(raw.slice((k + 1) * hopSamples, (k + 2) * hopSamples));
      await session.processHop(input, out);
      expect(codes[k]).toEqual([...session.lastCodes]);
      for (let i = 0; i < hopSamples; i++) {
        worst = Math.max(worst, Math.abs(out[i]! - enhanced[k * hopSamples + i]!));
      }
    }
    expect(worst).toBe(0);
    await session.dispose();
  });

  it('is within 0.5 dB of the file through devices at 48 kHz', async () => {
    const { noisy, played, rateHz } = await run('typing');
    const clean = await audio('clean/typing.flac');
    const session = await createCodecSession(model, loader, { quantizer });
    const offline = new Float32Array(noisy.length);
    const first = await session.process(noisy);
    offline.set(first);
    offline.set(await session.flush(), first.length);
    await session.dispose();
    const offlineDb = siSdr(clean.subarray(8000, -8000), offline.subarray(8000, -8000));
    // The latency is no whole number of samples at the model's rate: three phases at 48 kHz are tried.
    let liveDb = -Infinity;
    for (const phase of [0, 1, 2]) {
      const heard = convert(played.subarray(phase), 48_000, rateHz);
      liveDb = Math.max(liveDb, bestSiSdr(clean, heard, rateHz / 10));
    }
    expect(Math.abs(liveDb - offlineDb)).toBeLessThan(0.5);
  });

  it('switched while someone speaks, the new quantizer sounds at once as if it had always run', async () => {
    const to = model.manifest.quantizers.find((q) => q.id !== quantizer)!.id;
    const { raw, enhanced, quantizers, counters } = await run('helicopter', { atMs: 3000, to });
    expect(counters.switches).toBe(1);
    const at = quantizers.indexOf(to);
    expect(Math.abs(at - 300)).toBeLessThanOrEqual(1);
    const { hopSamples } = model.manifest;
    const session = await createCodecSession(model, loader, { quantizer: to });
    const out = new Float32Array(hopSamples);
    let error = 0;
    let power = 0;
    for (let k = 0; k < at + 30; k++) {
      const input = Float32Array.from(raw.slice((k + 1) * hopSamples, (k + 2) * hopSamples));
      await session.processHop(input, out);
      // From the hop after the crossfade on.
      if (k <= at) continue;
      for (let i = 0; i < hopSamples; i++) {
        error += (out[i]! - enhanced[k * hopSamples + i]!) ** 2;
        power += out[i]! ** 2;
      }
    }
    await session.dispose();
    expect(10 * Math.log10(power / error)).toBeGreaterThan(25);
  });
});
