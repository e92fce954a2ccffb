/**
 * Who loaded a virtual microphone, told from its name: process id, start time and process namespace. So
 * a crashed run's leftovers are known from a microphone another running instance uses, even when the
 * process id was given out again or belongs to another container.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { OWN_PREFIX } from '../pulse/pulse-devices.ts';

export interface Owner {
  readonly pid: number;
  /** In clock ticks since the machine started. */
  readonly startTicks: string;
  /** Number of the process namespace. */
  readonly namespace: string;
}

/** @returns the name of a sink that this process owns */
export function ownSinkName(): string {
  const { pid } = process;
  const startTicks = startTicksOf(pid) ?? '0';
  return `${OWN_PREFIX}${namespaceNumber()}_${pid}_${startTicks}`;
}

/** @returns the owner of a sink or source of ours; undefined for any other name */
export function ownerOf(name: string): Owner | undefined {
  if (!name.startsWith(OWN_PREFIX)) return undefined;
  const match = /^(\d+)_(\d+)_(\d+)/.exec(name.slice(OWN_PREFIX.length));
  if (match === null) return undefined;
  const [, namespace, pid, startTicks] = match;
  return { namespace: namespace!, pid: Number(pid), startTicks: startTicks! };
}

/** `unknown`: in another namespace, where this process cannot see it. */
export function ownerState(owner: Owner): 'self' | 'running' | 'gone' | 'unknown' {
  if (owner.namespace !== namespaceNumber()) return 'unknown';
  const startTicks = startTicksOf(owner.pid);
  if (startTicks !== owner.startTicks) return 'gone';
  return owner.pid === process.pid ? 'self' : 'running';
}

function namespaceNumber(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Field 22 of `/proc/<pid>/stat`; undefined: no such process. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may contain anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
