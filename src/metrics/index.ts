/**
 * Objective quality measures. All are pure functions on Float32Array and throw ResiduaError on input
 * for which the measure is undefined; none returns NaN.
 */
export { siSdr, siSdrImprovement } from './si-sdr.ts';
export { stoi, estoi } from './stoi/stoi.ts';
export { pesqWb } from './pesq/pesq.ts';
export { logSpectralDistance } from './spectral-distance.ts';
export { codebookUsage, type CodebookUsage } from './code-usage.ts';
export { integratedLoudness } from './loudness.ts';
