/** What sources and sinks on files share: their format, their pace, and how a failure is told. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../common/clock.ts';
import { errorMessage, ResiduaError } from '../../../common/errors.ts';
import { samplesToMs } from '../../../common/units.ts';
import type { AudioDevice, StreamFormat } from '../../backend.ts';
import { deviceLost } from '../../device-errors.ts';
import type { Pace } from './file-backend.ts';

export abstract class FileStream implements StreamFormat {
  readonly device: AudioDevice;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly blockFrames: number;
  readonly latencyMs = 0;
  protected readonly clock: Clock;
  readonly #pace: Pace;

  protected constructor(format: StreamFormat, pace: Pace, clock: Clock) {
    this.device = format.device;
    this.sampleRateHz = format.sampleRateHz;
    this.channels = format.channels;
    this.blockFrames = format.blockFrames;
    this.clock = clock;
    this.#pace = pace;
  }

  /** Resolves when `blocks` blocks after `startMs` have passed; others get their turn also where it is behind. */
  protected async due(startMs: number, blocks: number): Promise<void> {
    if (this.#pace === 'free') {
      await nextTurn();
      return;
    }
    const dueMs = startMs + samplesToMs(blocks * this.blockFrames, this.sampleRateHz);
    await this.clock.sleep(dueMs - this.clock.nowMs());
  }

  /** Without a clock the other side sets the pace: waits until it has taken or given its block. */
  protected async taken(handled: void | Promise<void>): Promise<void> {
    if (this.#pace === 'free') await handled;
  }

  protected failure(direction: 'input' | 'output', error: unknown): ResiduaError {
    if (error instanceof ResiduaError) return error;
    return deviceLost(direction, this.device.name, errorMessage(error), error);
  }
}
