/** Ends a command with an exit status after it has said itself what went wrong. */
export class AlreadyReported extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2) {
    super('already reported');
    this.exitCode = exitCode;
  }
}
