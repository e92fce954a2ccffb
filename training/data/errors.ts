import { ResiduaError } from '../../src/common/errors.ts';

/** Codes of {@link DataError}: what kept training data from being used. */
export type DataErrorCode =
  'DATA_NOT_FOUND' | 'DATA_EMPTY' | 'DATA_FORMAT' | 'DATA_SPLIT' | 'DATA_OPTIONS' | 'DATA_WORKER';

/** A problem with training data that the person starting the training can act on. */
export class DataError extends ResiduaError {
  override readonly name = 'DataError';

  constructor(code: DataErrorCode, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}
