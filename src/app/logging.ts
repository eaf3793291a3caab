// Owns: log messages: their level and where they go (file, standard error, the memory that the live view shows).
// Knows nothing of: who logs.

import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import { createRing, type Ring } from '../base/ring.ts';
import { sanitize } from '../base/sanitize.ts';
import type { AppendFile } from './files.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One message in memory. `text` is sanitised. */
export interface LogEntry {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly text: string;
}

export type Log = {
  /** `fields` go to the file only. */
  readonly [L in LogLevel]: (text: string, fields?: Readonly<Record<string, unknown>>) => void;
};

export interface Logging {
  readonly log: Log;
  /** The newest messages of every level from info on, whatever --log-level says. */
  readonly recent: Ring<LogEntry>;
  close(): void;
}

export interface LoggingParts {
  readonly level: LogLevel | 'silent';
  /** JSON lines go here when given. */
  readonly file?: AppendFile;
  /** Else one plain line a message goes here; undefined while the screen belongs to the live view. */
  readonly stderr?: (text: string) => void;
  /** ms since 1970. */
  readonly wallClock: () => number;
}

const RECENT_MESSAGES = 500;

export function createLogging(parts: LoggingParts): Logging {
  const recent = createRing<LogEntry>(RECENT_MESSAGES);
  const sink = parts.file ? fileSink(parts.file, parts.level) : plainSink(parts.stderr);
  const threshold = parts.level === 'silent' ? LOG_LEVELS.length : LOG_LEVELS.indexOf(parts.level);
  const write = (level: LogLevel) => (text: string, fields?: Readonly<Record<string, unknown>>) => {
    const clean = sanitize(text);
    if (level !== 'debug') recent.push({ timeMs: parts.wallClock(), level, text: clean });
    if (LOG_LEVELS.indexOf(level) >= threshold) sink(level, clean, fields);
  };
  return {
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    recent,
    close: () => parts.file?.close(),
  };
}

type Sink = (level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void;

function plainSink(stderr: LoggingParts['stderr']): Sink {
  return (level, text) => stderr?.(`nettrace: ${level === 'info' ? '' : `${level}: `}${text}\n`);
}

/** pino as JSON lines: written at once, so that a crash loses nothing; a full disk loses lines, never the run. */
function fileSink(file: AppendFile, level: LogLevel | 'silent'): Sink {
  let logger: Logger | undefined;
  return (at, text, fields) => {
    logger ??= createPino(file, level);
    logger[at](fields ?? {}, text);
  };
}

/** Loaded with the first message: it costs 25 ms, and most runs log nothing. */
function createPino(file: AppendFile, level: LogLevel | 'silent'): Logger {
  const pino = createRequire(import.meta.url)('pino') as typeof import('pino').pino;
  const destination = {
    write(line: string) {
      try {
        writeSync(file.fd, line);
      } catch {
        // nowhere left to report to
      }
    },
  };
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
