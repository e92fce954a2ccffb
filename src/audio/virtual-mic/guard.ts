import { spawn } from 'node:child_process';

/**
 * Waits for its standard input to end, which also a `kill -9` of this process brings about, and then
 * unloads what carries the name, the newest first. A line of input instead means that all is well.
 */
const SCRIPT = `
trap '' INT TERM HUP
if read -r line; then exit 0; fi
LC_ALL=C pactl list short modules | awk -v name="$1" 'index($0, name) { print $1 }' | sort -rn |
while read -r module; do pactl unload-module "$module"; done
`;

/**
 * Starts a small process that removes the virtual microphone if this one dies without doing so.
 * @param name part of the arguments of every module to remove
 * @returns dismisses the guard, once the microphone is removed
 */
export function guardModules(name: string): () => void {
  const guard = spawn('sh', ['-c', SCRIPT, 'residua-virtual-microphone', name], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a Ctrl-C in the terminal must not take it along
  });
  // Without it, the next start finds the leftovers.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  (guard.stdin as typeof guard.stdin & { unref?(): void }).unref?.();
  return () => void guard.stdin.end('done\n');
}
