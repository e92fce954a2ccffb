/** A table of shares as coloured cells, with the number in each. */
import { element, FAINT, INK, text, textWidth } from './svg.ts';

export interface HeatMapRow {
  label: string;
  /** 0–1. */
  values: readonly number[];
}

const CELL = { width: 34, height: 22 };

/** @returns markup with its top left corner at 0 0, and its size */
export function heatMap(
  title: string,
  xLabel: string,
  rows: readonly HeatMapRow[],
): { markup: string; width: number; height: number } {
  const columns = Math.max(1, ...rows.map(({ values }) => values.length));
  const left = Math.max(40, ...rows.map(({ label }) => textWidth(label, 12))) + 12;
  const top = 44;
  const parts = [text(0, 16, title, { size: 13, weight: '600' })];
  for (let c = 0; c < columns; c++) {
    const x = left + (c + 0.5) * CELL.width;
    parts.push(text(x, top - 6, String(c + 1), { size: 11, anchor: 'middle', color: FAINT }));
  }
  rows.forEach(({ label, values }, r) => {
    const y = top + r * CELL.height;
    parts.push(text(left - 8, y + 15, label, { anchor: 'end' }));
    values.forEach((value, c) => {
      const x = left + c * CELL.width;
      const fill = colorOf(value);
      const color = value > 0.55 ? '#ffffff' : INK;
      parts.push(
        element('rect', { x, y, width: CELL.width - 1, height: CELL.height - 1, fill }),
        text(x + CELL.width / 2, y + 15, (100 * value).toFixed(0), {
          size: 11,
          anchor: 'middle',
          color,
        }),
      );
    });
  });
  const height = top + rows.length * CELL.height + 20;
  parts.push(text(left, height - 4, xLabel, { size: 11, color: FAINT }));
  const width = Math.max(left + columns * CELL.width, textWidth(title, 13));
  return { markup: parts.join('\n'), width, height };
}

/** From near white to dark blue: lightness alone tells the order. */
function colorOf(value: number): string {
  const share = Math.max(0, Math.min(1, value));
  const mix = (from: number, to: number): string =>
    Math.round(from + (to - from) * share)
      .toString(16)
      .padStart(2, '0');
  return `#${mix(0xf3, 0x08)}${mix(0xf4, 0x45)}${mix(0xf6, 0x94)}`;
}
