// Owns: the real world of a terminal: this process's streams, signals and timers as a TerminalWorld.
// Knows nothing of: what the terminal does with them.
import type { ReadStream, WriteStream } from 'node:tty';
import { surviveClosedTerminal } from './dead-terminal.ts';
import type { CrashGuard, TerminalEvents, TerminalInput, TerminalWorld } from './terminal-world.ts';
import { createTtyOutput } from './tty-output.ts';

/** @param process its stdin and stdout must be terminals (`Capabilities.interactive`); throws TypeError otherwise */
export function createProcessWorld(process: NodeJS.Process, crashGuard?: CrashGuard): TerminalWorld {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) throw new TypeError('the live view needs a terminal');
  surviveClosedTerminal(process);
  return {
    input: inputOf(stdin),
    output: createTtyOutput(stdout.fd, () => sizeOf(stdout)),
    events: eventsOf(process),
    timers: {
      after(milliseconds, callback) {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    env: process.env,
    ...(crashGuard === undefined ? {} : { crashGuard }),
  };
}

/** Asked of the driver each time: the stream's own columns and rows are as old as its last event. */
function sizeOf(stdout: WriteStream): { columns: number; rows: number } {
  try {
    const [columns, rows] = stdout.getWindowSize();
    return { columns, rows };
  } catch {
    return { columns: 0, rows: 0 };
  }
}

function inputOf(stdin: ReadStream): TerminalInput {
  return {
    setRawMode(raw) {
      stdin.setRawMode(raw);
    },
    listen(onData, onEnd) {
      stdin.on('data', onData);
      stdin.on('end', onEnd);
      stdin.on('error', onEnd);
      stdin.resume();
      return () => {
        stdin.pause();
        stdin.off('data', onData);
        stdin.off('end', onEnd);
        // The error handler stays: a terminal that closes while we leave must not become an uncaught exception.
      };
    },
  };
}

function eventsOf(process: NodeJS.Process): TerminalEvents {
  const listen = (event: string, handler: () => void): (() => void) => {
    process.on(event, handler);
    return () => process.off(event, handler);
  };
  return {
    onSignal: listen,
    // The monitor sees uncaught exceptions and unhandled rejections, and changes nothing about how the process dies.
    onCrash: (handler) => listen('uncaughtExceptionMonitor', handler),
    onExit: (handler) => listen('exit', handler),
    raise: (signal, to) => process.kill(to === 'group' ? 0 : process.pid, signal),
  };
}
