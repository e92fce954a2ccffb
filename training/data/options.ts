import { DataError } from './errors.ts';

/** A [low, high] range. */
export type Range = readonly [number, number];

/**
 * How examples are made. Probabilities are in [0, 1] and drawn per example; levels in dB or dBFS (RMS
 * 1 is 0 dBFS); times in seconds. Every field has a default in {@link DEFAULT_AUGMENT}.
 */
export interface AugmentOptions {
  /** Noisy input equals the clean target: the model learns to leave clean speech alone. */
  cleanToClean: number;
  /** Noise alone, target digital silence. */
  noiseToSilence: number;
  /** A ready-made noisy/clean pair, when a corpus has any; only its level is changed. */
  pairs: number;
  /** SNR range that is favoured, and the probability of drawing from it rather than from snrDb. */
  favouredSnrDb: Range;
  favouredSnr: number;

  /** RMS of the noisy input over the whole segment. */
  levelDb: Range;
  /** The segment is scaled so that its peak is 0.9–1.0 instead. */
  nearClipping: number;
  /** The noisy input is driven beyond full scale and hard-clipped at ±1; the target is not. */
  clipping: number;
  /** Peak allowed otherwise; a louder segment is turned down (input and target together). */
  maxPeak: number;

  /** Speech is played at another speed (pitch moves along). */
  speechSpeed: number;
  speechSpeedRange: Range;
  noiseSpeed: number;
  noiseSpeedRange: Range;

  /** Random biquads (shelves, peaks, sometimes a band limit) on speech, in input and target alike. */
  speechEq: number;
  noiseEq: number;
  /** Largest gain of one biquad. */
  eqGainDb: number;

  /** Speech in a room. The target keeps the direct sound and the first `earlySeconds`. */
  reverb: number;
  earlySeconds: number;
  rirCount: number;
  rirT60Seconds: Range;

  /** Speech begins after a stretch of noise alone. */
  leadingNoise: number;
  leadingNoiseSeconds: Range;
  /** The rest of a segment after a clip's end stays noise alone. */
  trailingNoise: number;
  /** Pause between clips joined to fill a segment. */
  joinGapSeconds: Range;

  /** First noise: babble of several training readers; synthetic; otherwise recorded. */
  babble: number;
  babbleReaders: Range;
  synthetic: number;
  /** A second noise is added, this much below the first. */
  secondNoise: number;
  secondNoiseDb: Range;
  /** A noise is cut and spliced from several recordings of its source. */
  splice: number;
  /** Noise level wanders within the segment by up to ± this. */
  gainChange: number;
  gainChangeDb: number;
}

export const DEFAULT_AUGMENT: AugmentOptions = {
  cleanToClean: 0.05,
  noiseToSilence: 0.04,
  pairs: 0.3,
  favouredSnrDb: [-5, 15],
  favouredSnr: 0.5,
  levelDb: [-40, -12],
  nearClipping: 0.04,
  clipping: 0,
  maxPeak: 0.99,
  speechSpeed: 0.5,
  speechSpeedRange: [0.85, 1.15],
  noiseSpeed: 0.5,
  noiseSpeedRange: [0.7, 1.4],
  speechEq: 0.4,
  noiseEq: 0.5,
  eqGainDb: 8,
  reverb: 0.25,
  earlySeconds: 0.05,
  rirCount: 256,
  rirT60Seconds: [0.15, 0.9],
  leadingNoise: 0.15,
  leadingNoiseSeconds: [0.1, 0.7],
  trailingNoise: 0.3,
  joinGapSeconds: [0.05, 0.5],
  babble: 0.13,
  babbleReaders: [4, 8],
  synthetic: 0.15,
  secondNoise: 0.3,
  secondNoiseDb: [-12, 0],
  splice: 0.25,
  gainChange: 0.3,
  gainChangeDb: 8,
};

/** Multiplies how often an hour of a source is drawn: many readers and the field's noises first. */
export const RESIDUA_SPEECH_WEIGHTS: Readonly<Record<string, number>> = {
  librispeech: 3,
  kathleen: 0.8,
  picovoice_s2i: 0.7,
  picovoice_wakeword: 0.6,
  mycroft: 0.5,
};
export const RESIDUA_NOISE_WEIGHTS: Readonly<Record<string, number>> = {
  esc10: 1.5,
  speech_commands_bg: 2,
  ibm_max: 3,
  keystroke: 1,
  blanket: 1,
  berlin_noise: 1,
  drunkentoast: 0.7,
};

/** Fills in defaults and refuses values that cannot be meant. */
export function resolveAugment(options: Partial<AugmentOptions> | undefined): AugmentOptions {
  const merged = { ...DEFAULT_AUGMENT, ...options };
  for (const [name, value] of Object.entries(merged)) {
    const fallback = DEFAULT_AUGMENT[name as keyof AugmentOptions] as unknown;
    if (fallback === undefined) {
      throw new DataError('DATA_OPTIONS', `unknown augment option '${name}'`);
    }
    const ok = Array.isArray(fallback)
      ? Array.isArray(value) &&
        value.length === 2 &&
        value.every(Number.isFinite) &&
        (value[0] as number) <= (value[1] as number)
      : Number.isFinite(value);
    if (!ok) throw new DataError('DATA_OPTIONS', `augment option '${name}' is not usable`);
  }
  const probabilities = [
    'cleanToClean',
    'noiseToSilence',
    'pairs',
    'pairs',
    'favouredSnr',
    'nearClipping',
    'clipping',
    'speechSpeed',
    'noiseSpeed',
    'speechEq',
    'noiseEq',
    'reverb',
    'leadingNoise',
    'trailingNoise',
    'babble',
    'synthetic',
    'secondNoise',
    'splice',
    'gainChange',
  ] as const;
  for (const name of probabilities) {
    if (merged[name] < 0 || merged[name] > 1) {
      throw new DataError('DATA_OPTIONS', `augment option '${name}' must be within 0 to 1`);
    }
  }
  if (
    merged.cleanToClean + merged.noiseToSilence + merged.pairs > 1 ||
    merged.babble + merged.synthetic > 1
  ) {
    throw new DataError('DATA_OPTIONS', 'probabilities of exclusive choices exceed 1');
  }
  return merged;
}
