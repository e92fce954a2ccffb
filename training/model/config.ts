/** Architecture of one codec-denoiser. Everything that shapes the exported graphs is in here. */
import { z } from 'zod';

const dilations = z.array(z.number().int().min(1).max(128)).max(24);

/** Per-frame decays of leaky averages: 1 / (1 − decay) frames long. */
const decays = z.array(z.number().gt(0).lt(1)).max(8).default([]);

const networkSchema = z.object({
  /** Width of the residual stream, in features. */
  width: z.number().int().min(8).max(1024),
  /** Width of the gated hidden layer of each block. */
  hidden: z.number().int().min(8).max(1024),
  /** One residual block per entry, with this dilation in frames. */
  dilations,
  /** Block i also sees the leaky average of its input with decay i mod n; none when empty. */
  decays,
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
  /**
   * Band block i (counted through both lists) sees the leaky average of its input with decay i mod n in
   * place of the frame 2 · dilation ago; that frame when empty.
   */
  decays,
  /** Features per band that go into the context and come back. */
  squeeze: z.number().int().min(1).max(64),
  context: networkSchema,
});

export const modelConfigSchema = z
  .object({
    sampleRate: z.literal(16000),
    hopSamples: z.number().int().min(32).max(512).multipleOf(2),
    denoiser: z.discriminatedUnion('kind', [fullBandSchema, bandSharedSchema]),
    /**
     * What the encoder sees: the denoised coefficients alone or with the denoiser's hidden features, or the
     * noisy coefficients, which leaves denoising to the codec and the denoiser unused.
     */
    encoderSees: z.enum(['denoised', 'denoised+hidden', 'noisy']).default('denoised+hidden'),
    /** null: the band companding alone makes the latent. */
    encoder: networkSchema.nullable(),
    decoder: networkSchema,
    /** Features per frame between encoder and decoder. */
    latentDim: z.number().int().min(1).max(1024),
    /**
     * How many of the frame's lowest coefficients go straight into the latent (and out of it), the networks
     * only refining them; the rest of the latent is learned. Default: all when latentDim = hopSamples, else 0.
     */
    directCoefficients: z.number().int().min(0).optional(),
    /**
     * The latent is the frame's coefficients companded band by band with this power (companding.ts) instead of
     * one by one; the networks refine them. For latentDim = hopSamples.
     */
    bandCompanding: z.number().min(0).max(0.9).optional(),
    /** The decoder may fill what was not coded with noise, for which its network gives the level. */
    noiseFill: z.boolean().default(false),
    /**
     * The decoder learns to give the noisy sound back too, and a switch tells it which of the two is wanted: scale
     * and bias of its features (FiLM: Perez et al., arXiv:1709.07871; as in SoundStream's denoising mode,
     * arXiv:2107.03312). Exported graphs have it on.
     */
    denoiseSwitch: z.boolean().default(false),
  })
  .refine(
    ({ denoiser, hopSamples }) =>
      denoiser.kind !== 'band-shared' || hopSamples % denoiser.binsPerBand === 0,
    { message: 'hopSamples must be a multiple of binsPerBand', path: ['denoiser', 'binsPerBand'] },
  )
  .refine(
    ({ directCoefficients = 0, latentDim, hopSamples }) =>
      directCoefficients <= Math.min(latentDim, hopSamples),
    { message: 'more than the latent or the frame holds', path: ['directCoefficients'] },
  )
  .refine(
    ({ bandCompanding, directCoefficients: direct, latentDim, hopSamples }) =>
      bandCompanding === undefined ||
      (latentDim === hopSamples && (direct === undefined || direct === hopSamples)),
    { message: 'wants the whole frame as the latent', path: ['bandCompanding'] },
  )
  .refine(({ encoder, bandCompanding }) => encoder !== null || bandCompanding !== undefined, {
    message: 'null wants bandCompanding',
    path: ['encoder'],
  })
  .refine(({ denoiseSwitch, encoderSees }) => !denoiseSwitch || encoderSees === 'noisy', {
    message: 'wants an encoder that sees the noisy frame: else there is nothing to give back',
    path: ['denoiseSwitch'],
  })
  .refine(({ noiseFill, bandCompanding }) => !noiseFill || bandCompanding !== undefined, {
    message: 'wants bandCompanding',
    path: ['noiseFill'],
  });

export type NetworkConfig = z.infer<typeof networkSchema>;
export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type FullBandConfig = z.infer<typeof fullBandSchema>;
export type BandSharedConfig = z.infer<typeof bandSharedSchema>;

/** See `directCoefficients` above. */
export function directCoefficients(config: ModelConfig): number {
  const { latentDim, hopSamples } = config;
  return config.directCoefficients ?? (latentDim === hopSamples ? hopSamples : 0);
}

/** Width of the denoiser's hidden features that the codec's encoder may look at. */
export function hiddenWidth({ denoiser }: ModelConfig): number {
  return denoiser.kind === 'full-band' ? denoiser.width : denoiser.context.width;
}
