/** What every audio back end must do, as one suite of tests. Imported by tests only. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResiduaError } from '../../common/errors.ts';
import type { AudioBackend, SinkHandlers, SourceHandlers } from '../backend.ts';

export interface ContractSetup {
  readonly backend: AudioBackend;
  /** Devices to test with, by name. */
  readonly input: string;
  readonly output: string;
  /** Lets about `ms` pass on the back end's clock. Default: waits. */
  readonly advance?: (ms: number) => Promise<void>;
  /** Whether the source ends by itself, as a file does. */
  readonly finite?: boolean;
  /** Frees what the setup took. */
  readonly dispose?: () => Promise<void>;
}

export function describeContract(name: string, setup: () => Promise<ContractSetup>): void {
  describe(`${name}: contract of audio back ends`, () => {
    let made: ContractSetup;
    let backend: AudioBackend;
    const advance = (ms: number): Promise<void> => (made.advance ?? pause)(ms).then(() => {});
    beforeAll(async () => {
      made = await setup();
      backend = made.backend;
    });
    afterAll(async () => {
      await backend?.dispose();
      await made?.dispose?.();
    });

    /** Advances step by step until `done`, at most 5 s of the back end's time. */
    async function until(done: () => boolean): Promise<void> {
      for (let ms = 0; ms < 5000 && !done(); ms += 20) await advance(20);
    }

    function listening() {
      const blocks: { length: number; atMs: number }[] = [];
      const errors: ResiduaError[] = [];
      let ended = 0;
      const handlers: SourceHandlers = {
        block: (samples, atMs) => void blocks.push({ length: samples.length, atMs }),
        failed: (error) => void errors.push(error),
        ended: () => void ended++,
      };
      return { blocks, errors, handlers, ended: () => ended };
    }

    function playing() {
      const pulls: { length: number; atMs: number }[] = [];
      const errors: ResiduaError[] = [];
      const handlers: SinkHandlers = {
        pull: (out, atMs) => {
          out.fill(0.25);
          pulls.push({ length: out.length, atMs });
        },
        failed: (error) => void errors.push(error),
      };
      return { pulls, errors, handlers };
    }

    it('lists devices with names of their own, and at most one default each way', async () => {
      const devices = await backend.devices();
      const inputs = devices.filter(({ inputChannels }) => inputChannels > 0);
      const outputs = devices.filter(({ outputChannels }) => outputChannels > 0);
      for (const list of [inputs, outputs]) {
        expect(new Set(list.map((device) => device.name)).size).toBe(list.length);
      }
      expect(inputs.map((device) => device.name)).toContain(made.input);
      expect(outputs.map((device) => device.name)).toContain(made.output);
      expect(inputs.filter(({ isDefaultInput }) => isDefaultInput).length).toBeLessThanOrEqual(1);
      expect(outputs.filter(({ isDefaultOutput }) => isDefaultOutput).length).toBeLessThanOrEqual(
        1,
      );
      for (const device of devices) {
        expect(device.hostApi).not.toBe('');
        expect(device.defaultSampleRateHz).toBeGreaterThanOrEqual(8000);
      }
    });

    it('refuses an unknown device by name, and says which there are', async () => {
      const wanted = { device: 'no such device' };
      for (const open of [() => backend.openSource(wanted), () => backend.openSink(wanted)]) {
        const error: ResiduaError = await open().then(
          () => expect.fail('it was opened'),
          (reason: ResiduaError) => reason,
        );
        expect(error.code).toBe('AUDIO_DEVICE_NOT_FOUND');
        expect(error.message).toContain('no such device');
      }
      await expect(backend.openSource(wanted)).rejects.toMatchObject({
        hint: expect.stringContaining(made.input) as string,
      });
    });

    it.each([
      { sampleRateHz: 5 },
      { channels: 0 },
      { channels: 1.5 },
      { blockMs: 0 },
      { blockMs: NaN },
    ])('refuses what no device could do: %o', async (bad) => {
      await expect(backend.openSource({ device: made.input, ...bad })).rejects.toThrow();
      await expect(backend.openSink({ device: made.output, ...bad })).rejects.toThrow();
    });

    it('delivers blocks of the length it announced, in the order of time', async () => {
      const got = listening();
      const source = await backend.openSource({ device: made.input, channels: 1, blockMs: 10 });
      expect(source.device.name).toBe(made.input);
      expect(source.channels).toBe(1);
      expect(source.blockFrames).toBe(Math.round(source.sampleRateHz / 100));
      expect(source.latencyMs).toBeGreaterThanOrEqual(0);
      await source.start(got.handlers);
      await until(() => got.blocks.length >= 20);
      await source.close();
      expect(got.errors).toEqual([]);
      expect(got.blocks.length).toBeGreaterThanOrEqual(20);
      for (const [i, block] of got.blocks.entries()) {
        expect(block.length).toBe(source.blockFrames);
        if (i > 0) expect(block.atMs).toBeGreaterThanOrEqual(got.blocks[i - 1]!.atMs);
      }
    });

    it('asks for blocks of the length it announced, in the order of time', async () => {
      const fed = playing();
      const sink = await backend.openSink({ device: made.output, channels: 1, blockMs: 20 });
      expect(sink.device.name).toBe(made.output);
      expect(sink.blockFrames).toBe(Math.round(sink.sampleRateHz / 50));
      await sink.start(fed.handlers);
      await until(() => fed.pulls.length >= 15);
      expect(sink.latencyMs).toBeGreaterThanOrEqual(0);
      expect(sink.latencyMs).toBeLessThan(500);
      await sink.close();
      expect(fed.errors).toEqual([]);
      expect(fed.pulls.length).toBeGreaterThanOrEqual(15);
      for (const [i, pull] of fed.pulls.entries()) {
        expect(pull.length).toBe(sink.blockFrames);
        if (i > 0) expect(pull.atMs).toBeGreaterThanOrEqual(fed.pulls[i - 1]!.atMs);
      }
    });

    it('is silent after close, which may come twice and in any state', async () => {
      const got = listening();
      const fed = playing();
      const never = await backend.openSource({ device: made.input });
      await never.close();
      await never.close();
      const source = await backend.openSource({ device: made.input });
      const sink = await backend.openSink({ device: made.output });
      await source.start(got.handlers);
      await sink.start(fed.handlers);
      await until(() => got.blocks.length > 0 && fed.pulls.length > 0);
      await Promise.all([source.close(), source.close(), sink.close(), sink.close()]);
      const counts = [got.blocks.length, fed.pulls.length];
      await advance(100);
      expect([got.blocks.length, fed.pulls.length]).toEqual(counts);
      expect([...got.errors, ...fed.errors]).toEqual([]);
    });

    it('starts a stream once only', async () => {
      const source = await backend.openSource({ device: made.input });
      await source.start(listening().handlers);
      await expect(source.start(listening().handlers)).rejects.toThrow();
      await source.close();
      const closed = await backend.openSink({ device: made.output });
      await closed.close();
      await expect(closed.start(playing().handlers)).rejects.toThrow();
    });

    it('lists devices afresh while streams run', async () => {
      const source = await backend.openSource({ device: made.input });
      const got = listening();
      await source.start(got.handlers);
      await until(() => got.blocks.length > 0);
      expect((await backend.devices()).map((device) => device.name)).toContain(made.input);
      await source.close();
      expect(got.errors).toEqual([]);
    });

    it('opens the same device again and again', async () => {
      for (let round = 0; round < 5; round++) {
        const got = listening();
        const source = await backend.openSource({ device: made.input });
        await source.start(got.handlers);
        await until(() => got.blocks.length > 0);
        await source.close();
        expect(got.blocks.length).toBeGreaterThan(0);
      }
    });

    it('closes what is open when it is disposed of', async () => {
      const got = listening();
      const fed = playing();
      const source = await backend.openSource({ device: made.input });
      const sink = await backend.openSink({ device: made.output });
      await source.start(got.handlers);
      await sink.start(fed.handlers);
      await until(() => got.blocks.length > 0 && fed.pulls.length > 0);
      await backend.dispose();
      const counts = [got.blocks.length, fed.pulls.length];
      await advance(100);
      expect([got.blocks.length, fed.pulls.length]).toEqual(counts);
    });
  });
}
