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

export const modelConfigSchema = z.object({
  sampleRate: z.literal(16000),
  hopSamples: z.number().int().min(32).max(512).multipleOf(2),
  denoiser: networkSchema.extend({
    /** Frames of the noisy spectrum that the complex filter reaches over, 1 = a plain mask. */
    filterTaps: z.number().int().min(1).max(8),
  }),
  encoder: networkSchema,
  decoder: networkSchema,
  /** Features per frame between encoder and decoder; equal to hopSamples = no projection. */
  latentDim: z.number().int().min(1).max(1024),
});

export type NetworkConfig = z.infer<typeof networkSchema>;
export type ModelConfig = z.infer<typeof modelConfigSchema>;
