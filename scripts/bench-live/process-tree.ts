/** Processor time and memory of a process and all that it has started. Linux. */
import { readFileSync } from 'node:fs';
import { descendants } from '../../test/live/processes.ts';

/** Of the kernel's accounting; 100 on every Linux in use. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export interface TreeUsage {
  readonly processes: number;
  /** Used so far by the processes that run now, user and system. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

export function treeUsage(pid: number): TreeUsage {
  let [processes, cpuMs, rssBytes] = [0, 0, 0];
  for (const each of [pid, ...descendants(pid)]) {
    try {
      const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      cpuMs += ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
      rssBytes += Number(fields[21]) * PAGE_BYTES;
      processes += 1;
    } catch {
      // It has ended meanwhile.
    }
  }
  return { processes, cpuMs, rssBytes };
}
