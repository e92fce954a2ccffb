import * as format from '../format.ts';
import { spectrogramPng, type LevelScale } from '../picture.ts';
import type { Recording } from '../recordings.ts';
import type { Scores, Variant } from '../report.ts';
import { levelQuantileDb, spectrogram, type Spectrogram } from '../spectrogram.ts';
import type { PageRecording, PageVersion } from './build.ts';

/** 32 ms window at 16 kHz: resolves the harmonics of a voice. */
const FFT_MS = 32;
const COLUMN_MS = 10;
const RANGE_DB = 70;
/** The brightest colour is the level that all but this share of the clean recording stays below. */
const SATURATED_SHARE = 0.001;

/** One version of a recording, before it is drawn. */
export interface PageSound {
  readonly key: string;
  readonly name: string;
  readonly samples: Float32Array;
  /** The WAV file written for it. */
  readonly wav: Uint8Array;
  readonly scores?: Scores;
  readonly variant?: Variant;
}

/** Draws every version of a recording on one level scale, taken from the clean reference. */
export function pageRecording(
  recording: Recording,
  noisy: PageSound,
  enhanced: readonly PageSound[],
  clean: PageSound,
): PageRecording {
  const { id, title, snrDb, sampleRate, noisySamples } = recording;
  const cleanImage = draw(clean.samples, sampleRate);
  const scale: LevelScale = {
    topDb: Math.ceil(levelQuantileDb([cleanImage], 1 - SATURATED_SHARE) / 5) * 5,
    rangeDb: RANGE_DB,
  };
  const version = (sound: PageSound, image: Spectrogram): PageVersion => ({
    key: sound.key,
    name: sound.name,
    facts: facts(sound),
    wav: sound.wav,
    png: spectrogramPng(image, scale),
  });
  return {
    id,
    title,
    snrDb,
    sampleRate,
    seconds: noisySamples.length / sampleRate,
    scale,
    versions: [
      ...[noisy, ...enhanced].map((sound) => version(sound, draw(sound.samples, sampleRate))),
      version(clean, cleanImage),
    ],
    credits: [
      { what: 'Speech', ...recording.speech },
      { what: 'Noise', ...recording.noise },
    ],
  };
}

function draw(samples: Float32Array, sampleRate: number): Spectrogram {
  const fftSize = 2 ** Math.round(Math.log2((FFT_MS * sampleRate) / 1000));
  return spectrogram(samples, { fftSize, hopSamples: Math.round((COLUMN_MS * sampleRate) / 1000) });
}

function facts({ variant, scores }: PageSound): [string, string][] {
  const pairs: [string, string][] = [];
  if (variant) {
    const rate = format.bitrate(variant);
    pairs.push(['Bitrate', variant.codebooks === 0 ? rate : `${rate} kbit/s`]);
  }
  if (scores) {
    pairs.push(
      ['SI-SDR', `${format.decibels(scores.siSdr)} dB`],
      ['STOI', format.intelligibility(scores.stoi)],
      ['PESQ', format.opinion(scores.pesqWb)],
    );
  }
  return pairs;
}
