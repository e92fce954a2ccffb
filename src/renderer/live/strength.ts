/**
 * The strength slider: an attenuation limit of 0…40 dB in steps of 1, and one step further "full", which is no
 * limit (`null`).
 */
const LIMIT_MAX_DB = 40;
export const STRENGTH_MAX = LIMIT_MAX_DB + 1;

/** @param limitDb a limit beyond the slider's range, set elsewhere, stands at its last step before "full" */
export function limitToSlider(limitDb: number | null): number {
  return limitDb === null ? STRENGTH_MAX : Math.min(LIMIT_MAX_DB, Math.round(limitDb));
}

export function sliderToLimit(value: number): number | null {
  return value >= STRENGTH_MAX ? null : value;
}
