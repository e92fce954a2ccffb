/** Numbers as a person reads them. */

/** 1102345 -> '1.10 M', 48000 -> '48.0 k', 812 -> '812' */
export function formatCount(value: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  // Rounded first, so that 999 999 reads 1.00 M and not 1000 k.
  const rounded = value === 0 ? 0 : Number(value.toPrecision(3));
  for (const [unit, prefix] of steps) {
    if (rounded >= unit) return `${(rounded / unit).toPrecision(3)} ${prefix}`;
  }
  return String(rounded);
}

/** @param kbps 0 means that nothing is coded */
export function formatBitrate(kbps: number): string {
  return kbps === 0 ? 'not coded' : `${Number(kbps.toFixed(2))} kbit/s`;
}

export function formatMs(ms: number): string {
  return `${Number(ms.toFixed(2))} ms`;
}

export function formatKhz(hz: number): string {
  return `${Number((hz / 1000).toFixed(2))} kHz`;
}
