/** How series are told apart: by colour, and by dash and marker for those who cannot see the colour. */
import { element, short } from './svg.ts';

export interface SeriesStyle {
  color: string;
  /** SVG dash pattern; undefined is solid. */
  dash: string | undefined;
  marker: Marker;
}

type Marker = 'circle' | 'square' | 'triangle' | 'diamond' | 'down' | 'cross' | 'plus' | 'ring';

/** Okabe and Ito's colours for all kinds of colour vision, without the yellow that white swallows. */
const STYLES: readonly SeriesStyle[] = [
  { color: '#0072b2', dash: undefined, marker: 'circle' },
  { color: '#d55e00', dash: '7 3', marker: 'square' },
  { color: '#009e73', dash: '2 3', marker: 'triangle' },
  { color: '#b5508b', dash: '9 3 2 3', marker: 'diamond' },
  { color: '#c98a00', dash: '4 2', marker: 'down' },
  { color: '#3a9bd9', dash: '12 3', marker: 'plus' },
  { color: '#6b4226', dash: '5 2 1 2 1 2', marker: 'cross' },
  { color: '#000000', dash: '1 2', marker: 'ring' },
];

/** @param index of the series; they repeat after eight */
export function seriesStyle(index: number): SeriesStyle {
  return STYLES[index % STYLES.length]!;
}

export function marker(
  { marker: shape, color }: SeriesStyle,
  x: number,
  y: number,
  r = 3.6,
): string {
  const path = (points: readonly (readonly [number, number])[]): string =>
    `M${points.map(([px, py]) => `${short(x + px * r)} ${short(y + py * r)}`).join('L')}`;
  const filled = (points: readonly (readonly [number, number])[]): string =>
    element('path', { d: `${path(points)}Z`, fill: color });
  const strokes = (...parts: (readonly (readonly [number, number])[])[]): string =>
    element('path', {
      d: parts.map(path).join(''),
      stroke: color,
      'stroke-width': 2,
      fill: 'none',
    });
  switch (shape) {
    case 'circle':
      return element('circle', { cx: x, cy: y, r, fill: color });
    case 'ring':
      return element('circle', {
        cx: x,
        cy: y,
        r,
        fill: '#ffffff',
        stroke: color,
        'stroke-width': 1.5,
      });
    case 'square':
      return filled([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]); // prettier-ignore
    case 'triangle':
      return filled([[0, -1.2], [1.1, 0.8], [-1.1, 0.8]]); // prettier-ignore
    case 'down':
      return filled([[0, 1.2], [1.1, -0.8], [-1.1, -0.8]]); // prettier-ignore
    case 'diamond':
      return filled([[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]]); // prettier-ignore
    case 'plus':
      return strokes([[-1.2, 0], [1.2, 0]], [[0, -1.2], [0, 1.2]]); // prettier-ignore
    case 'cross':
      return strokes([[-1, -1], [1, 1]], [[-1, 1], [1, -1]]); // prettier-ignore
  }
}

/** A line with its marker, for a legend. */
export function sample(style: SeriesStyle, x: number, y: number, width = 30): string {
  const stroke = { stroke: style.color, 'stroke-width': 2, 'stroke-dasharray': style.dash };
  const drawn = element('line', { x1: x, y1: y, x2: x + width, y2: y, ...stroke });
  return drawn + marker(style, x + width / 2, y);
}
