/**
 * What must hold for every model that is shipped (models/*) and for the tiny fixture: integrity,
 * chunking, causality, latency, and decode(encode(x)) = process(x), through the code stream as well.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudio } from '../src/audio/open-audio.ts';
import { isContinuous, parseManifest } from '../src/codec/manifest.ts';
import { loadModel, verifyModel } from '../src/codec/model-folder.ts';
import type { LoadedModel } from '../src/codec/model-folder.ts';
import { matchRsdModel, readRsd, rsdHeaderFor, RsdWriter } from '../src/codec/rsd.ts';
import { createCodecSession } from '../src/codec/session.ts';
import type { CodecSession } from '../src/codec/session.ts';
import { OrtLoader } from '../src/inference/onnxruntime/loader.ts';

const ROOT = join(import.meta.dirname, '..');
const folders = ['test/fixtures/tiny-model', ...modelFolders('models')].map((f) => join(ROOT, f));
const loader = new OrtLoader();

function modelFolders(root: string): string[] {
  const path = join(ROOT, root);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => existsSync(join(path, name, 'manifest.json')))
    .map((name) => join(root, name));
}

/** Two seconds of a noisy recording from the demo. */
async function recording(): Promise<Float32Array> {
  const folder = join(ROOT, 'resources/demo/noisy');
  const file = readdirSync(folder).sort()[0]!;
  const { channels } = await readAudio(join(folder, file));
  return channels[0]!.slice(16_000, 48_000);
}

/** Repeatable numbers in 0…1 (Park and Miller). */
function random(seed: number): () => number {
  let s = seed;
  return () => (s = (s * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function whole(session: CodecSession, input: Float32Array): Promise<Float32Array> {
  return concat([await session.process(input), await session.flush()]);
}

const largest = (x: ArrayLike<number>) => {
  let at = 0;
  for (let i = 1; i < x.length; i++) if (Math.abs(x[i]!) > Math.abs(x[at]!)) at = i;
  return at;
};

describe.each(folders)('%s', (folder) => {
  const manifest = parseManifest(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  let model: LoadedModel;
  let noisy: Float32Array;

  beforeAll(async () => {
    model = await loadModel(folder);
    noisy = await recording();
  });

  it('holds the graphs its manifest names', async () => {
    await verifyModel(model);
  });

  describe.each(manifest.quantizers)('$id', (entry) => {
    let session: CodecSession;

    beforeAll(async () => {
      session = await createCodecSession(model, loader, { quantizer: entry.id });
    });
    afterAll(() => session.dispose());

    it('gives the same samples for any chunking, as many as went in', async () => {
      session.reset();
      const expected = await whole(session, noisy);
      expect(expected.length).toBe(noisy.length);
      expect(Math.abs(expected[largest(expected)]!)).toBeGreaterThan(0);
      const next = random(11);
      const parts: Float32Array[] = [];
      for (let at = 0; at < noisy.length;) {
        const size = Math.floor(next() ** 3 * 2000);
        parts.push(await session.process(noisy.subarray(at, at + size)));
        at += size;
      }
      parts.push(await session.flush());
      expect(concat(parts)).toEqual(expected);
    });

    it('never changes past output when the input goes on', async () => {
      session.reset();
      const full = await session.process(noisy);
      for (const cut of [manifest.hopSamples, 7777, 20_000]) {
        session.reset();
        const altered = noisy.slice(0, cut + 4000).fill(0.7, cut);
        const output = await session.process(altered);
        // Everything that was out before the first different hop came in.
        const settled =
          Math.floor(cut / manifest.hopSamples) * manifest.hopSamples -
          (manifest.algorithmicLatencySamples - manifest.hopSamples);
        expect(output.slice(0, Math.max(0, settled))).toEqual(full.slice(0, Math.max(0, settled)));
      }
      session.reset();
    });

    it('shows an impulse exactly algorithmicLatencySamples later', async () => {
      const { hopSamples, algorithmicLatencySamples } = session;
      const response = new Float64Array(2 * algorithmicLatencySamples);
      for (const position of [16_000, 16_047, 16_102, 16_159, 16_213, 16_300]) {
        // A click in running speech: what it changes is its image in the output, codes aside.
        const live = async (click: number) => {
          session.reset();
          const input = noisy.slice(0, 16_000 + 10 * hopSamples);
          input[position]! += click;
          // A player that starts one hop behind the microphone.
          const played = new Float32Array(input.length + hopSamples);
          for (let at = 0; at + hopSamples <= input.length; at += hopSamples) {
            const hop = played.subarray(at + hopSamples, at + 2 * hopSamples);
            await session.processHop(input.subarray(at, at + hopSamples), hop);
          }
          return played;
        };
        const [without, with1] = [await live(0), await live(0.9)];
        const image = without.map((v, i) => with1[i]! - v);
        // Nothing may move before the click's hop could have been heard; of the two frames that the
        // click is in, the second at the latest must show it.
        const first = image.findIndex((v) => v !== 0);
        const earliest = Math.floor(position / hopSamples) * hopSamples + hopSamples;
        expect(first).toBeGreaterThanOrEqual(earliest);
        expect(first).toBeLessThan(earliest + 2 * hopSamples);
        response.forEach((sum, lag) => (response[lag] = sum + (image[position + lag] ?? 0)));
      }
      // What the denoiser makes of a click depends on the speech around it; over several clicks that averages
      // out. A coarse code cannot place a click to the sample, and its decoder rings on: only its start counts.
      if (isContinuous(entry)) expect(largest(response)).toBe(algorithmicLatencySamples);
    });

    it('stays finite and quiet on silence, full-scale noise and silence again', async () => {
      session.reset();
      const silence = new Float32Array(16_000);
      const next = random(5);
      const loud = Float32Array.from({ length: 8000 }, () => next() * 2 - 1);
      for (const part of [silence, loud, silence]) {
        const output = await session.process(part);
        expect(output.every(Number.isFinite)).toBe(true);
        expect(Math.abs(output[largest(output)] ?? 0)).toBeLessThan(4);
      }
      session.reset();
    });

    if (isContinuous(entry)) {
      it('has no codes to write', async () => {
        session.reset();
        await expect(session.encode(noisy)).rejects.toMatchObject({ code: 'QUANTIZER_CONTINUOUS' });
      });
      return;
    }

    it('decode(encode(x)) equals process(x), through the code stream', async () => {
      const all = entry.maxCodebooks;
      for (const codebooks of new Set([1, Math.ceil(all / 2), all])) {
        session.reset();
        session.setCodebooks(codebooks);
        const expected = await whole(session, noisy);

        const header = rsdHeaderFor(manifest, entry, {
          codebooks,
          channels: 1,
          originalSampleRate: manifest.sampleRate,
        });
        const writer = new RsdWriter(header);
        writer.start();
        const body = [
          writer.push([await session.encode(noisy.subarray(0, 9999))]),
          writer.push([await session.encode(noisy.subarray(9999))]),
          writer.push([await session.encodeFlush()]),
        ];
        const end = writer.finish(noisy.length, noisy.length);
        const stream = await readRsd([end.header, ...body, end.rest]);
        expect(matchRsdModel(stream.header, manifest)).toBe(entry);

        const decoder = await createCodecSession(model, loader, {
          quantizer: entry.id,
          codebooks: stream.header.codebooks,
        });
        const parts: Float32Array[] = [];
        for await (const block of stream.blocks) parts.push(await decoder.decode(block.codes[0]!));
        await decoder.dispose();
        expect(concat(parts).slice(0, stream.header.modelSamples)).toEqual(expected);
      }
      session.setCodebooks(all);
    });
  });
});
