/** One set of axes with lines on it. */
import { doublingScale, linearScale, type Scale } from './scale.ts';
import { marker, sample, type SeriesStyle } from './styles.ts';
import { element, FAINT, group, line, short, text, textWidth } from './svg.ts';

export interface Point {
  x: number;
  y: number;
  /** Half the range over several seeds. */
  spread?: number;
}

export interface Series {
  label: string;
  style: SeriesStyle;
  points: readonly Point[];
}

/** A value to compare all lines with, as a level line. */
export interface Reference {
  label: string;
  y: number;
  /** SVG dash pattern. */
  dash: string;
}

export interface PanelOptions {
  width: number;
  height: number;
  title: string;
  series: readonly Series[];
  references?: readonly Reference[];
  xLabel?: string;
  /** doubling: logarithmic with ticks at powers of two. */
  xScale?: 'doubling' | 'linear';
  /** Values that the axes must hold besides those of the series, for panels that share them. */
  xValues?: readonly number[];
  yValues?: readonly number[];
  /** Names at the right end of the lines; room for them is taken from the width. */
  labels?: boolean;
  markers?: boolean;
  yTicks?: boolean;
}

const LABEL_SIZE = 11;
const LABEL_GAP = 13;
const REFERENCE = { stroke: FAINT, 'stroke-width': 1.5 };
/** A line that ends this far from the edge has its name at its end instead of at the edge. */
const EARLY_END = 40;

/** @returns markup whose top left corner is at 0 0 */
export function linePanel(options: PanelOptions): string {
  const { width, height, title, series, references = [], labels = true, markers = true } = options;
  const names = [...series, ...references].map(({ label }) => textWidth(label, LABEL_SIZE));
  const left = options.yTicks === false ? 8 : 44;
  const right = width - (labels ? Math.max(20, ...names) + 16 : 10);
  const top = 28;
  const bottom = height - (options.xLabel === undefined ? 22 : 40);

  const points = series.flatMap((one) => [...one.points]);
  const xs = [...points.map(({ x }) => x), ...(options.xValues ?? [])];
  const ys = [
    ...points.flatMap(({ y, spread = 0 }) => [y - spread, y + spread]),
    ...references.map(({ y }) => y),
    ...(options.yValues ?? []),
  ];
  const makeX = options.xScale === 'linear' ? linearScale : doublingScale;
  const x = makeX(xs, left, right);
  const y = linearScale(ys, bottom, top);

  const parts = [
    text(left, 16, title, { size: 13, weight: '600' }),
    ...axes(options, x, y, { left, right, top, bottom }),
  ];
  for (const { y: value, dash } of references) {
    const at = y.at(value);
    parts.push(line(left, at, right, at, { ...REFERENCE, 'stroke-dasharray': dash }));
  }
  // A lone point would vanish under the lines.
  const drawn = [...series].sort(
    (a, b) => Number(a.points.length < 2) - Number(b.points.length < 2),
  );
  for (const one of drawn) parts.push(...curve(one, x, y, markers));
  if (labels) parts.push(...endLabels(series, references, x, y, right, { top, bottom }));
  return parts.join('\n');
}

function axes(
  { xLabel, yTicks }: PanelOptions,
  x: Scale,
  y: Scale,
  box: { left: number; right: number; top: number; bottom: number },
): string[] {
  const { left, right, top, bottom } = box;
  const parts: string[] = [];
  for (const { value, label } of y.ticks) {
    const at = y.at(value);
    parts.push(line(left, at, right, at));
    if (yTicks !== false) {
      parts.push(text(left - 6, at + 4, label, { size: 11, anchor: 'end', color: FAINT }));
    }
  }
  let taken = -Infinity;
  for (const { value, label } of x.ticks) {
    const at = x.at(value);
    parts.push(line(at, top, at, bottom, { stroke: '#eef1f4' }));
    // Labels that would touch the one before are left out.
    const half = textWidth(label, 11) / 2;
    if (at - half < taken + 4) continue;
    taken = at + half;
    parts.push(text(at, bottom + 15, label, { size: 11, anchor: 'middle', color: FAINT }));
  }
  if (xLabel !== undefined) {
    parts.push(
      text((left + right) / 2, bottom + 33, xLabel, { size: 11, anchor: 'middle', color: FAINT }),
    );
  }
  return parts;
}

