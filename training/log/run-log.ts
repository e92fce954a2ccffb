/**
 * The course of a training run as JSON lines: one per few steps, one per evaluation. For programs that draw
 * or compare runs; TensorBoard reads the event files beside it.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface CodeUse {
  /** Share of the entries used, 0–1. */
  usage: number;
  perplexity: number;
  effectiveBits: number;
}

export interface LoggedEvaluation {
  /** Codebooks in use; 0 where nothing is quantized. */
  codebooks: number;
  /** dB, means over the evaluation pairs. */
  siSdr: number;
  cleanSiSdr: number;
  /** One per codebook in use. */
  codes: CodeUse[];
}

/** One line. The first of a run, at step 0, says where it started from. */
export interface LogRecord {
  step: number;
  /** Time spent training and evaluating up to here, interruptions left out. */
  seconds: number;
  /** Audio seen so far, runs that this one started from included. */
  audioSeconds?: number;
  /** null where it was not a finite number. */
  loss?: number | null;
  learningRate?: number;
  /** Unweighted loss terms. */
  terms?: Record<string, number | null>;
  evaluation?: LoggedEvaluation;
}

export class RunLog {
  readonly #path: string;
  readonly #now: () => number;
  readonly #startedAt: number;
  /** Seconds logged before this session. */
  readonly #before: number;

  /**
   * Opens the log of a run that starts, or goes on, at `step`; what an interrupted session logged beyond
   * that step is dropped. Step 0 starts the log anew.
   * @param now seconds, for tests
   */
  constructor(
    path: string,
    step: number,
    audioSeconds: number,
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#path = path;
    this.#now = now;
    this.#startedAt = now();
    const kept = step === 0 ? [] : readRunLog(path).filter((record) => record.step <= step);
    if (kept.length === 0) kept.push({ step, seconds: 0, audioSeconds });
    this.#before = kept.at(-1)!.seconds;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
    renameSync(`${path}.new`, path);
  }

  step(
    record: Required<Pick<LogRecord, 'step' | 'loss' | 'learningRate' | 'terms' | 'audioSeconds'>>,
  ): void {
    this.#append(record);
  }

  evaluation(step: number, { codebooks, siSdr, cleanSiSdr, codes }: LoggedEvaluation): void {
    const use = codes.map(({ usage, perplexity, effectiveBits }) => ({
      usage,
      perplexity,
      effectiveBits,
    }));
    this.#append({ step, evaluation: { codebooks, siSdr, cleanSiSdr, codes: use } });
  }

  #append({ step, ...rest }: Omit<LogRecord, 'seconds'>): void {
    const seconds = Math.round((this.#before + this.#now() - this.#startedAt) * 10) / 10;
    appendFileSync(this.#path, `${JSON.stringify({ step, seconds, ...rest })}\n`);
  }
}

/** All records of a log, none where there is no log; a line that was cut off is left out. */
export function readRunLog(path: string): LogRecord[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): LogRecord[] => {
      try {
        const record = JSON.parse(line) as LogRecord;
        return Number.isInteger(record.step) && Number.isFinite(record.seconds) ? [record] : [];
      } catch {
        return [];
      }
    });
}
