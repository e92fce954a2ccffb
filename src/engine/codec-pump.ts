/**
 * Takes hops out of the capture ring, runs the chain, puts the result into the playback ring and a record
 * beside it. When it comes too late to a hop it drops what is old and goes on with the newest: latency
 * returns to what it was, at the price of a gap that is counted.
 *
 * The same code runs in the worker and, on a virtual clock, in one thread.
 */
import { toProblem } from '../common/problem.ts';
import type { ModelManifest } from '../codec/manifest.ts';
import type { CodecMemory } from './codec-memory.ts';
import type { RunnerReport } from './codec-runner.ts';
import type { LiveControls } from './contract.ts';
import { HopChain } from './hop-chain.ts';
import { flags, HopRecord, recordShape } from './hop-record.ts';
import type { SessionSet } from './live-session.ts';
import { WarmCodec } from './warm-codec.ts';

/** A hop that waited longer is dropped with all but the newest. */
export const MAX_QUEUE_MS = 40;
/** Failures in a row after which the codec counts as broken: it is tried again at longer and longer intervals. */
const PATIENCE_FAILURES = 4;

export interface PumpOptions {
  readonly manifest: ModelManifest;
  readonly memory: CodecMemory;
  readonly sessions: SessionSet;
  readonly controls: LiveControls;
  /** The engine's clock. */
  readonly nowMs: () => number;
  readonly report: (report: RunnerReport) => void;
}

export class CodecPump {
  readonly #manifest: ModelManifest;
  readonly #memory: CodecMemory;
  readonly #nowMs: () => number;
  readonly #report: (report: RunnerReport) => void;
  readonly #codec: WarmCodec;
  readonly #chain: HopChain;
  readonly #record: HopRecord;
  readonly #input: Float32Array;
  readonly #quantizers: readonly string[];
  #hop = 0;
  #switches = 0;
  #dryReported = false;

  constructor(options: PumpOptions) {
    const { manifest, memory, sessions, controls, nowMs, report } = options;
    this.#manifest = manifest;
    this.#memory = memory;
    this.#nowMs = nowMs;
    this.#report = report;
    const entry = manifest.quantizers.find((q) => q.id === controls.quantizer)!;
    this.#codec = new WarmCodec(sessions, {
      hopSamples: manifest.hopSamples,
      voice: { quantizer: entry.id, codebooks: controls.codebooks ?? entry.maxCodebooks },
      onSwitchFailed: (quantizer, error) =>
        report({
          type: 'switch-failed',
          quantizer,
          heard: this.#codec.voice,
          problem: toProblem(error),
        }),
    });
    this.#chain = new HopChain(manifest, this.#codec, controls);
    this.#record = new HopRecord(recordShape(manifest));
    this.#input = new Float32Array(manifest.hopSamples);
    this.#quantizers = manifest.quantizers.map(({ id }) => id);
    report({ type: 'provider', name: sessions.provider, reason: sessions.reason });
  }

  /**
   * Runs the whole chain for a while before there is sound, so that the first hops heard do not pay for
   * compiling it. Leaves no trace: the noise is too soft to be measured, and forgotten.
   */
  async warmUp(hops: number): Promise<void> {
    const { raw, heard } = this.#record;
    for (let k = 0; k < hops; k++) {
      for (let i = 0; i < this.#input.length; i++) this.#input[i] = 1e-4 * ((i * 37 + k) % 17);
      await this.#chain.process(this.#input, raw, heard, k % 8 === 0);
    }
    this.#chain.reset();
  }

  update(controls: LiveControls): void {
    this.#chain.update(controls);
  }

  /** Empties the capture ring and forgets all sound. Not while a `step` runs. */
  reset(): void {
    this.#memory.capture.skip();
    this.#chain.reset();
    this.#hop = 0;
  }

  /** Does one hop, or else one piece of background work. @returns false when there was nothing to do */
  async step(): Promise<boolean> {
    if (this.#memory.capture.availableRead < this.#manifest.hopSamples) {
      return this.#codec.background();
    }
    const dropped = this.#dropLate();
    await this.#oneHop(dropped);
    return true;
  }

  #dropLate(): boolean {
    const { hopSamples } = this.#manifest;
    const { capture } = this.#memory;
    const ageMs = this.#nowMs() - this.#memory.readyAtMs(this.#hop);
    const waiting = Math.floor(capture.availableRead / hopSamples);
    if (!(ageMs > MAX_QUEUE_MS) || waiting < 2) return false;
    const hops = waiting - 1;
    capture.skip(hops * hopSamples);
    this.#hop += hops;
    this.#memory.add('dropped', hops * hopSamples);
    this.#memory.add('drops');
    return true;
  }

  async #oneHop(gap: boolean): Promise<void> {
    const memory = this.#memory;
    const record = this.#record;
    memory.capture.read(this.#input);
    const startMs = this.#nowMs();
    const { failed, sanitized, bypass } = await this.#chain.process(
      this.#input,
      record.raw,
      record.heard,
      gap,
    );
    const computeMs = this.#nowMs() - startMs;
    if (memory.playback.availableWrite < record.heard.length) {
      memory.add('discarded', record.heard.length);
    } else {
      memory.playback.write(record.heard);
    }
    const { quantizer, codebooks } = this.#codec.voice;
    record.index = this.#hop;
    record.queueMs = Math.max(0, startMs - memory.readyAtMs(this.#hop));
    record.computeMs = computeMs;
    record.quantizer = this.#quantizers.indexOf(quantizer);
    record.codebooks = codebooks;
    record.flags =
      (failed ? flags.failed : 0) | (bypass ? flags.bypass : 0) | (gap ? flags.gap : 0);
    this.#codec.codesInto(record.codes);
    if (!record.writeTo(memory.records)) memory.add('recordsLost');
    if (sanitized > 0) memory.add('sanitized', sanitized);
    if (failed) memory.add('failures');
    if (this.#codec.switches !== this.#switches) {
      memory.add('switches', this.#codec.switches - this.#switches);
      this.#switches = this.#codec.switches;
    }
    this.#hop += 1;
    memory.add('hops');
    this.#watch();
  }

  #watch(): void {
    const { failuresInRow, lastFailure, provider } = this.#codec;
    if (failuresInRow === 0) this.#dryReported = false;
    if (failuresInRow < PATIENCE_FAILURES || this.#dryReported) return;
    this.#dryReported = true;
    this.#report({ type: 'fallback', from: provider, to: 'dry', problem: toProblem(lastFailure) });
  }
}
