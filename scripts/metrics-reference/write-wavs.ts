/**
 * Writes every pair of the metrics fixtures as 32-bit float WAV files, for reference.py.
 *
 *   npx tsx scripts/metrics-reference/write-wavs.ts <folder>
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  committedPairs,
  createPair,
  fingerprint,
  testSplitPairs,
} from '../../test/fixtures/metrics/pairs.ts';

function floatWav(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(44 + samples.byteLength);
  const view = new DataView(bytes.buffer);
  const ascii = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  ascii(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  ascii(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 3, true); // IEEE float
  view.setUint16(22, 1, true);
  view.setUint32(24, 16000, true);
  view.setUint32(28, 64000, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 32, true);
  ascii(36, 'data');
  view.setUint32(40, samples.byteLength, true);
  samples.forEach((value, i) => view.setFloat32(44 + 4 * i, value, true));
  return bytes;
}

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('usage: write-wavs.ts <folder>\n');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const index = [];
for (const pair of [...committedPairs(), ...testSplitPairs()]) {
  const signals = await createPair(pair);
  const name = pair.id.replace('/', '.');
  await writeFile(path.join(folder, `${name}.reference.wav`), floatWav(signals.reference));
  await writeFile(path.join(folder, `${name}.degraded.wav`), floatWav(signals.degraded));
  index.push({ id: pair.id, name, fingerprint: fingerprint(signals) });
}
await writeFile(path.join(folder, 'index.json'), JSON.stringify(index, null, 2));
process.stderr.write(`${index.length} pairs written to ${folder}\n`);
