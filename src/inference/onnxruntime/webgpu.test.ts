import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** Software Vulkan of Debian's chromium: a real test of the GPU path, not of its speed. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Vulkan looks for its driver once per process: the environment has to stand before it starts. */
function run<T>(script: string): T {
  const runtime = mkdtempSync(join(tmpdir(), 'residua-xdg-'));
  try {
    const output = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { ...process.env, VK_ICD_FILENAMES: DRIVER, XDG_RUNTIME_DIR: runtime },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return JSON.parse(output) as T;
  } finally {
    rmSync(runtime, { recursive: true });
  }
}

const SETUP = `
  import { loadModel } from './src/codec/model-folder.ts';
  import { createCodecSession } from './src/codec/session.ts';
  import { FallbackLoader } from './src/inference/fallback.ts';
  import { OrtLoader } from './src/inference/onnxruntime/loader.ts';
  const hop = (k) => Float32Array.from({ length: 160 }, (_, i) => 0.3 * Math.sin(0.05 * (160 * k + i)));
`;

describe.skipIf(!existsSync(DRIVER))(
  "WebGPU on a software driver [needs Debian's chromium]",
  () => {
    it('computes what the cpu computes, for every quantizer of the shipped model', () => {
      const results = run<{ quantizer: string; error: number; equalCodes: number }[]>(`${SETUP}
      const model = await loadModel('models/residua-v1');
      const results = [];
      for (const { id: quantizer, maxCodebooks } of model.manifest.quantizers) {
        const sessions = [];
        for (const provider of ['cpu', 'webgpu']) {
          sessions.push(await createCodecSession(model, new OrtLoader(), { quantizer, provider }));
        }
        const [cpu, gpu] = sessions;
        let [error, scale, equal, codes] = [0, 1e-3, 0, 0];
        const [a, b] = [new Float32Array(160), new Float32Array(160)];
        for (let k = 0; k < 4; k++) {
          if (maxCodebooks === 0) {
            await cpu.processHop(hop(k), a);
            await gpu.processHop(hop(k), b);
          } else {
            await cpu.encodeHop(hop(k), new Int32Array(maxCodebooks));
            await gpu.encodeHop(hop(k), new Int32Array(maxCodebooks));
            cpu.lastCodes.forEach((c, i) => (equal += c === gpu.lastCodes[i] ? 1 : 0));
            codes += maxCodebooks;
            // One argmax tie must not make the sounds incomparable: both decode the cpu's codes.
            const same = cpu.lastCodes.slice();
            await cpu.decodeHop(same, a);
            await gpu.decodeHop(same, b);
          }
          a.forEach((v, i) => {
            scale = Math.max(scale, Math.abs(v));
            error = Math.max(error, Math.abs(v - b[i]));
          });
        }
        results.push({ quantizer, error: error / scale, equalCodes: codes === 0 ? 1 : equal / codes });
        for (const session of sessions) await session.dispose();
      }
      console.log(JSON.stringify(results));
    `);
      expect(results.length).toBeGreaterThan(0);
      for (const { quantizer, error, equalCodes } of results) {
        expect(error, quantizer).toBeLessThan(2e-3);
        expect(equalCodes, quantizer).toBeGreaterThanOrEqual(0.95);
      }
    });

    it('is tried, found right and timed by auto; the cpu is faster here', () => {
      const choice = run<{
        provider: string;
        reason: string;
        trials: { usable: boolean }[];
      }>(`${SETUP}
      const model = await loadModel('test/fixtures/tiny-model');
      const session = await createCodecSession(model, new OrtLoader(), { quantizer: 'rvq', provider: 'auto' });
      console.log(JSON.stringify(session.providerChoice));
    `);
      expect(choice.provider).toBe('cpu');
      expect(choice.trials.find((t) => 'provider' in t && t.provider === 'webgpu')).toMatchObject({
        usable: true,
        reason: expect.stringMatching(/agrees with cpu, .* ms per hop, p99/),
      });
      expect(choice.reason).toMatch(/cpu has the best p99 of 2 that agree.*webgpu: .*cuda: /);
    });

    it('gives way to the cpu in mid-stream when it is too slow, and the sound goes on', () => {
      const result = run<{
        before: string;
        after: string;
        error: number;
        events: string[];
      }>(`${SETUP}
      const model = await loadModel('test/fixtures/tiny-model');
      const events = [];
      const loader = new FallbackLoader(new OrtLoader(), {
        slowMs: 0.01,
        windowSteps: 10,
        onFallback: ({ problem }) => events.push(problem.message),
      });
      const session = await createCodecSession(model, loader, { quantizer: 'none', provider: 'webgpu' });
      const reference = await createCodecSession(model, new OrtLoader(), { quantizer: 'none' });
      const before = session.provider;
      const [a, b] = [new Float32Array(160), new Float32Array(160)];
      let error = 0;
      for (let k = 0; k < 40; k++) {
        await session.processHop(hop(k), a);
        await reference.processHop(hop(k), b);
        a.forEach((v, i) => (error = Math.max(error, Math.abs(v - b[i]))));
      }
      console.log(JSON.stringify({ before, after: session.provider, error, events }));
    `);
      expect(result).toMatchObject({ before: 'webgpu', after: 'cpu' });
      expect(result.error).toBeLessThan(1e-4);
      expect(result.events).toHaveLength(1);
      expect(result.events[0]).toContain("'webgpu' is not used any more");
    });
  },
);
