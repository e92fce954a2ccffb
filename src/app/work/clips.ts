import { openAudio } from '../../audio/open-audio.ts';
import { mixToMono, openWavFile } from '../../audio/wav-file.ts';
import { WavWriter } from '../../audio/wav-writer.ts';
import { findQuantizer } from '../../codec/manifest.ts';
import { ResiduaError } from '../../common/errors.ts';
import { concat, EnhancedChannel } from '../../enhance/channel.ts';
import { HopTimes } from '../../enhance/hop-times.ts';
import { measure, METRIC_RATE, resampleAll } from '../../enhance/quality.ts';
import type { ClipMetrics } from '../../ipc/app/compare.ts';
import { integratedLoudness } from '../../metrics/index.ts';
import { codecFor } from './codecs.ts';
import type {
  LoadClipRequest,
  LoadedClip,
  RenderedVariant,
  TaskContext,
  VariantRequest,
} from './tasks.ts';

/** A reference may be longer or shorter by as much as encoders pad. */
const MAX_LENGTH_DIFFERENCE_S = 0.1;
/** Of a variant's progress; the rest is measuring. */
const RENDER_SHARE = 0.8;
const RENDER_PIECE_S = 0.25;

/**
 * Takes the beginning of a recording, mixed to one channel and at the model's rate, and that of its reference.
 * @throws ResiduaError `CLIP_EMPTY`, `REFERENCE_LENGTH`; AudioError as `openAudio`
 */
export async function loadClip(
  request: LoadClipRequest,
  { signal }: TaskContext<'loadClip'>,
): Promise<LoadedClip> {
  const { sampleRateHz, maxSeconds } = request;
  const read = async (path: string): Promise<Float32Array> => {
    const { samples, sampleRate } = await readBeginning(path, maxSeconds, signal);
    return resampleAll(samples, sampleRate, sampleRateHz);
  };
  let noisy = await read(request.input);
  let reference = request.reference === null ? null : await read(request.reference);
  if (reference) {
    const difference = Math.abs(reference.length - noisy.length) / sampleRateHz;
    if (difference > MAX_LENGTH_DIFFERENCE_S) {
      throw new ResiduaError(
        'REFERENCE_LENGTH',
        `the clean recording is ${difference.toFixed(1)} s longer or shorter than the noisy one`,
        { hint: 'It must be the same speech, starting at the same moment and as long.' },
      );
    }
    const length = Math.min(reference.length, noisy.length);
    noisy = noisy.subarray(0, length);
    reference = reference.subarray(0, length);
  }
  if (noisy.length === 0) {
    throw new ResiduaError('CLIP_EMPTY', 'there is no sound in it', {
      hint: 'Choose another recording.',
    });
  }
  await writeClip(request.noisyOutput, noisy, sampleRateHz);
  if (reference) await writeClip(request.referenceOutput, reference, sampleRateHz);
  return {
    seconds: noisy.length / sampleRateHz,
    loudness: loudnessOf(noisy, sampleRateHz),
    referenceLoudness: reference && loudnessOf(reference, sampleRateHz),
    metrics: reference && metricsOf(reference, noisy, sampleRateHz),
  };
}

/** Runs a clip through one quantizer at one rate; what comes out is aligned with the clip and as long. */
export async function renderVariant(
  request: VariantRequest,
  { signal, onProgress }: TaskContext<'variant'>,
): Promise<RenderedVariant> {
  const codec = await codecFor(request);
  const [session] = await codec.sessions(1);
  const { samples: noisy, sampleRate } = await readWav(request.noisy);
  const channel = new EnhancedChannel(session!, sampleRate, new HopTimes());
  const piece = Math.ceil(RENDER_PIECE_S * sampleRate);
  const parts: Float32Array[] = [];
  for (let at = 0; at < noisy.length; at += piece) {
    signal.throwIfAborted();
    parts.push(await channel.push(noisy.subarray(at, at + piece)));
    onProgress((RENDER_SHARE * Math.min(noisy.length, at + piece)) / noisy.length);
  }
  parts.push(await channel.finish());
  const output = concat(parts);
  await writeClip(request.output, output, sampleRate);
  signal.throwIfAborted();
  const { quantizer, codebooks, bitrateKbps } = codec.description;
  const { label, maxCodebooks } = findQuantizer(codec.model.manifest, quantizer);
  const reference = request.reference === null ? null : await readWav(request.reference);
  return {
    label: codebooks === maxCodebooks ? label : `${label}, ${codebooks} of ${maxCodebooks}`,
    kbps: bitrateKbps,
    loudness: loudnessOf(output, sampleRate),
    metrics: reference && metricsOf(reference.samples, output, sampleRate),
  };
}

async function readBeginning(
  path: string,
  maxSeconds: number,
  signal: AbortSignal,
): Promise<{ samples: Float32Array; sampleRate: number }> {
  const reader = await openAudio(path);
  try {
    const { sampleRate } = reader;
    const limit = Math.round(maxSeconds * sampleRate);
    const parts: Float32Array[] = [];
    let frames = 0;
    for await (const block of reader.read()) {
      signal.throwIfAborted();
      parts.push(mixToMono(block));
      frames += block[0]!.length;
      if (frames >= limit) break;
    }
    return { samples: concat(parts).subarray(0, limit), sampleRate };
  } finally {
    await reader.close();
  }
}

async function readWav(path: string): Promise<{ samples: Float32Array; sampleRate: number }> {
  const wav = await openWavFile(path);
  try {
    return { samples: await wav.readMono(0, wav.frames), sampleRate: wav.sampleRate };
  } finally {
    await wav.close();
  }
}

async function writeClip(path: string, samples: Float32Array, sampleRate: number): Promise<void> {
  const writer = await WavWriter.create(path, { sampleRate, channels: 1, sampleFormat: 'float' });
  try {
    await writer.write([samples]);
    await writer.commit();
  } finally {
    await writer.abort();
  }
}

function loudnessOf(samples: Float32Array, sampleRateHz: number): number | null {
  const lufs = integratedLoudness(samples, sampleRateHz);
  return Number.isFinite(lufs) ? lufs : null;
}

/** A measure that is undefined for this pair, as for silence, is `null`. */
function metricsOf(
  reference: Float32Array,
  estimate: Float32Array,
  sampleRateHz: number,
): ClipMetrics {
  const at = (samples: Float32Array): Float32Array =>
    resampleAll(samples, sampleRateHz, METRIC_RATE);
  const { siSdr = null, stoi = null, pesqWb = null } = measure(at(reference), at(estimate), []);
  return { siSdr, stoi, pesqWb };
}
