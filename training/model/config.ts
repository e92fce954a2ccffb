/** Architecture of one codec-denoiser. Everything that shapes the exported graphs is in here. */
import { z } from 'zod';

const dilations = z.array(z.number().int().min(1).max(128)).max(24);

const networkSchema = z.object({
  /** Width of the residual stream, in features. */
  width: z.number().int().min(8).max(1024),
  /** Width of the gated hidden layer of each block. */
  hidden: z.number().int().min(8).max(1024),
  /** One residual block per entry, with this dilation in frames. */
  dilations,
});

/** Frames of the noisy spectrum that the complex filter reaches over, 1 = a plain mask. */
const filterTaps = z.number().int().min(1).max(8);

/** All bins of a frame as one vector, see full-band.ts. */
const fullBandSchema = networkSchema.extend({ kind: z.literal('full-band'), filterTaps });

/** One set of weights slid over frequency, around a full-band context, see band-shared.ts. */
const bandSharedSchema = z.object({
  kind: z.literal('band-shared'),
  filterTaps,
  /** Bins per band; hopSamples must be a multiple. */
  binsPerBand: z.number().int().min(1).max(32),
  /** Features of one band in one frame. */
  channels: z.number().int().min(4).max(256),
  /** Width of the gated hidden layer of each band block. */
  hidden: z.number().int().min(4).max(256),
  /** One band block per entry before and after the context, with this dilation in frames. */
  before: dilations,
  after: dilations,
  /** Features per band that go into the context and come back. */
  squeeze: z.number().int().min(1).max(64),
  context: networkSchema,
});

export const modelConfigSchema = z
  .object({
    sampleRate: z.literal(16000),
    hopSamples: z.number().int().min(32).max(512).multipleOf(2),
    denoiser: z.discriminatedUnion('kind', [fullBandSchema, bandSharedSchema]),
    encoder: networkSchema,
    decoder: networkSchema,
    /** Features per frame between encoder and decoder; equal to hopSamples = no projection. */
    latentDim: z.number().int().min(1).max(1024),
  })
  .refine(
    ({ denoiser, hopSamples }) =>
      denoiser.kind !== 'band-shared' || hopSamples % denoiser.binsPerBand === 0,
    { message: 'hopSamples must be a multiple of binsPerBand', path: ['denoiser', 'binsPerBand'] },
  );

export type NetworkConfig = z.infer<typeof networkSchema>;
export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type FullBandConfig = z.infer<typeof fullBandSchema>;
export type BandSharedConfig = z.infer<typeof bandSharedSchema>;

/** Width of the denoiser's hidden features that the codec's encoder may look at. */
export function hiddenWidth({ denoiser }: ModelConfig): number {
  return denoiser.kind === 'full-band' ? denoiser.width : denoiser.context.width;
}
