/** A status line that stays at the bottom of a terminal while messages scroll above it. */

/** @returns the width, however the terminal was resized */
const width = (): number => process.stderr.columns ?? 80;

export class Screen {
  readonly #isTerminal: boolean;
  #line = '';

  constructor(isTerminal: boolean = process.stderr.isTTY) {
    this.#isTerminal = isTerminal;
  }

  /** @param draw makes the line for a number of columns */
  status(draw: (columns: number) => string): void {
    if (!this.#isTerminal) return;
    const line = draw(width());
    if (line === this.#line) return;
    this.#line = line;
    process.stderr.write(`\r\x1b[K${line}`);
  }

  /** One line that stays. */
  message(text: string): void {
    if (this.#line === '') {
      process.stderr.write(`${text}\n`);
      return;
    }
    process.stderr.write(`\r\x1b[K${text}\n${this.#line}`);
  }

  /** Removes the status line. */
  clear(): void {
    if (this.#line !== '') process.stderr.write('\r\x1b[K');
    this.#line = '';
  }
}

/**
 * Reads single keys until the returned function is called, which gives the terminal back as it was.
 * Does nothing where standard input is no terminal.
 */
export function readKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const listener = (data: Buffer): void => {
    for (const key of data.toString('utf8')) onKey(key);
  };
  const restore = (): void => void stdin.setRawMode(false);
  stdin.setRawMode(true);
  stdin.on('data', listener);
  stdin.resume();
  // Whatever ends this process: a terminal left in raw mode is broken for its owner.
  process.on('exit', restore);
  return () => {
    process.off('exit', restore);
    stdin.off('data', listener);
    stdin.pause();
    restore();
  };
}
