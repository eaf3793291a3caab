// Owns: what a child of the service says on its standard error: whole lines, made safe, not too many of them.
// Knows nothing of: the child, and who hears it.
import { sanitize } from '../../base/sanitize.ts';

export interface ChildWords {
  take(bytes: Buffer): void;
  /** It has started: what it said until then is handed on, and from now on each line at once. */
  started(): void;
  /** It has ended: nothing is held back any more. Gives the last line, '' where there was none. */
  ended(): string;
  /** As `ended`, of one that could not start: its last line is why, which is told elsewhere. */
  failed(): string;
}

/** Lines in a minute, and while it starts. */
export const MOST_SAID = 20;
const MINUTE_MS = 60_000;
/** A line that does not end is cut. */
const LONGEST = 16 * 1024;

/**
 * Held back while the child starts: only its end shows which line was the reason.
 * @param now monotonic ms
 */
export function createChildWords(say: (line: string) => void, now: () => number): ChildWords {
  let held: string[] | undefined = [];
  let last = '';
  let rest = '';
  let said = 0;
  let minuteMs = now();
  const hear = (line: string) => {
    last = sanitize(line.replace(/^nettrace: /, ''), 400);
    if (held !== undefined) {
      held.push(last);
      // Its beginning and its last word: the reason of an end comes last.
      if (held.length > MOST_SAID) held.splice(-2, 1);
      return;
    }
    if (now() - minuteMs > MINUTE_MS) [said, minuteMs] = [0, now()];
    if (++said <= MOST_SAID) say(last);
  };
  const letGo = (lines: readonly string[]) => {
    held = undefined;
    said += lines.length;
    for (const line of lines) say(line);
  };
  const heard = (line: string) => line !== '' && hear(Buffer.from(line, 'latin1').toString('utf8'));
  const finish = () => {
    heard(rest);
    rest = '';
  };
  return {
    take(bytes) {
      // Byte for byte until a line is whole: a chunk may end within a character.
      const lines = `${rest}${bytes.toString('latin1')}`.split('\n');
      rest = (lines.pop() ?? '').slice(0, LONGEST);
      for (const line of lines) heard(line);
    },
    started: () => letGo(held ?? []),
    ended() {
      finish();
      letGo(held ?? []);
      return last;
    },
    failed() {
      finish();
      letGo((held ?? []).slice(0, -1));
      return last;
    },
  };
}
