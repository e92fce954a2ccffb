import { errorMessage } from '../../common/errors.ts';

/** onnxruntime's error text without its source file, function and failed C++ expression; one line. */
export function runtimeReason(error: unknown): string {
  const text = errorMessage(error);
  const line = text.split('\n')[0]!.replace(/^.*\bwas false\. /, '');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