function curve({ points, style }: Series, x: Scale, y: Scale, markers: boolean): string[] {
  if (points.length === 0) return [];
  const at = points.map((point) => [x.at(point.x), y.at(point.y)] as const);
  const parts: string[] = [];
  for (const { x: px, y: py, spread = 0 } of points) {
    if (spread === 0) continue;
    const [u, high, low] = [x.at(px), y.at(py + spread), y.at(py - spread)];
    const d = `M${short(u)} ${short(high)}V${short(low)}M${short(u - 4)} ${short(high)}h8M${short(u - 4)} ${short(low)}h8`;
    parts.push(element('path', { d, stroke: style.color, fill: 'none' }));
  }
  if (at.length > 1) {
    parts.push(
      element('polyline', {
        points: at.map(([u, v]) => `${short(u)},${short(v)}`).join(' '),
        fill: 'none',
        stroke: style.color,
        'stroke-width': 2,
        'stroke-dasharray': style.dash,
        'stroke-linejoin': 'round',
      }),
    );
  }
  if (markers) parts.push(...at.map(([u, v]) => marker(style, u, v)));
  return parts;
}

/** Names at the right edge, moved apart where they would overlap, with a thread to the end of their line. */
function endLabels(
  series: readonly Series[],
  references: readonly Reference[],
  x: Scale,
  y: Scale,
  right: number,
  { top, bottom }: { top: number; bottom: number },
): string[] {
  const ends = series.flatMap(({ label, style: { color }, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [{ label, color, x: x.at(last.x), y: y.at(last.y) }];
  });
  const early = ends.filter((end) => end.x < right - EARLY_END);
  const wanted = [
    ...ends.filter((end) => !early.includes(end)),
    ...references.map(({ label, y: value }) => ({ label, color: FAINT, x: right, y: y.at(value) })),
  ];
  wanted.sort((a, b) => a.y - b.y);
  const places = spreadOut(
    wanted.map((one) => one.y),
    LABEL_GAP,
    top,
    bottom,
  );
  const halo = { stroke: '#ffffff', 'stroke-width': 3, 'paint-order': 'stroke' };
  return [
    ...early.map((end) =>
      text(end.x + 7, end.y + 14, end.label, { size: LABEL_SIZE, color: end.color, ...halo }),
    ),
    ...wanted.map(({ label, color, x: from, y: at }, i) => {
      const place = places[i]!;
      const thread = line(from + 5, at, right + 10, place, { stroke: color, 'stroke-width': 0.6 });
      return thread + text(right + 12, place + 4, label, { size: LABEL_SIZE, color });
    }),
  ];
}

/**
 * Moves positions (ascending) as little as is needed to be `gap` apart, inside [low, high] where they fit.
 */
export function spreadOut(
  positions: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  // Neighbours that touch become one block that stands at the mean of what its members want.
  const blocks: { sum: number; count: number }[] = [];
  const start = ({ sum, count }: { sum: number; count: number }): number => {
    const first = sum / count - ((count - 1) * gap) / 2;
    return Math.max(low, Math.min(first, high - (count - 1) * gap));
  };
  for (const position of positions) {
    blocks.push({ sum: position, count: 1 });
    for (;;) {
      const last = blocks.at(-1)!;
      const before = blocks.at(-2);
      if (before === undefined || start(before) + before.count * gap <= start(last)) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
    }
  }
  return blocks.flatMap((block) =>
    Array.from({ length: block.count }, (_, i) => start(block) + i * gap),
  );
}

/** Names of all series in rows, for pictures whose panels have no labels. */
export function legend(
  series: readonly Pick<Series, 'label' | 'style'>[],
  references: readonly Pick<Reference, 'label' | 'dash'>[],
  width: number,
): { markup: string; height: number } {
  const rowHeight = 20;
  let x = 0;
  let y = 12;
  const parts: string[] = [];
  const place = (label: string, draw: (x: number, y: number) => string): void => {
    const wide = 38 + textWidth(label, 12) + 22;
    if (x > 0 && x + wide > width) {
      x = 0;
      y += rowHeight;
    }
    parts.push(draw(x, y - 4), text(x + 38, y, label));
    x += wide;
  };
  for (const { label, style } of series) place(label, (u, v) => sample(style, u, v));
  for (const { label, dash } of references) {
    place(label, (u, v) => line(u, v, u + 30, v, { ...REFERENCE, 'stroke-dasharray': dash }));
  }
  return { markup: group(0, 0, parts.join('\n')), height: y + 14 };
}
