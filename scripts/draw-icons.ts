/** Draws the PNGs of resources/icons from the SVGs there: `npx tsx scripts/draw-icons.ts [chromium]`. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

const folder = path.resolve(import.meta.dirname, '../resources/icons');

/** Tray icons are this large, points: macOS wants 16 to 18, the others scale 32 well. */
const drawings: readonly { svg: string; png: string; size: number }[] = [
  { svg: 'icon.svg', png: 'icon.png', size: 1024 },
  ...[16, 24, 32, 48, 64, 128, 256, 512].map((size) => ({
    svg: 'icon.svg',
    png: `linux/${size}x${size}.png`,
    size,
  })),
  ...['on', 'off'].flatMap((state) => [
    { svg: `tray-${state}.svg`, png: `tray-${state}.png`, size: 24 },
    { svg: `tray-${state}.svg`, png: `tray-${state}@2x.png`, size: 48 },
    { svg: `tray-${state}-Template.svg`, png: `tray-${state}-Template.png`, size: 18 },
    { svg: `tray-${state}-Template.svg`, png: `tray-${state}-Template@2x.png`, size: 36 },
  ]),
  { svg: 'rsd.svg', png: 'rsd.png', size: 512 },
];

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const { svg, png, size } of drawings) {
  const text = await readFile(path.join(folder, svg), 'utf8');
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${text}`,
  );
  await writeFile(path.join(folder, png), await page.screenshot({ omitBackground: true }));
}
await browser.close();
