/** What the study shows of its processes' messages: a recording that cannot be read is named once. */
export class Messages {
  readonly #write: (line: string) => void;
  readonly #skipped = new Set<string>();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Recordings that were left out. */
  get skipped(): number {
    return this.#skipped.size;
  }

  show(line: string): void {
    const recording = /^skipped (.+?): /.exec(line)?.[1];
    if (recording !== undefined) {
      if (this.#skipped.has(recording)) return;
      this.#skipped.add(recording);
    }
    this.#write(line);
  }
}
