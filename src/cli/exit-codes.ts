// Owns: what the exit codes mean (docs/exit-codes.md). 0 and 1 are nethogs' codes.
// Knows nothing of: who ends the program.
import type { FailureKind } from '../app/user-error.ts';

export const EXIT = {
  /** Ended as asked: q, Ctrl-C, -c reached, end of file, the reader of the output went away. */
  ok: 0,
  /** Could not start: wrong option, unknown device, bad filter, unreadable file, no rights. */
  start: 1,
  /** Began and could not finish: the output cannot be written, the capture file is cut off. */
  running: 2,
  /** `doctor`: something is degraded or wrong. */
  degraded: 3,
  /** `netstat`: wrong words; net-tools' code. */
  usage: 3,
  /** `queues`: something piles up. */
  piledUp: 4,
  /** `budgets`: one is exceeded. */
  overBudget: 4,
  /** A fault in nettrace (EX_SOFTWARE of sysexits.h). */
  internal: 70,
  hangup: 129,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(kind: FailureKind): ExitCode {
  return kind === 'start' ? EXIT.start : EXIT.running;
}

/** 128 + number for signals that ask from outside; Ctrl-C is a normal end, as in nethogs. */
export function exitCodeOfSignal(signal: string | undefined): ExitCode {
  if (signal === 'SIGTERM') return EXIT.terminated;
  return signal === 'SIGHUP' ? EXIT.hangup : EXIT.ok;
}
