import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Sound goes before what can wait, where the system allows it. On Linux a priority belongs to a thread: those
 * that help the garbage collector exist already, and a pause would last until the least of them had its turn.
 */
export function raisePriority(): void {
  let threads: number[] = [];
  try {
    threads = readdirSync('/proc/self/task').map(Number);
  } catch {
    // Not Linux: the process's own priority is all there is.
  }
  for (const thread of [0, ...threads]) {
    try {
      setPriority(thread, constants.priority.PRIORITY_HIGH);
    } catch {
      // Not allowed for this user, or ended meanwhile; nothing depends on it.
    }
  }
}
