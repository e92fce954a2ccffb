/** Maps values to positions, with the ticks that a person would choose. */
export interface Scale {
  at(value: number): number;
  ticks: { value: number; label: string }[];
}

/** @param values what must fit; the range is widened to whole ticks */
export function linearScale(values: readonly number[], from: number, to: number, count = 5): Scale {
  const finite = values.filter(Number.isFinite);
  let low = finite.length === 0 ? 0 : Math.min(...finite);
  let high = finite.length === 0 ? 1 : Math.max(...finite);
  if (high - low < 1e-9) {
    const margin = Math.max(Math.abs(high) * 0.05, 0.1);
    low -= margin;
    high += margin;
  }
  const step = niceStep((high - low) / count);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return {
      value,
      label: value
        .toFixed(decimals)
        .replace(/^-(?=0(\.0*)?$)/, '')
        .replace('-', '−'),
    };
  });
  const start = first * step;
  const span = (last - first) * step;
  return { at: (value) => from + ((value - start) / span) * (to - from), ticks };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * 0.999)!;
  return factor * power;
}

/** Logarithmic; ticks at powers of two. Values must be above 0. */
export function doublingScale(values: readonly number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = positive.length === 0 ? 1 : Math.min(...positive);
  const high = positive.length === 0 ? 2 : Math.max(...positive);
  const [start, end] = low === high ? [low / 2, high * 2] : [low, high];
  const ticks: Scale['ticks'] = [];
  for (let k = Math.ceil(Math.log2(start) - 1e-9); 2 ** k <= end * (1 + 1e-9); k++) {
    ticks.push({ value: 2 ** k, label: String(2 ** k) });
  }
  const span = Math.log2(end / start);
  return { at: (value) => from + (Math.log2(value / start) / span) * (to - from), ticks };
}
