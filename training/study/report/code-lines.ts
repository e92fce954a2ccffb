/** How much code each quantizer family takes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a family lives when its file is not called like it. */
const FILES: Readonly<Record<string, string>> = {
  vq: 'residual',
  rvq: 'residual',
  simvq: 'residual',
  pq: 'product',
};

/** Known to all families. */
const COMMON = new Set(['index.ts', 'quantizer.ts']);

export interface CodeLines {
  /** Of the family's own file, without blank lines and comments. */
  own: number;
  /** Together with the files beside it that it needs. */
  all: number;
}

/** @param folder training/quantizers; @returns undefined when the family has no file there */
export function codeLines(folder: string, family: string): CodeLines | undefined {
  const file = `${FILES[family] ?? family}.ts`;
  if (!existsSync(join(folder, file))) return undefined;
  const seen = new Map<string, number>();
  const visit = (name: string): void => {
    const path = join(folder, name);
    if (COMMON.has(name) || seen.has(name) || !existsSync(path)) return;
    const text = readFileSync(path, 'utf8');
    seen.set(name, countLines(text));
    for (const [, beside] of text.matchAll(/from '\.\/([^'/]+)'/g)) visit(beside!);
  };
  visit(file);
  return { own: seen.get(file)!, all: [...seen.values()].reduce((a, b) => a + b, 0) };
}

/** Lines that are neither blank nor comment; comments as Prettier leaves them, on lines of their own. */
export function countLines(text: string): number {
  return text
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}
