// Owns: sending a signal to a process that was seen, and only to it: a pid may have been used again since.
// Knows nothing of: who asked and whether they were asked back.
import { constants } from 'node:os';
import { explainNativeError, isNativeError } from '../../native/native-error.ts';
import { describeErrno } from '../user-error.ts';

export interface SignalWorld {
  readonly ownPid: number;
  /** The addon's signalProcess. */
  readonly signalProcess: (pid: number, startTicks: number, signal: number) => 'sent' | 'gone' | 'other';
}

export interface SignalTarget {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  readonly name: string;
  readonly signal: string;
}

/** What came of it, as a sentence without its full stop. Never throws. */
export function sendSignal(
  { ownPid, signalProcess }: SignalWorld,
  { pid, startTicks, name, signal }: SignalTarget,
): { readonly text: string; readonly isBad: boolean } {
  const bad = (text: string) => ({ text, isBad: true });
  if (pid === ownPid) return bad('that is nettrace itself; q quits it');
  const number = constants.signals[signal as NodeJS.Signals];
  if (number === undefined) return bad(`there is no ${signal} on this system`);
  try {
    switch (signalProcess(pid, startTicks, number)) {
      case 'sent':
        return { text: `${signal} sent to ${pid} ${name}`, isBad: false };
      case 'gone':
        return bad(`${pid} ${name} has ended already; nothing was sent`);
      case 'other':
        return bad(`${pid} is another process by now; nothing was sent`);
    }
  } catch (error) {
    return bad(`${signal} was not sent to ${pid}: ${whyRefused(error)}`);
  }
}

function whyRefused(error: unknown): string {
  if (!isNativeError(error)) return describeErrno(error);
  return error.code === 'kNotPermitted' ? 'permission denied' : explainNativeError(error);
}
