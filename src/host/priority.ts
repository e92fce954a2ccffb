import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Of 1..99, behind the sound server's own threads (5 in PulseAudio, 83 and more in PipeWire). */
const REAL_TIME_PRIORITY = 2;

/**
 * Sound goes before what can wait, where the system allows it: for root, and for users with a limit on
 * `rtprio` or `nice`, as the `audio` group often has. On Linux that is the real-time class, which audio programs
 * run in there, through util-linux's `chrt`; the kernel keeps a share of every second for the others. Threads and
 * processes that are started later inherit it. Call once, first.
 */
export function raisePriority(): void {
  if (process.platform === 'linux' && makeRealTime()) return;
  // On Linux a priority belongs to a thread: those that help the garbage collector exist already, and a
  // pause would last until the least of them had its turn.
  for (const thread of [0, ...threads()]) {
    try {
      setPriority(thread, constants.priority.PRIORITY_HIGH);
    } catch {
      // Not allowed for this user, or ended meanwhile; nothing depends on it.
    }
  }
}

function makeRealTime(): boolean {
  try {
    const args = ['--rr', '--all-tasks', '--pid', String(REAL_TIME_PRIORITY), String(process.pid)];
    execFileSync('chrt', args, { stdio: 'ignore', timeout: 1000 });
    return true;
  } catch {
    return false; // not allowed, or no such command
  }
}

function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}
