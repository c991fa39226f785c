// Who holds a lease, and whether that process is certainly gone (DESIGN, "Lease with fencing").
//
// A pid alone says little: it is reused, and it means something only inside one boot and one pid namespace. On Linux
// the kernel's start time of the process tells two users of one pid apart. Where any of this is unknown (macOS, Windows,
// another host or container) the answer is "not certainly gone", and the lease ends by its expiry.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, for as long as the machine runs. Null: the system does not say. */
export interface Holder {
  pid: number;
  host: string;
  /** Changes with every boot. */
  bootId: string | null;
  /** Pid namespace: containers of one host share the boot id, not the meaning of pids. */
  pidNamespace: string | null;
  /** Clock ticks from boot to the start of the process. */
  startTime: string | null;
}

/** This process. */
export function thisProcess(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    startTime: processStat(process.pid)?.startTime ?? null,
  };
}

/** Whether `holder` has certainly ended, as seen from `here`. */
export function isGone(holder: Holder, here: Holder): boolean {
  const comparable =
    holder.host === here.host && holder.bootId === here.bootId && holder.pidNamespace === here.pidNamespace;
  if (!comparable) return false;
  if (!exists(holder.pid)) return true;
  // Not readable although it exists (hidepid): somebody else's process, so unknown.
  const stat = processStat(holder.pid);
  if (stat === null) return false;
  return stat.ended || (holder.startTime !== null && stat.startTime !== holder.startTime);
}

/** The stored form; null for one that this version cannot read. */
export function parseHolder(text: string): Holder | null {
  const value: unknown = attempt(() => JSON.parse(text));
  if (typeof value !== 'object' || value === null) return null;
  const { pid, host, bootId = null, pidNamespace = null, startTime = null } = value as Partial<Holder>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof host !== 'string') return null;
  return { pid, host, bootId, pidNamespace, startTime };
}

/** For people. */
export function describeHolder(holder: Holder | null, me: Holder): string {
  if (holder === null) return 'another process';
  const here = holder.host === me.host;
  return `process ${holder.pid}${here ? '' : ` on ${holder.host}`}${here && holder.pid === me.pid ? ' (this one)' : ''}`;
}

/** Signal 0 reaches every process that exists; EPERM means it exists and is another user's. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Fields 3 and 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may itself hold spaces and parentheses. */
function processStat(pid: number): { ended: boolean; startTime: string } | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return null;
  // A zombie has ended; only its parent has not asked yet.
  return { ended: state === 'Z' || state === 'X', startTime };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
