import { ResiduaError } from '../common/errors.ts';

/** What can be wrong with an audio file; each code names one kind of remedy. */
export type AudioErrorCode =
  | 'AUDIO_NOT_FOUND'
  | 'AUDIO_UNREADABLE'
  | 'AUDIO_EMPTY'
  | 'AUDIO_FORMAT'
  | 'AUDIO_TRUNCATED'
  | 'AUDIO_CORRUPT'
  | 'AUDIO_CHANNELS'
  | 'AUDIO_RATE'
  | 'AUDIO_OUTPUT';

/** A problem with an audio file, said in one line. Exit status 1. */
export class AudioError extends ResiduaError {
  override readonly name = 'AudioError';

  constructor(code: AudioErrorCode, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}

const CONVERT_HINT = 'Convert it first, for example: ffmpeg -i input -c:a pcm_s16le output.wav';

export function formatError(path: string, what: string): AudioError {
  return new AudioError('AUDIO_FORMAT', `${path}: ${what}`, CONVERT_HINT);
}

export function truncatedError(path: string, what: string): AudioError {
  return new AudioError(
    'AUDIO_TRUNCATED',
    `${path}: the file is cut off (${what}); nothing was written`,
    'Copy or export the file again.',
  );
}

export function corruptError(path: string, what: string): AudioError {
  return new AudioError(
    'AUDIO_CORRUPT',
    `${path}: the audio data is damaged (${what}); nothing was written`,
    'Copy or export the file again.',
  );
}

/** Turns an errno of open/read into a typed error. */
export function readError(path: string, error: unknown): AudioError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AudioError('AUDIO_NOT_FOUND', `${path}: no such file`, 'Check the path.');
  }
  const why = code === 'EACCES' ? 'no permission to read it' : (error as Error).message;
  return new AudioError('AUDIO_UNREADABLE', `${path}: cannot be read (${why})`);
}
