import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResiduaError } from '../common/errors.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import { tinyModelFiles } from '../../test/fixtures/make-tiny-model.ts';
import { findModelFolders, loadModel, verifyModel } from './model-folder.ts';
import { createCodecSession } from './session.ts';

const FIXTURE = join(import.meta.dirname, '../../test/fixtures/tiny-model');

interface LooseManifest {
  [key: string]: unknown;
  quantizers: { [key: string]: unknown; encoder: Record<string, unknown> }[];
}

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'model-'));
  folder = join(root, 'tiny');
  await cp(FIXTURE, folder, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function editManifest(edit: (m: LooseManifest) => void): Promise<void> {
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as LooseManifest;
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

const openNone = async () =>
  createCodecSession(await loadModel(folder), new OrtLoader(), { quantizer: 'none' });

describe('the fixture', () => {
  it('is what its script generates, byte for byte', async () => {
    for (const [file, bytes] of tinyModelFiles()) {
      const stored = new Uint8Array(await readFile(join(FIXTURE, file)));
      expect(Buffer.compare(stored, bytes), file).toBe(0);
    }
  });

  it('passes verification and is found', async () => {
    await mkdir(join(root, 'not-a-model'));
    await writeFile(join(root, 'notes.txt'), '');
    expect(await findModelFolders(root)).toEqual([folder]);
    expect(await findModelFolders(join(root, 'nowhere'))).toEqual([]);
    await verifyModel(await loadModel(folder));
  });
});

describe('a broken model folder is refused in one line that says what to do', () => {
  async function expectRefused(action: () => Promise<unknown>, code: string, message: RegExp) {
    const error = await action().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ResiduaError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((error as ResiduaError).message).not.toContain('\n');
    expect((error as ResiduaError).hint).toBeTruthy();
  }

  it('no folder, no manifest, a manifest that is no JSON or something else', async () => {
    await expectRefused(
      () => loadModel(join(root, 'no')),
      'MODEL_NOT_FOUND',
      /manifest\.json is missing/,
    );
    const path = join(folder, 'manifest.json');
    for (const [text, message] of [
      ['', /not valid JSON/],
      ['{"format":', /not valid JSON/],
      ['[]', /not a Residua model/],
      ['{"format":"other","formatVersion":1}', /not a Residua model/],
    ] as const) {
      await writeFile(path, text);
      await expectRefused(() => loadModel(folder), 'MODEL_CORRUPT', message);
    }
    await rm(path);
    await mkdir(path);
    await expectRefused(() => loadModel(folder), 'MODEL_NOT_FOUND', /EISDIR/);
  });

  it.each([2, 0, '1', null, undefined])('format version %s', async (version) => {
    await editManifest((m) => (m['formatVersion'] = version));
    await expectRefused(() => loadModel(folder), 'MODEL_VERSION', /reads version 1/);
  });

  it.each<[string, (m: LooseManifest) => void, RegExp]>([
    ['a missing field', (m) => delete m['sampleRate'], /sampleRate/],
    ['a rate of text', (m) => (m['sampleRate'] = '16000'), /sampleRate/],
    ['a hop of 0', (m) => (m['hopSamples'] = 0), /hopSamples/],
    ['a fractional hop', (m) => (m['hopSamples'] = 160.5), /hopSamples/],
    ['a window below the hop', (m) => (m['windowSamples'] = 100), /windowSamples/],
    ['a latency below the hop', (m) => (m['algorithmicLatencySamples'] = 1), /Latency/],
    ['no quantizers', (m) => (m.quantizers = []), /quantizers/],
    ['two of one id', (m) => m.quantizers.push(m.quantizers[0]!), /must differ/],
    ['bits that lie', (m) => (m.quantizers[1]!['bitsPerCodebook'] = 10), /log2/],
    [
      'code use of too few codebooks',
      (m) => (m.quantizers[1]!['codes'] = [{ usage: 1, perplexity: 16, effectiveBits: 4 }]),
      /one entry per codebook/,
    ],
    ['codes without codebooks', (m) => (m.quantizers[0]!['codebookSize'] = 5), /must be 0/],
    [
      'a path out of the folder',
      (m) => (m.quantizers[0]!.encoder['file'] = '../evil.onnx'),
      /plain/,
    ],
    ['a hash of nonsense', (m) => (m.quantizers[0]!.encoder['sha256'] = 'abc'), /hex/],
    ['an endless state', (m) => (m.quantizers[0]!.encoder['stateSize'] = 1e12), /stateSize/],
  ])('%s', async (_, edit, message) => {
    await editManifest(edit);
    await expectRefused(() => loadModel(folder), 'MODEL_CORRUPT', message);
  });

  it('a graph that is missing, cut or changed', async () => {
    const path = join(folder, 'encoder-none.onnx');
    const bytes = await readFile(path);
    const flipped = Uint8Array.from(bytes);
    flipped[5000]! ^= 1;
    await writeFile(path, flipped);
    await expectRefused(openNone, 'MODEL_HASH_MISMATCH', /SHA-256/);
    await writeFile(path, bytes.subarray(0, 100));
    await expectRefused(openNone, 'MODEL_HASH_MISMATCH', /100 bytes instead of/);
    await rm(path);
    await expectRefused(openNone, 'MODEL_NOT_FOUND', /encoder-none\.onnx is missing/);
    await expectRefused(
      async () => verifyModel(await loadModel(folder)),
      'MODEL_NOT_FOUND',
      /encoder/,
    );
  });

  it('a graph that is no graph although its hash fits', async () => {
    for (const junk of [
      new Uint8Array(64).fill(7),
      new TextEncoder().encode('not a graph at all'),
    ]) {
      await writeFile(join(folder, 'encoder-none.onnx'), junk);
      const sha256 = createHash('sha256').update(junk).digest('hex');
      await editManifest((m) =>
        Object.assign(m.quantizers[0]!.encoder, { sha256, bytes: junk.length }),
      );
      await expectRefused(openNone, 'MODEL_CORRUPT', /encoder-none\.onnx cannot be used/);
    }
  });

  it('a graph that does not fit its manifest', async () => {
    await editManifest((m) => (m.quantizers[0]!.encoder['stateSize'] = 161));
    await expectRefused(
      openNone,
      'MODEL_SIGNATURE',
      /'state' is float32 \[160\], not float32 \[161\]/,
    );
  });
});
