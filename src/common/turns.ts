/** Carries out asynchronous work one piece after another, in the order asked for; a failure stops nothing. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what `work` gives, once its turn has come */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
