/** Where progress is written; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface ProgressOptions {
  /** Steps the whole run takes. */
  total: number;
  /** First step of this session, when a run is resumed. Default 0. */
  start?: number;
  /** Default: `process.stderr`. */
  stream?: ProgressStream;
  /** Without a terminal, a plain line at most this often. Default 30 s. */
  plainEverySeconds?: number;
  /** Milliseconds; for tests. */
  now?: () => number;
}

/** One finished step. */
export interface StepReport {
  /** Steps done in the whole run. */
  step: number;
  loss: number;
  learningRate: number;
  /** Audio in this step's batch. */
  audioSeconds: number;
  /** Anything else worth a few characters. */
  note?: string;
}

/** Speeds are over this many recent steps. */
const WINDOW = 50;
const REDRAW_MS = 100;
const BAR_CELLS = 20;

/**
 * The progress of a training run: one line redrawn in place on a terminal, otherwise a plain line
 * every so often. Shows step, loss (smoothed), learning rate, seconds of audio trained on per second
 * and the time left.
 */
export class Progress {
  private readonly total: number;
  private readonly stream: ProgressStream;
  private readonly plainEveryMs: number;
  private readonly now: () => number;
  /** Time, step and audio of recent steps, oldest first. */
  private readonly recent: { at: number; step: number; audio: number }[] = [];
  private audio = 0;
  private loss: number | undefined;
  private shown = -Infinity;
  private line = '';

  constructor(options: ProgressOptions) {
    this.total = options.total;
    this.stream = options.stream ?? process.stderr;
    this.plainEveryMs = (options.plainEverySeconds ?? 30) * 1000;
    this.now = options.now ?? (() => performance.now());
    this.recent.push({ at: this.now(), step: options.start ?? 0, audio: 0 });
  }

  update(report: StepReport): void {
    const at = this.now();
    this.audio += report.audioSeconds;
    this.recent.push({ at, step: report.step, audio: this.audio });
    if (this.recent.length > WINDOW + 1) this.recent.shift();
    // Smoothed; a loss that is not finite is shown as it is and smoothing starts anew after it.
    const before = this.loss;
    this.loss =
      before === undefined || !Number.isFinite(before)
        ? report.loss
        : 0.95 * before + 0.05 * report.loss;
    const terminal = this.stream.isTTY === true;
    const due = at - this.shown >= (terminal ? REDRAW_MS : this.plainEveryMs);
    const text = this.format(report, at, terminal);
    if (terminal) this.line = text;
    if (!due && report.step < this.total) return;
    this.shown = at;
    this.stream.write(terminal ? `\r${text}\x1b[K` : `${text}\n`);
  }

  /** Prints a line of its own without breaking the progress line. */
  log(text: string): void {
    if (this.stream.isTTY !== true) this.stream.write(`${text}\n`);
    else this.stream.write(`\r\x1b[K${text}\n${this.line}`);
  }

  /** Leaves the last state standing. */
  finish(): void {
    if (this.stream.isTTY === true && this.line !== '') this.stream.write(`\r${this.line}\x1b[K\n`);
    this.line = '';
  }

  private format(report: StepReport, at: number, terminal: boolean): string {
    const oldest = this.recent[0] as { at: number; step: number; audio: number };
    const seconds = Math.max(1e-9, (at - oldest.at) / 1000);
    const audioRate = (this.audio - oldest.audio) / seconds;
    const stepRate = (report.step - oldest.step) / seconds;
    const left = stepRate > 0 ? (this.total - report.step) / stepRate : NaN;
    const share = this.total > 0 ? Math.min(1, Math.max(0, report.step / this.total)) : 1;
    const parts = [
      `step ${report.step}/${this.total}`,
      `loss ${significant(this.loss ?? NaN)}`,
      `lr ${report.learningRate.toExponential(1)}`,
      `${audioRate.toFixed(audioRate < 10 ? 1 : 0)} s audio/s`,
      `ETA ${formatDuration(left)}`,
    ];
    if (report.note !== undefined) parts.push(report.note);
    const text = parts.join('  ');
    if (!terminal) return `${(100 * share).toFixed(1)}%  ${text}`;
    const filled = Math.round(BAR_CELLS * share);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    // A line that wraps could not be redrawn in place.
    return `${bar} ${text}`.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1));
  }
}

/** `1:02:03`, `2:03`, or `?` when it is not known. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(whole % 60)}`;
  return `${minutes}:${two(whole % 60)}`;
}

/** Four significant digits, without an exponent for everyday losses. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e5) ? value.toExponential(3) : value.toPrecision(4);
}
