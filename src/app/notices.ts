import type { Notice } from '../ipc/app/app-protocol.ts';
import type { Problem } from '../ipc/messages.ts';
import type { Emit } from './handlers.ts';

export interface NewNotice {
  readonly level: Notice['level'];
  /** A problem's code or an event's type. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | null | undefined;
}

export interface NoticesOptions {
  readonly emit: Emit;
  /** Whether a window is there to hear it. */
  readonly areHeard: () => boolean;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

const MAX_KEPT = 50;
/** The same thing again within this says nothing new. */
const REPEAT_MS = 10_000;

/** What a person should read once. Notices from before there is a window wait for it. */
export class Notices {
  readonly #options: NoticesOptions;
  #nextId = 1;
  #unheard: Notice[] = [];
  readonly #last = new Map<string, number>();
  /** The newest, oldest first, for diagnostics. */
  readonly kept: Notice[] = [];

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  add({ level, code, message, hint }: NewNotice): void {
    const nowMs = (this.#options.now ?? (() => performance.now()))();
    const key = `${code} ${level}`;
    const before = this.#last.get(key);
    const isSame = this.kept.findLast((kept) => kept.code === code)?.message === message;
    // Overload tells another figure each time; everything else is news when its words differ.
    const isRepeated = before !== undefined && nowMs - before < REPEAT_MS;
    if (isRepeated && (isSame || code === 'overload')) return;
    this.#last.set(key, nowMs);
    const notice = { id: this.#nextId++, level, code, message, hint: hint ?? null };
    this.kept.push(notice);
    if (this.kept.length > MAX_KEPT) this.kept.shift();
    if (this.#options.areHeard()) this.#options.emit({ type: 'notice', notice });
    else this.#unheard = [...this.#unheard, notice].slice(-MAX_KEPT);
  }

  problem({ code, message, hint }: Problem, level: Notice['level'] = 'error'): void {
    this.add({ level, code, message, hint });
  }

  /** A window has come: it hears what it has missed. */
  catchUp(): void {
    if (!this.#options.areHeard()) return; // the shell has asked, for itself
    for (const notice of this.#unheard.splice(0)) this.#options.emit({ type: 'notice', notice });
  }
}
