/** Draws the icons of resources/ from the SVGs there: `npx tsx scripts/draw-icons.ts [chromium]`. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';

const icons = path.resolve(import.meta.dirname, '../resources/icons');
const packaging = path.resolve(import.meta.dirname, '../resources/packaging');

interface Drawing {
  readonly size: number;
  readonly png: Buffer;
}

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();

await write('icon.png', await draw(page, 'icon', 1024));
for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
  await write(`linux/${size}x${size}.png`, await draw(page, 'icon', size));
}
for (const state of ['on', 'off']) {
  for (const scale of [1, 2]) {
    const suffix = scale === 1 ? '' : `@${scale}x`;
    await write(`tray-${state}${suffix}.png`, await draw(page, `tray-${state}`, 24 * scale));
    const template = `tray-${state}-Template`;
    await write(`${template}${suffix}.png`, await draw(page, template, 18 * scale));
  }
}
for (const name of ['icon', 'rsd']) {
  await writeFile(path.join(packaging, `${name}.ico`), ico(await drawAll(name, [16, 32, 48, 256])));
  await writeFile(
    path.join(packaging, `${name}.icns`),
    icns(await drawAll(name, [128, 256, 512, 1024])),
  );
}
await browser.close();

async function draw(on: Page, name: string, size: number): Promise<Drawing> {
  const svg = await readFile(path.join(icons, `${name}.svg`), 'utf8');
  const style = `*{margin:0}svg{display:block;width:${size}px;height:${size}px}`;
  await on.setViewportSize({ width: size, height: size });
  await on.setContent(`<style>${style}</style>${svg}`);
  return { size, png: await on.screenshot({ omitBackground: true }) };
}

async function drawAll(name: string, sizes: readonly number[]): Promise<Drawing[]> {
  const drawings: Drawing[] = [];
  for (const size of sizes) drawings.push(await draw(page, name, size));
  return drawings;
}

async function write(file: string, { png }: Drawing): Promise<void> {
  await writeFile(path.join(icons, file), png);
}

/** Windows: a directory of images, each a PNG as it is. */
function ico(drawings: readonly Drawing[]): Buffer {
  const header = Buffer.alloc(6 + 16 * drawings.length);
  header.writeUInt16LE(1, 2); // icons, not cursors
  header.writeUInt16LE(drawings.length, 4);
  let offset = header.length;
  drawings.forEach(({ size, png }, i) => {
    const entry = 6 + 16 * i;
    header.writeUInt8(size % 256, entry); // 0 stands for 256
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4); // planes
    header.writeUInt16LE(32, entry + 6); // bits per pixel
    header.writeUInt32LE(png.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...drawings.map(({ png }) => png)]);
}

/** macOS: chunks of a type for each size, each a PNG as it is. */
function icns(drawings: readonly Drawing[]): Buffer {
  const types: Record<number, string> = { 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };
  const chunks = drawings.map(({ size, png }) => chunk(types[size]!, png));
  return chunk('icns', Buffer.concat(chunks));
}

function chunk(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 'latin1');
  header.writeUInt32BE(8 + content.length, 4);
  return Buffer.concat([header, content]);
}
