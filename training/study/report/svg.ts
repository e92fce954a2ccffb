/** A small writer of SVG: elements as text, numbers short, the same input always the same bytes. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";

export const INK = '#24292f';
export const FAINT = '#57606a';
export const GRID = '#d8dee4';

/** One element; children are markup, already escaped. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const list = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [` ${key}="${escape(typeof value === 'number' ? short(value) : value)}"`],
  );
  const open = `<${name}${list.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export function text(
  x: number,
  y: number,
  content: string,
  { size = 12, anchor = 'start', color = INK, weight, ...rest }: TextOptions = {},
): string {
  return element(
    'text',
    { x, y, 'font-size': size, 'text-anchor': anchor, fill: color, 'font-weight': weight, ...rest },
    escape(content),
  );
}

interface TextOptions extends Record<string, string | number | undefined> {
  size?: number;
  anchor?: 'start' | 'middle' | 'end';
  color?: string;
  weight?: string;
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  more: Attributes = {},
): string {
  return element('line', { x1, y1, x2, y2, stroke: GRID, ...more });
}

export function group(dx: number, dy: number, ...children: string[]): string {
  return element(
    'g',
    { transform: `translate(${short(dx)} ${short(dy)})` },
    '\n',
    ...children,
    '\n',
  );
}

/**
 * A whole picture on white, so that it can be read on dark pages too.
 * @param title and `description`: what it shows, for those who do not see it
 */
export function picture(
  width: number,
  height: number,
  title: string,
  description: string,
  ...children: string[]
): string {
  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      role: 'img',
      'font-family': FONT,
    },
    '\n',
    element('title', {}, escape(title)),
    '\n',
    element('desc', {}, escape(description)),
    '\n',
    element('rect', { width, height, fill: '#ffffff' }),
    '\n',
    ...children.map((child) => `${child}\n`),
  );
  return `${svg}\n`;
}

/** About how wide a text is, in the unit of `size`: for laying labels out. */
export function textWidth(content: string, size: number): number {
  return 0.56 * size * content.length;
}

export function escape(content: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return content.replaceAll(/[&<>"]/g, (character) => entities[character]!);
}

export function short(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}
