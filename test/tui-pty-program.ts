// Owns: a small program around the real terminal, run by tui-pty.test.ts on a pseudo-terminal.
// Knows nothing of: the product; each key dies in its own way.
import { detectCapabilities } from '../src/tui/capabilities.ts';
import { createProcessWorld } from '../src/tui/process-world.ts';
import { createTerminal } from '../src/tui/terminal.ts';
import { type Key, keyChord } from '../src/view/keys.ts';
import { type Frame, row } from '../src/view/styled-text.ts';

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
const capabilities = detectCapabilities({
  env: process.env,
  stdinIsTty: process.stdin.isTTY,
  stdoutIsTty: process.stdout.isTTY,
});
const counts = { ticks: 0, drawn: 0, skipped: 0 };
let text = 'ready';

const frame = (): Frame => ({ rows: [row(text)] });
const terminal = createTerminal(
  createProcessWorld(process),
  { capabilities },
  {
    onKey(key: Key) {
      const chord = keyChord(key);
      if (chord === 'q') finish(0);
      if (chord === 'e') process.exit(3);
      if (chord === 'x') throw new Error('thrown on purpose');
      if (chord === 'r') void Promise.reject(new Error('rejected on purpose'));
      if (chord === 'f') flood();
      text = `key ${chord}`;
      terminal.draw(frame());
    },
    onRedraw({ columns, rows }) {
      text = `size ${columns}x${rows}`;
      terminal.draw(frame());
    },
    onQuit: (reason) => finish(reason.kind === 'signal' ? EXIT_CODES[reason.signal] : 0),
  },
);

function finish(code: number): void {
  terminal.close();
  process.stderr.write(JSON.stringify(counts));
  process.exit(code);
}

/** A new screen every 5 ms, whether anybody reads it or not. */
function flood(): void {
  setInterval(() => {
    counts.ticks++;
    const rows = Array.from({ length: 40 }, (_, at) => row(String(counts.ticks * 31 + at * 7).repeat(40)));
    const result = terminal.draw({ rows });
    if (result === 'drawn') counts.drawn++;
    if (result === 'skipped' && ++counts.skipped === 100) process.stderr.write('flooded\n');
  }, 5);
}

terminal.open();
terminal.draw(frame());
