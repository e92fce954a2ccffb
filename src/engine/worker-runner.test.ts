import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadModel } from '../codec/model-folder.ts';
import { createCodecSession } from '../codec/session.ts';
import { systemClock } from '../common/clock.ts';
import { OrtLoader } from '../inference/onnxruntime/loader.ts';
import { CodecMemory } from './codec-memory.ts';
import type { RunnerReport, RunnerSetup } from './codec-runner.ts';
import { initialControls } from './controls.ts';
import { flags, HopRecord, recordShape } from './hop-record.ts';
import { WorkerRunner } from './worker-runner.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const MODEL = join(FIXTURES, 'tiny-model');
const ENTRY = new URL('../../test/fixtures/codec-worker-boot.mjs', import.meta.url);
const model = await loadModel(MODEL);
const { manifest } = model;
const HOP = manifest.hopSamples;

const runners: WorkerRunner[] = [];
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.dispose();
});

function setup(change: Partial<RunnerSetup> = {}) {
  const memory = CodecMemory.allocate({
    sampleRateHz: manifest.sampleRate,
    hopSamples: HOP,
    recordLength: recordShape(manifest).length,
  });
  const reports: RunnerReport[] = [];
  const runner = new WorkerRunner(
    {
      modelFolder: MODEL,
      provider: 'cpu',
      memory,
      controls: initialControls(manifest),
      report: (report) => reports.push(report),
      ...change,
    },
    { entry: ENTRY, clock: systemClock },
  );
  runners.push(runner);
  let hop = 0;
  return {
    memory,
    runner,
    reports,
    push(samples: Float32Array) {
      memory.setReady(hop++, systemClock.nowMs());
      memory.capture.write(samples);
      runner.wake();
    },
  };
}

const tone = (k: number) =>
  Float32Array.from({ length: HOP }, (_, i) => 0.4 * Math.sin(0.05 * (k * HOP + i)));

const order = (level: number) => new Float32Array(HOP).fill(level);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(1);
}

describe('WorkerRunner', () => {
  it('computes in its thread what a session computes here, and reports each hop', async () => {
    const { memory, runner, reports, push } = setup();
    await runner.prepare();
    expect(reports).toEqual([{ type: 'provider', name: 'cpu', reason: 'asked for by name' }]);
    const session = await createCodecSession(model, new OrtLoader(), { quantizer: 'rvq' });
    const [got, wanted] = [new Float32Array(HOP), new Float32Array(HOP)];
    const record = new HopRecord(recordShape(manifest));
    for (let k = 0; k < 20; k++) {
      push(tone(k));
      await until(() => memory.playback.availableRead >= HOP);
      memory.playback.read(got);
      await session.processHop(tone(k), wanted);
      expect(got).toEqual(wanted);
      await until(() => memory.records.availableRead > 0);
      expect(record.readFrom(memory.records)).toBe(true);
      expect([record.index, record.codebooks, record.flags]).toEqual([k, 3, 0]);
      expect([...record.codes]).toEqual([...session.lastCodes]);
      expect(record.heard).toEqual(got);
      expect(record.computeMs).toBeGreaterThan(0);
      expect(record.queueMs).toBeGreaterThanOrEqual(0);
    }
    await session.dispose();
  });

  it('takes new controls while it sleeps', async () => {
    const { memory, runner, push } = setup();
    await runner.prepare();
    const quantizers: number[] = [];
    const record = new HopRecord(recordShape(manifest));
    for (let k = 0; k < 8; k++) {
      if (k === 3) runner.update(initialControls(manifest, { quantizer: 'none' }));
      await systemClock.sleep(5);
      push(tone(k));
      await until(() => record.readFrom(memory.records));
      quantizers.push(record.quantizer);
    }
    const [none, rvq] = ['none', 'rvq'].map((id) =>
      manifest.quantizers.findIndex((q) => q.id === id),
    );
    expect(quantizers.slice(0, 3)).toEqual([rvq, rvq, rvq]);
    expect(quantizers.at(-1)).toBe(none);
  });

  it('held up, it drops what is old and goes on with the newest', async () => {
    const { memory, runner, push } = setup();
    await runner.prepare();
    push(order(0.9));
    await until(() => memory.count('hops') === 0 && memory.capture.availableRead === 0);
    for (let k = 0; k < 10; k++) push(tone(k));
    await until(() => memory.count('hops') >= 2);
    expect(memory.count('dropped')).toBe(9 * HOP);
    expect(memory.count('drops')).toBe(1);
    const record = new HopRecord(recordShape(manifest));
    while (record.readFrom(memory.records));
    expect([record.index, record.flags]).toEqual([10, flags.gap]);
  });

  it('resets: nothing of the sound before, hops counted from 0', async () => {
    const { memory, runner, push } = setup();
    await runner.prepare();
    for (let k = 0; k < 5; k++) push(tone(k));
    await until(() => memory.count('hops') === 5);
    memory.capture.write(new Float32Array(50).fill(1));
    await runner.reset();
    expect(memory.capture.availableRead).toBe(0);
    memory.playback.skip();
    memory.records.skip();
    memory.capture.write(new Float32Array(HOP));
    runner.wake();
    const record = new HopRecord(recordShape(manifest));
    await until(() => record.readFrom(memory.records));
    expect(record.index).toBe(0);
    expect(Math.max(...record.raw)).toBe(0);
  });

  it('says when its thread ends, and disposes of what is gone', async () => {
    const { runner, reports, push } = setup();
    await runner.prepare();
    push(order(0.8));
    await until(() => reports.length > 1);
    expect(reports[1]).toMatchObject({
      type: 'died',
      problem: { code: 'CODEC_DIED', message: expect.stringMatching(/exit status 7/) },
    });
    runner.update(initialControls(manifest));
    runner.wake();
    await runner.reset();
    await runner.dispose();
  });

  it('fails to prepare with the reason: no model, no such provider, no such module', async () => {
    await expect(setup({ modelFolder: '/nowhere' }).runner.prepare()).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    await expect(setup({ provider: 'abacus' }).runner.prepare()).rejects.toMatchObject({
      code: 'PROVIDER_UNKNOWN',
    });
    const { memory } = setup();
    const broken = new WorkerRunner(
      {
        modelFolder: MODEL,
        provider: 'cpu',
        memory,
        controls: initialControls(manifest),
        report: () => undefined,
      },
      { entry: new URL('file:///nowhere.mjs'), clock: systemClock },
    );
    await expect(broken.prepare()).rejects.toMatchObject({ code: 'CODEC_DIED' });
    await broken.dispose();
  });

  it('is disposed of in time while its thread is held up', async () => {
    const { memory, runner, push } = setup();
    await runner.prepare();
    push(order(0.9));
    await until(() => memory.capture.availableRead === 0);
    await runner.dispose();
    await runner.dispose();
  });

  it('plays dry where the graph fails', async () => {
    const { memory, runner, push } = setup();
    await runner.prepare();
    const record = new HopRecord(recordShape(manifest));
    for (const [k, samples] of [tone(0), tone(1), order(0.7), tone(3)].entries()) {
      push(samples);
      await until(() => record.readFrom(memory.records));
      if (k === 2) {
        expect(record.flags).toBe(flags.failed);
        expect([...record.codes]).toEqual([-1, -1, -1]);
        // What was captured a hop before; the seam moves its first 5 ms.
        expect(record.heard.subarray(100)).toEqual(tone(1).subarray(100));
      }
    }
    expect(memory.count('failures')).toBeGreaterThanOrEqual(1);
  });
});
