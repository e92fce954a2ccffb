import type { ResiduaError } from '../../../common/errors.ts';
import { samplesToMs } from '../../../common/units.ts';
import type { AudioSink, SinkHandlers } from '../../backend.ts';
import type { Reply } from './protocol.ts';
import { ProcessStream } from './stream.ts';
import type { Driver, StreamLimits, Target } from './target.ts';

/** Longest that closing may go on playing. */
const DRAIN_MS = 700;

/** A running loudspeaker, headphones or virtual microphone in a device process. */
export class ProcessSink extends ProcessStream implements AudioSink {
  underruns = 0;
  readonly #deviceMs: number;
  readonly #samples: Float32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array;
  #leadMs: number;
  #handlers: SinkHandlers | undefined;

  /**
   * @param leadMs sound kept ready at first beyond what the library holds
   * @param deviceMs what the system and the device hold, as far as known
   */
  constructor(
    driver: Driver,
    target: Target,
    limits: StreamLimits,
    leadMs: number,
    deviceMs: number,
    onClosed: () => void,
  ) {
    super('output', driver, target, limits, onClosed);
    this.#leadMs = leadMs;
    this.#deviceMs = deviceMs;
    this.#samples = new Float32Array(this.blockFrames * this.channels);
    this.#bytes = new Uint8Array(this.#samples.buffer);
  }

  get latencyMs(): number {
    // A quarter of a block plays, another one is in the library's queue, see `serve.mjs`.
    return this.#leadMs + samplesToMs(this.blockFrames, this.sampleRateHz) / 2 + this.#deviceMs;
  }

  async start(handlers: SinkHandlers): Promise<void> {
    this.#handlers = handlers;
    await this.run(this.#leadMs, 'playing');
  }

  close(): Promise<void> {
    return this.closeProcess(DRAIN_MS);
  }

  protected override receive(reply: Reply): void {
    if (reply.type === 'underrun') this.underruns++;
    else if (reply.type === 'lead') this.#leadMs = reply.ms;
  }

  protected override receiveData(requests: Buffer): void {
    for (let i = 0; i < requests.length && this.isLive; i++) {
      void this.#handlers?.pull(this.#samples, performance.now());
      this.write(this.#bytes.slice());
    }
  }

  protected override fail(error: ResiduaError): void {
    this.#handlers?.failed(error);
  }
}
