/** Markdown tables, numbers for people, and sections between markers. */
import { ResiduaError } from '../../../src/common/errors.ts';
import type { Spread } from './data.ts';

export const NOTHING = '–';

/** A number with a real minus sign, or a dash where there is none. */
export function fixed(value: number | undefined, decimals: number): string {
  if (value === undefined || !Number.isFinite(value)) return NOTHING;
  const digits = value.toFixed(decimals);
  return digits.replace(/^-(?=0(\.0*)?$)/, '').replace('-', '−');
}

/** With its sign, for differences. */
export function signed(value: number | undefined, decimals: number): string {
  const digits = fixed(value, decimals);
  return value === undefined || digits.startsWith('−') || digits === NOTHING
    ? digits
    : `+${digits}`;
}

export function withSpread(spread: Spread | undefined, decimals: number): string {
  if (spread === undefined) return NOTHING;
  const mean = fixed(spread.mean, decimals);
  return spread.seeds === 1 ? mean : `${mean} ± ${fixed(spread.half, decimals)}`;
}

/** @param rows the head first */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...body.map(line)].join('\n');
}

function cell(content: string): string {
  return content.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * Puts each section between its markers `<!-- study:NAME -->` and `<!-- /study:NAME -->`; everything else stays
 * as it is. A section without markers is left out.
 * @throws ResiduaError REPORT_MARKERS when a marker has no counterpart or stands there twice
 */
export function fillSections(
  document: string,
  sections: ReadonlyMap<string, string>,
  source: string,
): string {
  let filled = document;
  for (const [name, content] of sections) {
    const open = `<!-- study:${name} -->`;
    const close = `<!-- /study:${name} -->`;
    const [opened, closed] = [open, close].map((marker) => document.split(marker).length - 1);
    if (opened === 0 && closed === 0) continue;
    const start = filled.indexOf(open);
    const end = filled.indexOf(close);
    if (opened !== 1 || closed !== 1 || end < start) {
      throw new ResiduaError('REPORT_MARKERS', `${source}: the markers of "${name}" do not match`, {
        hint: `Write ${open} and behind it ${close}, each once.`,
      });
    }
    filled = `${filled.slice(0, start + open.length)}\n${content.trim()}\n${filled.slice(end)}`;
  }
  return filled;
}
