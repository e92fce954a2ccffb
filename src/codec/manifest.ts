/**
 * The manifest of a model folder: everything the app knows about a model before it loads a graph. All
 * rates and sizes come from here; nothing else hard-codes them.
 */
import { z } from 'zod';
import { bitrateKbps } from '../common/units.ts';
import { ResiduaError, UsageError } from '../common/errors.ts';

export const MANIFEST_FORMAT = 'residua-model';
export const MANIFEST_VERSION = 1;

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();

const graphSchema = z.object({
  /** File name inside the model folder. No path: a manifest cannot reach outside its folder. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$/, 'must be a plain .onnx file name'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  bytes: positive,
  /** Values of the flat float32 state. */
  stateSize: positive.max(100_000_000),
});

const quantizerSchema = z
  .object({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and dashes'),
    family: z.string().min(1),
    label: z.string(),
    /** Codes per hop; 0: continuous, nothing is quantized. */
    maxCodebooks: count.max(64),
    codebookSize: count.max(1 << 24),
    /** log2(codebookSize). */
    bitsPerCodebook: z.number().nonnegative(),
    /** Width of the float latent between the graphs of a continuous entry. */
    latentDim: positive.max(1 << 20),
    encoder: graphSchema,
    decoder: graphSchema,
    /** Encoder and decoder together. */
    params: count,
    macsPerHop: count,
    training: z.record(z.string(), z.unknown()).optional(),
    /** How each codebook was used on test recordings when the model was exported. */
    codes: z
      .array(
        z.object({
          /** Share of the entries used at least once, 0–1. */
          usage: z.number().min(0).max(1),
          perplexity: z.number().min(1),
          /** Entropy of the codes in bits, at most bitsPerCodebook. */
          effectiveBits: z.number().min(0),
        }),
      )
      .optional(),
  })
  .superRefine((q, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    if (q.codes !== undefined && q.codes.length !== q.maxCodebooks) {
      issue('codes must have one entry per codebook');
    }
    if (q.maxCodebooks === 0) {
      if (q.codebookSize !== 0 || q.bitsPerCodebook !== 0)
        issue('without codebooks, size and bits must be 0');
    } else if (q.codebookSize < 2) {
      issue('codebookSize must be at least 2');
    } else if (Math.abs(q.bitsPerCodebook - Math.log2(q.codebookSize)) > 1e-6) {
      issue('bitsPerCodebook must be log2(codebookSize)');
    }
  });

const manifestSchema = z
  .object({
    format: z.literal(MANIFEST_FORMAT),
    formatVersion: z.literal(MANIFEST_VERSION),
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a plain name'),
    name: z.string(),
    version: z.string().min(1).max(64),
    license: z.string(),
    description: z.string(),
    /** Hz. */
    sampleRate: positive.min(4000).max(384_000),
    hopSamples: positive.max(65_535),
    windowSamples: positive.max(65_535),
    /** From a sample's arrival to its output, hop buffering included. */
    algorithmicLatencySamples: positive.max(65_535),
    quantizers: z.array(quantizerSchema).min(1),
  })
  .superRefine((m, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    if (m.windowSamples < m.hopSamples) issue('windowSamples must not be below hopSamples');
    if (m.algorithmicLatencySamples < m.hopSamples) {
      issue('algorithmicLatencySamples must not be below hopSamples');
    }
    const ids = m.quantizers.map((q) => q.id);
    if (new Set(ids).size !== ids.length) issue('quantizer ids must differ');
  });

export type ModelManifest = z.infer<typeof manifestSchema>;
export type QuantizerEntry = z.infer<typeof quantizerSchema>;
export type GraphEntry = z.infer<typeof graphSchema>;

/**
 * @param source where the text came from, for messages
 * @throws ResiduaError `MODEL_CORRUPT` for anything but a valid manifest, `MODEL_VERSION` for one of
 * another format version
 */
export function parseManifest(text: string, source = 'manifest.json'): ModelManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw corrupt(`${source} is not valid JSON`, cause);
  }
  const head = z
    .object({ format: z.literal(MANIFEST_FORMAT), formatVersion: z.unknown().optional() })
    .safeParse(json);
  if (!head.success) throw corrupt(`${source} is not a Residua model manifest`, head.error);
  if (head.data.formatVersion !== MANIFEST_VERSION) {
    const version = JSON.stringify(head.data.formatVersion) ?? 'none';
    throw new ResiduaError(
      'MODEL_VERSION',
      `${source} has format version ${version}; this program reads version ${MANIFEST_VERSION}`,
      { hint: 'Use the program version that the model was made for, or export the model again.' },
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0]!;
  const where = first.path.length === 0 ? '' : `${first.path.join('.')}: `;
  throw corrupt(`${source}: ${where}${first.message}`, parsed.error);
}

/** Whether the entry passes a float latent instead of codes. */
export function isContinuous(entry: QuantizerEntry): boolean {
  return entry.maxCodebooks === 0;
}

/** Samples by which the graphs' output hops trail their input hops. */
export function outputDelaySamples(manifest: ModelManifest): number {
  return manifest.algorithmicLatencySamples - manifest.hopSamples;
}

/** Hops to run for a recording of `samples`, so that its delayed end comes out as well. */
export function hopsForSamples(samples: number, hopSamples: number, delaySamples: number): number {
  return samples === 0 ? 0 : Math.ceil((samples + delaySamples) / hopSamples);
}

/** Bits per second / 1000 of the codes with `codebooks` in use; 0 for a continuous entry. */
export function quantizerKbps(
  manifest: ModelManifest,
  entry: QuantizerEntry,
  codebooks: number = entry.maxCodebooks,
): number {
  return bitrateKbps(codebooks, entry.bitsPerCodebook, manifest.hopSamples, manifest.sampleRate);
}

/** @throws UsageError `QUANTIZER_UNKNOWN` */
export function findQuantizer(manifest: ModelManifest, id: string): QuantizerEntry {
  const entry = manifest.quantizers.find((q) => q.id === id);
  if (entry) return entry;
  throw new UsageError(`model ${manifest.id} has no quantizer '${id}'`, {
    code: 'QUANTIZER_UNKNOWN',
    hint: `Choose one of: ${manifest.quantizers.map((q) => q.id).join(', ')}.`,
  });
}

/**
 * @param codebooks how many to use; undefined: all
 * @returns the number to use; 0 for a continuous entry
 * @throws UsageError `CODEBOOKS_RANGE`
 */
export function checkCodebooks(entry: QuantizerEntry, codebooks: number | undefined): number {
  const max = entry.maxCodebooks;
  if (codebooks === undefined) return max;
  const low = max === 0 ? 0 : 1;
  if (Number.isInteger(codebooks) && codebooks >= low && codebooks <= max) return codebooks;
  throw new UsageError(`quantizer '${entry.id}' cannot use ${codebooks} codebooks`, {
    code: 'CODEBOOKS_RANGE',
    hint: max === 0 ? 'It has none; leave the option out.' : `Choose 1 to ${max}.`,
  });
}

function corrupt(message: string, cause: unknown): ResiduaError {
  return new ResiduaError('MODEL_CORRUPT', message, { hint: 'Install the model again.', cause });
}
