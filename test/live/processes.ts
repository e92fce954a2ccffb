/** Watching the processes of a live run from outside. Linux only: it reads /proc. */
import { existsSync, readFileSync } from 'node:fs';

/** @returns all descendants of a process, nearest first */
export function descendants(pid: number): number[] {
  let children: number[];
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    children = text.trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
  return [...children, ...children.flatMap(descendants)];
}

export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** @returns the engine among the descendants of a command line that runs `live` */
export function enginePid(pid: number): number | undefined {
  return descendants(pid).find((child) => commandLine(child).includes('engine-main'));
}

/** A zombie that nobody has waited for does not count as running. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

/** @throws Error when it does not come true in time */
export async function until(what: string, test: () => unknown, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen in ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
