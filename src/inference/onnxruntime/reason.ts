/** onnxruntime's error text without its source file, function and failed C++ expression; one line. */
export function runtimeReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split('\n')[0]!.replace(/^.*\bwas false\. /, '');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
