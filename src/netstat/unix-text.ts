// Owns: the table of unix sockets as text, in net-tools' layout.
// Knows nothing of: which sockets there are to show, and who holds them.
import { sanitize } from '../base/sanitize.ts';
import { textWidth } from '../base/text-width.ts';
import { rawTextAt, type UnixSockets } from '../native/socket-table.ts';
import { padDisplay } from './inet-text.ts';
import type { OwnerIndex } from './owners.ts';

export interface UnixForm {
  readonly owners: OwnerIndex | undefined;
  readonly compat: boolean;
}

const TYPES: Readonly<Record<number, string>> = { 1: 'STREAM', 2: 'DGRAM', 3: 'RAW', 4: 'RDM', 5: 'SEQPACKET' };
const CONNECTED = 1;
const LISTEN = 10;

export function unixType({ type }: UnixSockets, row: number): string {
  return TYPES[type[row] ?? 0] ?? 'UNKNOWN';
}

/** SS_ states as /proc/net/unix tells them: a socket without inode is one that nobody has accepted yet. */
export function unixState({ state, inode }: UnixSockets, row: number): string {
  if (inode[row] === 0) return state[row] === CONNECTED ? 'CONNECTING' : 'DISCONNECTING';
  if (state[row] === LISTEN) return 'LISTENING';
  return state[row] === CONNECTED ? 'CONNECTED' : '';
}

/** An abstract name stands behind an @, as is each NUL in it; the rest is made safe to show. */
export function unixPath(sockets: UnixSockets, row: number): string {
  const bytes = rawTextAt(sockets.nameBytes, sockets.nameEnds, row);
  if (bytes[0] !== 0) return sanitize(bytes);
  return sanitize(bytes.map((byte) => (byte === 0 ? 0x40 : byte)));
}

/** Header and rows, each with its newline. Compat: a path ends at its first blank. */
export function renderUnix(sockets: UnixSockets, rows: readonly number[], form: UnixForm): string {
  const programs = rows.map((row) => form.owners?.columnOf(sockets.inode[row] ?? 0, form.compat) ?? '');
  const width = form.compat ? 20 : programs.reduce((widest, text) => Math.max(widest, textWidth(text)), 20);
  const programHeader = form.owners ? `${'PID/Program name'.padEnd(width)} ` : '';
  let text = `Proto RefCnt Flags       Type       State         I-Node   ${programHeader}Path\n`;
  rows.forEach((row, place) => {
    const program = form.owners ? `${padDisplay(programs[place] ?? '', width)} ` : '';
    const whole = unixPath(sockets, row);
    const path = form.compat ? (whole.split(' ', 1)[0] ?? '') : whole;
    text += `${leftPart(sockets, row)} ${program}${path}\n`;
  });
  return text;
}

function leftPart(sockets: UnixSockets, row: number): string {
  const references = String(sockets.references[row]).padEnd(6);
  const flags = (sockets.state[row] === LISTEN ? '[ ACC ]' : '[ ]').padEnd(11);
  const state = unixState(sockets, row).padEnd(13);
  return `unix  ${references} ${flags} ${unixType(sockets, row).padEnd(10)} ${state} ${String(sockets.inode[row]).padEnd(8)}`;
}
