import { cpus } from 'node:os';
import { join } from 'node:path';
import type { QuantizerEntry } from '../../codec/manifest.ts';
import type { LoadedModel } from '../../codec/model-folder.ts';
import { createCodecSession, type CodecSession } from '../../codec/session.ts';
import { percentiles, type Percentiles } from '../../common/statistics.ts';
import { samplesToMs } from '../../common/units.ts';
import type { ModelLoader } from '../../inference/port.ts';
import { measure, meanOf, round } from '../../enhance/quality.ts';
import type { DemoModel } from './models.ts';
import { writeText, writeWav, type DemoOutput } from './output.ts';
import { buildPage, type PageInput } from './page/build.ts';
import { pageRecording, type PageSound } from './page/recording.ts';
import type { Recording } from './recordings.ts';
import type { DemoReport, EnhancedResult, RecordingResult, Scores, Variant } from './report.ts';
import { streamHops } from './stream.ts';

export interface DemoJob {
  readonly models: readonly DemoModel[];
  readonly loader: ModelLoader;
  readonly recordings: readonly Recording[];
  readonly output: DemoOutput;
  /** Called after each of `steps` recordings, with what was done. */
  readonly onProgress?: (done: number, steps: number, what: string) => void;
  /** Called with why a measure is absent. */
  readonly onProblem?: (problem: string) => void;
}

interface Enhanced {
  readonly result: EnhancedResult;
  readonly hopMs: Float64Array;
  readonly sound: PageSound;
}

/**
 * Streams every recording through every quantizer, measures, and writes WAV files and page.
 * @throws ResiduaError of model, codec and output
 */
export async function runDemo(job: DemoJob): Promise<DemoReport> {
  const { models, recordings, output } = job;
  const steps = recordings.length * (1 + models.reduce((n, one) => n + one.quantizers.length, 0));
  let done = 0;
  const step = (what: string): void => job.onProgress?.(++done, steps, what);

  const originals: Awaited<ReturnType<typeof writeOriginals>>[] = [];
  for (const recording of recordings) {
    originals.push(await writeOriginals(job, recording));
    step(recording.id);
  }
  const columns: { variant: Variant; results: Enhanced[] }[] = [];
  for (const { model, quantizers } of models) {
    for (const entry of quantizers) {
      const session = await createCodecSession(model, job.loader, { quantizer: entry.id });
      try {
        const variant = describe(model, entry, session, models.length > 1);
        const results: Enhanced[] = [];
        for (const recording of recordings) {
          results.push(await enhance(job, recording, session, variant));
          step(`${recording.id}, ${entry.id}`);
        }
        columns.push({ variant, results });
      } finally {
        await session.dispose();
      }
    }
  }

  const first = models[0]!.model.manifest;
  const report: DemoReport = {
    page: output.page,
    audio: output.audio,
    hopMs: samplesToMs(first.hopSamples, first.sampleRate),
    machine: `${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.versions.node}`,
    recordings: recordings.map((recording, at): RecordingResult => ({
      id: recording.id,
      title: recording.title,
      snrDb: recording.snrDb,
      seconds: seconds(recording),
      sampleRate: recording.sampleRate,
      noisy: originals[at]!.scores,
      enhanced: columns.map(({ results }) => results[at]!.result),
    })),
    means: {
      noisy: meanOf(originals.map(({ scores }) => scores)),
      enhanced: columns.map(({ variant, results }) => ({
        ...variant,
        files: results.length,
        rtf: round(
          sum(results.map(({ hopMs }) => sum(hopMs))) / sum(recordings.map(seconds)) / 1000,
        ),
        hopMs: summary(joined(results.map(({ hopMs }) => hopMs))),
        metrics: meanOf(results.map(({ result }) => result.metrics)),
      })),
    },
  };
  const page: PageInput = {
    report,
    models: models.map(({ model: { manifest } }) => `${manifest.id} ${manifest.version}`),
    recordings: recordings.map((recording, at) => {
      const { noisy, clean } = originals[at]!;
      return pageRecording(
        recording,
        noisy,
        columns.map(({ results }) => results[at]!.sound),
        clean,
      );
    }),
  };
  await writeText(output.page, buildPage(page));
  return report;
}

async function writeOriginals(
  { output, onProblem }: DemoJob,
  recording: Recording,
): Promise<{ scores: Scores; noisy: PageSound; clean: PageSound }> {
  const { id, noisySamples, cleanSamples, sampleRate } = recording;
  const scores = score(recording, noisySamples, onProblem);
  return {
    scores,
    noisy: {
      key: 'noisy',
      name: 'Noisy',
      scores,
      samples: noisySamples,
      wav: await writeWav(join(output.audio, `${id}.noisy.wav`), noisySamples, sampleRate),
    },
    clean: {
      key: 'clean',
      name: 'Clean',
      samples: cleanSamples,
      wav: await writeWav(join(output.audio, `${id}.clean.wav`), cleanSamples, sampleRate),
    },
  };
}

async function enhance(
  { output, onProblem }: DemoJob,
  recording: Recording,
  session: CodecSession,
  variant: Variant,
): Promise<Enhanced> {
  const { samples, hopMs } = await streamHops(session, recording.noisySamples);
  const path = join(output.audio, `${recording.id}.${variant.name}.wav`);
  const wav = await writeWav(path, samples, recording.sampleRate);
  const metrics = score(recording, samples, onProblem);
  const result: EnhancedResult = {
    ...variant,
    output: path,
    rtf: round(sum(hopMs) / seconds(recording) / 1000),
    hopMs: summary(hopMs),
    metrics,
  };
  const sound: PageSound = {
    key: variant.name,
    name: variant.label,
    scores: metrics,
    variant,
    samples,
    wav,
  };
  return { result, hopMs, sound };
}

function describe(
  model: LoadedModel,
  entry: QuantizerEntry,
  session: CodecSession,
  oneOfSeveral: boolean,
): Variant {
  const { id } = model.manifest;
  const label = entry.label === '' ? entry.id : entry.label;
  return {
    name: oneOfSeveral ? `${id}.${entry.id}` : entry.id,
    model: id,
    quantizer: entry.id,
    codebooks: session.codebooks,
    label: oneOfSeveral ? `${id}: ${label}` : label,
    bitrateKbps: session.bitrateKbps,
    algorithmicLatencyMs: samplesToMs(session.algorithmicLatencySamples, session.sampleRate),
  };
}

function score(
  { id, cleanSamples }: Recording,
  samples: Float32Array,
  onProblem: DemoJob['onProblem'],
): Scores {
  const problems: string[] = [];
  const { siSdr, stoi, pesqWb } = measure(cleanSamples, samples, problems);
  for (const problem of problems) onProblem?.(`${id}: ${problem}`);
  return {
    ...(siSdr !== undefined && { siSdr: round(siSdr) }),
    ...(stoi !== undefined && { stoi: round(stoi) }),
    ...(pesqWb !== undefined && { pesqWb: round(pesqWb) }),
  };
}

const seconds = ({ noisySamples, sampleRate }: Recording): number =>
  noisySamples.length / sampleRate;

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(sum(parts.map((part) => part.length)));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Percentiles rounded to 1 µs. */
function summary(hopMs: Float64Array): Percentiles {
  const { p50, p95, p99, max } = percentiles(hopMs);
  const micro = (ms: number): number => Math.round(ms * 1000) / 1000;
  return { p50: micro(p50), p95: micro(p95), p99: micro(p99), max: micro(max) };
}
