import { readAudio } from '../../audio/open-audio.ts';
import { ResiduaError } from '../../common/errors.ts';
import { concat, EnhancedChannel } from '../../enhance/channel.ts';
import type { Codec } from '../../enhance/codec.ts';
import { HopTimes } from '../../enhance/hop-times.ts';
import {
  meanOf,
  measure,
  METRIC_RATE,
  resampleAll,
  type PartialQuality,
} from '../../enhance/quality.ts';
import type { Pair } from './pairs.ts';

export interface PairRequest {
  pair: Pair;
  /** Feed the clean recording instead of the noisy one: what the codec does to clean speech. */
  cleanInput: boolean;
  /** PESQ costs more than all the rest. */
  pesq: boolean;
}

export interface PairResult {
  /** Unprocessed against clean; empty with `cleanInput`. */
  noisy: PartialQuality;
  /** One per codec, in order. */
  enhanced: PartialQuality[];
  /** Codes by codec and codebook, hop after hop. */
  codes: Int32Array[][];
  /** Measures that are undefined for this pair, and why. */
  problems: string[];
}

/** Runs one pair through every codec and measures the results at 16 kHz. */
export async function evaluatePair(
  codecs: readonly Codec[],
  request: PairRequest,
): Promise<PairResult> {
  const { pair, cleanInput, pesq } = request;
  const clean = await readAudio(pair.clean);
  const noisy = cleanInput ? clean : await readAudio(pair.noisy);
  const problems: string[] = [];
  if (
    noisy.sampleRate !== clean.sampleRate ||
    noisy.channels.length !== clean.channels.length ||
    noisy.channels[0]!.length !== clean.channels[0]!.length
  ) {
    throw new ResiduaError(
      'PAIRS_INCOMPLETE',
      `${pair.noisy} and ${pair.clean} differ in rate, channels or length`,
      { hint: 'Both files of a pair must match sample for sample.' },
    );
  }
  const { sampleRate } = clean;
  const at16k = (samples: Float32Array): Float32Array =>
    resampleAll(samples, sampleRate, METRIC_RATE);
  const references = clean.channels.map(at16k);
  const rate = (channels: readonly Float32Array[]): PartialQuality =>
    meanOf(channels.map((samples, c) => measure(references[c]!, at16k(samples), problems, pesq)));

  const enhanced: PartialQuality[] = [];
  const codes: Int32Array[][] = [];
  for (const codec of codecs) {
    const result = await enhance(codec, noisy.channels, sampleRate);
    enhanced.push(rate(result.channels));
    codes.push(result.codes);
  }
  return { noisy: cleanInput ? {} : rate(noisy.channels), enhanced, codes, problems };
}

async function enhance(
  codec: Codec,
  channels: readonly Float32Array[],
  sampleRate: number,
): Promise<{ channels: Float32Array[]; codes: Int32Array[] }> {
  const sessions = await codec.sessions(channels.length);
  const codes: number[][] = Array.from({ length: codec.description.codebooks }, () => []);
  const output: Float32Array[] = [];
  for (const [c, samples] of channels.entries()) {
    const session = sessions[c]!;
    const channel = new EnhancedChannel(session, sampleRate, new HopTimes(), () =>
      codes.forEach((list, book) => list.push(session.lastCodes[book]!)),
    );
    const body = await channel.push(samples);
    output.push(concat([body, await channel.finish()]));
  }
  return { channels: output, codes: codes.map((list) => Int32Array.from(list)) };
}
