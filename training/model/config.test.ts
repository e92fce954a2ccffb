import { describe, expect, it } from 'vitest';
import { modelConfigSchema } from './config.ts';

const network = { width: 8, hidden: 8, dilations: [1] };
const base = {
  sampleRate: 16000,
  hopSamples: 32,
  denoiser: { kind: 'full-band', ...network, filterTaps: 1 },
  encoder: network,
  decoder: network,
  latentDim: 32,
};
const accepts = (overrides: Record<string, unknown>): boolean =>
  modelConfigSchema.safeParse({ ...base, ...overrides }).success;

describe('modelConfigSchema', () => {
  it('takes band companding where the whole frame is the latent, and only there', () => {
    expect(accepts({ bandCompanding: 0.4 })).toBe(true);
    expect(accepts({ bandCompanding: 0.4, directCoefficients: 32 })).toBe(true);
    expect(accepts({ bandCompanding: 0.4, directCoefficients: 16 })).toBe(false);
    expect(accepts({ bandCompanding: 0.4, latentDim: 16 })).toBe(false);
    expect(accepts({ bandCompanding: 0.4, latentDim: 64 })).toBe(false);
    for (const bandCompanding of [-0.1, 1, Number.NaN]) {
      expect(accepts({ bandCompanding })).toBe(false);
    }
  });

  it('goes without an encoder network only where companding makes the latent', () => {
    expect(accepts({ encoder: null, bandCompanding: 0.4 })).toBe(true);
    expect(accepts({ encoder: null })).toBe(false);
    expect(accepts({ decoder: null, bandCompanding: 0.4 })).toBe(false);
  });

  it('switches denoising only where the codec has the noisy sound', () => {
    expect(accepts({ denoiseSwitch: true, encoderSees: 'noisy' })).toBe(true);
    expect(accepts({ denoiseSwitch: true, encoderSees: 'denoised' })).toBe(false);
  });

  it('has bands that fit the frame, and no more direct coefficients than frame and latent', () => {
    expect(accepts({ directCoefficients: 33 })).toBe(false);
    expect(accepts({ latentDim: 16, directCoefficients: 17 })).toBe(false);
    expect(accepts({ latentDim: 16, directCoefficients: 16 })).toBe(true);
  });
});
