/** Validation of live controls: all or nothing, with errors that name field and range. */
import { UsageError } from '../common/errors.ts';
import { dbToGain } from '../common/units.ts';
import { checkCodebooks, findQuantizer, isContinuous } from '../codec/manifest.ts';
import type { ModelManifest } from '../codec/manifest.ts';
import { DEFAULT_CONTROLS, type LiveControls } from './contract.ts';

const ranges = {
  mix: { low: 0, high: 1, unit: '', nullable: false },
  attenuationLimitDb: { low: 0, high: 100, unit: ' dB', nullable: true },
  inputGainDb: { low: -60, high: 40, unit: ' dB', nullable: false },
} as const;

const fields = new Set(['quantizer', 'codebooks', 'mute', 'bypass', ...Object.keys(ranges)]);

/** What a model starts with: its first quantizer that codes, all codebooks. */
export function initialControls(
  manifest: ModelManifest,
  change: Partial<LiveControls> = {},
): LiveControls {
  const first = manifest.quantizers.find((q) => !isContinuous(q)) ?? manifest.quantizers[0]!;
  return changeControls(manifest, { ...DEFAULT_CONTROLS, quantizer: first.id }, change);
}

/**
 * @param change from outside, so anything; `undefined` fields are left alone. A new quantizer without
 * a number of codebooks uses all of its own.
 * @throws UsageError `CONTROL_INVALID`, `QUANTIZER_UNKNOWN`, `CODEBOOKS_RANGE`
 */
export function changeControls(
  manifest: ModelManifest,
  current: LiveControls,
  change: Partial<LiveControls>,
): LiveControls {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    throw invalid('controls must be an object', `Known are: ${[...fields].join(', ')}.`);
  }
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) check(name, value);
  const next: LiveControls = { ...current, ...Object.fromEntries(given) };
  const entry = findQuantizer(manifest, next.quantizer);
  const codebooks =
    entry.id !== current.quantizer && change.codebooks === undefined ? null : next.codebooks;
  if (codebooks !== null) {
    if (isContinuous(entry)) {
      throw new UsageError(`quantizer '${entry.id}' has no codebooks to choose from`, {
        code: 'CODEBOOKS_RANGE',
        hint: 'Leave codebooks at null.',
      });
    }
    checkCodebooks(entry, codebooks);
  }
  return { ...next, codebooks };
}

/** Share of enhanced in the output that mix and attenuation limit ask for together. */
export function wetShare({ mix, attenuationLimitDb }: LiveControls): number {
  return mix * (attenuationLimitDb === null ? 1 : 1 - dbToGain(-attenuationLimitDb));
}

function check(name: string, value: unknown): void {
  if (!fields.has(name)) {
    throw invalid(`there is no control '${name}'`, `Known are: ${[...fields].join(', ')}.`);
  }
  if (name === 'mute' || name === 'bypass') {
    if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`);
  } else if (name === 'quantizer') {
    if (typeof value !== 'string')
      throw invalid('quantizer must be an id', 'See `residua models`.');
  } else if (name === 'codebooks') {
    if (value !== null && !Number.isInteger(value)) {
      throw invalid('codebooks must be a whole number, or null for all');
    }
  } else {
    const { low, high, unit, nullable } = ranges[name as keyof typeof ranges];
    if (nullable && value === null) return;
    if (typeof value !== 'number' || !(value >= low && value <= high)) {
      throw invalid(
        `${name} must be ${low} to ${high}${unit}${nullable ? ', or null for none' : ''}`,
        `Got ${JSON.stringify(value) ?? 'nothing'}.`,
      );
    }
  }
}

function invalid(message: string, hint?: string): UsageError {
  return new UsageError(message, {
    code: 'CONTROL_INVALID',
    ...(hint === undefined ? {} : { hint }),
  });
}
