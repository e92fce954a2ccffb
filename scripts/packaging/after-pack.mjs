// @ts-check
/** electron-builder's hook between collecting the files and making packages of them. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** @param {{ appOutDir: string, electronPlatformName: string }} context */
export default async function afterPack({ appOutDir, electronPlatformName }) {
  if (electronPlatformName !== 'linux') return;
  const modules = path.join(appOutDir, 'resources', 'app.asar.unpacked', 'node_modules');
  const library = path.join(modules, 'naudiodon', 'build', 'Release', 'naudiodon.node');
  const isThere = await stat(library).then(
    () => true,
    () => false, // optional: it is left out where it could not be compiled
  );
  if (isThere) await makeRunpathRelative(library);
}

const ORIGIN = '$ORIGIN\0';

/**
 * naudiodon's binary looks for PortAudio in the folder that it was compiled in. In the place of that path it gets the
 * name that the loader gives to the folder it lies in.
 * @param {string} library an ELF file, changed in place
 */
export async function makeRunpathRelative(library) {
  const bytes = await readFile(library);
  const text = bytes.toString('latin1');
  const found = /\0(\/[^\0]*\/naudiodon\/build\/Release)\0/.exec(text);
  if (found === null) {
    if (text.includes(ORIGIN)) return;
    throw new Error(`${library}: no run path to change; PortAudio would not be found`);
  }
  bytes.write(ORIGIN, found.index + 1, 'latin1');
  await writeFile(library, bytes);
}
