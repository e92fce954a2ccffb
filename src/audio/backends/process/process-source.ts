import type { ResiduaError } from '../../../common/errors.ts';
import type { AudioSource, SourceHandlers } from '../../backend.ts';
import type { Reply } from './protocol.ts';
import { ProcessStream } from './stream.ts';
import type { Driver, StreamLimits, Target } from './target.ts';

const STAMP_BYTES = 8;

/** A running microphone in a device process. */
export class ProcessSource extends ProcessStream implements AudioSource {
  lostFrames = 0;
  readonly latencyMs: number;
  readonly #samples: Float32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array;
  readonly #framed: Uint8Array;
  readonly #stamp: DataView;
  #filled = 0;
  #handlers: SourceHandlers | undefined;
  /** What to take from the machine's monotonic clock to get `performance.now()`. */
  readonly #originMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

  /** @param latencyMs from sound to hand-over, as far as known */
  constructor(
    driver: Driver,
    target: Target,
    limits: StreamLimits,
    latencyMs: number,
    onClosed: () => void,
  ) {
    super('input', driver, target, limits, onClosed);
    this.latencyMs = latencyMs;
    this.#samples = new Float32Array(this.blockFrames * this.channels);
    this.#bytes = new Uint8Array(this.#samples.buffer);
    this.#framed = new Uint8Array(STAMP_BYTES + this.#bytes.length);
    this.#stamp = new DataView(this.#framed.buffer);
  }

  async start(handlers: SourceHandlers): Promise<void> {
    this.#handlers = handlers;
    await this.run(0, 'started');
  }

  close(): Promise<void> {
    return this.closeProcess(0);
  }

  protected override receive(reply: Reply): void {
    if (reply.type === 'lost') this.lostFrames += reply.frames;
  }

  protected override receiveData(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const take = Math.min(chunk.length - at, this.#framed.length - this.#filled);
      this.#framed.set(chunk.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled < this.#framed.length) return;
      this.#filled = 0;
      this.#bytes.set(this.#framed.subarray(STAMP_BYTES));
      const readMs = this.#stamp.getFloat64(0, true) - this.#originMs;
      if (this.isLive) void this.#handlers?.block(this.#samples, readMs);
    }
  }

  protected override fail(error: ResiduaError): void {
    this.#handlers?.failed(error);
  }
}
