// Owns: sending a signal to a process that was seen, and only to it: a pid may have been used again since.
// Knows nothing of: who asked and whether they were asked back.
import { describeErrno } from './user-error.ts';

export interface SignalWorld {
  readonly ownPid: number;
  /** Content of /proc/PID/stat, undefined where there is none. */
  readonly readStat: (pid: number) => string | undefined;
  /** Content of /proc/stat. */
  readonly readSystemStat: () => string;
  /** As process.kill. */
  readonly kill: (pid: number, signal: string) => void;
}

export interface SignalTarget {
  readonly pid: number;
  /** ms since 1970. */
  readonly startMs: number;
  readonly name: string;
  readonly signal: string;
}

/** The kernel counts starts in ticks of 10 ms from boot, and tells the time of boot in whole seconds (proc(5)). */
const TICK_MS = 10;
const TOLERANCE_MS = 2000;

/** What came of it, as a sentence without its full stop. Never throws. */
export function sendSignal(
  world: SignalWorld,
  target: SignalTarget,
): { readonly text: string; readonly isBad: boolean } {
  const { pid, name, signal } = target;
  const bad = (text: string) => ({ text, isBad: true });
  if (pid === world.ownPid) return bad('that is nettrace itself; q quits it');
  const startMs = startOf(pid, world);
  if (startMs === undefined) return bad(`${pid} ${name} has ended already; nothing was sent`);
  if (Math.abs(startMs - target.startMs) > TOLERANCE_MS) {
    return bad(`${pid} is another process by now; nothing was sent`);
  }
  try {
    world.kill(pid, signal);
    return { text: `${signal} sent to ${pid} ${name}`, isBad: false };
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ESRCH';
    return bad(gone ? `${pid} ${name} has ended already` : `${signal} was not sent to ${pid}: ${describeErrno(error)}`);
  }
}

/** Field 22 of /proc/PID/stat, behind a name that may hold anything, and `btime` of /proc/stat. */
function startOf(pid: number, { readStat, readSystemStat }: SignalWorld): number | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const boot = Number(/^btime (\d+)$/m.exec(readSystemStat())?.[1]);
  const start = boot * 1000 + ticks * TICK_MS;
  return Number.isFinite(start) ? start : undefined;
}
