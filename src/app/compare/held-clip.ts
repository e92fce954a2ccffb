import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { dbToGain } from '../../common/units.ts';
import type { Clip } from '../../ipc/app/compare.ts';
import type { LoadedClip } from '../work/tasks.ts';

export type ReadyVariant = Clip['variants'][number];

/** Matching further than this would only make noise loud. */
const MAX_MATCH_DB = 24;

/** What a clip is before anything is rendered, besides what loading it found out. */
export interface ClipOrigin {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly sampleRateHz: number;
  readonly hasReference: boolean;
}

/** A clip with its sounds on disk, all of one rate and length, sample for sample at the same place. */
export class HeldClip {
  readonly origin: ClipOrigin;
  /** Aborted when the clip is dropped. */
  readonly dropped = new AbortController();
  /** Variants being rendered, by key. */
  readonly rendering = new Map<string, Promise<void>>();
  readonly #loaded: LoadedClip;
  readonly #ready = new Map<string, { path: string; variant: ReadyVariant }>();
  /** Keys in the order in which they were first asked for. */
  readonly #order: string[] = [];

  constructor(origin: ClipOrigin, loaded: LoadedClip) {
    this.origin = origin;
    this.#loaded = loaded;
    const { loudness, referenceLoudness, metrics } = loaded;
    this.expect('noisy');
    this.add('noisy', noisyFile(origin.folder), { label: 'Noisy', kbps: 0, loudness, metrics });
    if (!origin.hasReference) return;
    this.expect('reference');
    this.add('reference', referenceFile(origin.folder), {
      label: 'Clean reference',
      kbps: 0,
      loudness: referenceLoudness,
      metrics: null,
    });
  }

  get noisy(): string {
    return noisyFile(this.origin.folder);
  }

  /** `null` without one. */
  get reference(): string | null {
    return this.origin.hasReference ? referenceFile(this.origin.folder) : null;
  }

  has(key: string): boolean {
    return this.#ready.has(key);
  }

  /** Gives a variant its place in the list. @returns where its sound goes */
  expect(key: string): string {
    let place = this.#order.indexOf(key);
    if (place < 0) place = this.#order.push(key) - 1;
    return join(this.origin.folder, `variant-${place}.wav`);
  }

  add(
    key: string,
    path: string,
    rendered: Pick<ReadyVariant, 'label' | 'kbps' | 'metrics'> & { loudness: number | null },
  ): void {
    const { label, kbps, metrics, loudness } = rendered;
    const gain = matchingGain(this.#loaded.loudness, loudness);
    this.#ready.set(key, { path, variant: { key, label, kbps, gain, metrics } });
  }

  /** @throws UsageError `VARIANT_UNKNOWN` before it is rendered */
  file(key: string): string {
    const ready = this.#ready.get(key);
    if (ready) return ready.path;
    throw new UsageError(`'${key}' of this clip is not rendered`, { code: 'VARIANT_UNKNOWN' });
  }

  describe(): Clip {
    const { id, name, sampleRateHz, hasReference } = this.origin;
    const variants = this.#order.flatMap((key) => this.#ready.get(key)?.variant ?? []);
    return { id, name, seconds: this.#loaded.seconds, sampleRateHz, hasReference, variants };
  }
}

export function noisyFile(folder: string): string {
  return join(folder, 'noisy.wav');
}

export function referenceFile(folder: string): string {
  return join(folder, 'reference.wav');
}

/** Silence has no loudness to match: it stays as it is. */
function matchingGain(wanted: number | null, loudness: number | null): number {
  if (wanted === null || loudness === null) return 1;
  return dbToGain(Math.max(-MAX_MATCH_DB, Math.min(MAX_MATCH_DB, wanted - loudness)));
}
