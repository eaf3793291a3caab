// Owns: the table of unix sockets as text, in net-tools' layout.
// Knows nothing of: which sockets there are to show, and who holds them.
import { sanitize } from '../base/sanitize.ts';
import { textWidth } from '../base/text-width.ts';
import { rawTextAt, type SocketTable, type UnixSockets } from '../native/socket-table.ts';
import { namespaceText, padDisplay } from './inet-text.ts';
import type { OwnerIndex } from './owners.ts';

export interface UnixForm {
  readonly owners: OwnerIndex | undefined;
  readonly compat: boolean;
}

const TYPES: Readonly<Record<number, string>> = { 1: 'STREAM', 2: 'DGRAM', 3: 'RAW', 4: 'RDM', 5: 'SEQPACKET' };
/** A socket that a whole family of processes holds overflows its column: it must not push all paths out of sight. */
const MOST_PROGRAM = 60;
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
export function renderUnix(
  table: Pick<SocketTable, 'unix' | 'namespaces'>,
  rows: readonly number[],
  form: UnixForm,
): string {
  const sockets = table.unix;
  const programs = form.owners && rows.map((row) => form.owners?.columnOf(sockets.inode[row] ?? 0, form.compat) ?? '');
  const program = column('PID/Program name', programs, form.compat ? 20 : MOST_PROGRAM, 20);
  const spaces =
    table.namespaces.length === 0 ? undefined : rows.map((row) => namespaceText(table, sockets.namespace[row] ?? 0));
  const space = column('Namespace', spaces, MOST_PROGRAM, 0);
  let text = `Proto RefCnt Flags       Type       State         I-Node   ${program.title}${space.title}Path\n`;
  rows.forEach((row, place) => {
    const whole = unixPath(sockets, row);
    const path = form.compat ? (whole.split(' ', 1)[0] ?? '') : whole;
    text += `${leftPart(sockets, row)} ${program.cell(place)}${space.cell(place)}${path}\n`;
  });
  return text;
}

/** A column as wide as its title and its texts, but for those that are wider than `most`; without texts there is none. */
function column(title: string, texts: readonly string[] | undefined, most: number, least: number) {
  if (texts === undefined) return { title: '', cell: () => '' };
  const widths = texts.map((text) => textWidth(text)).filter((width) => width <= most);
  const width = widths.reduce((widest, each) => Math.max(widest, each), Math.max(least, title.length));
  const padded = (text: string) => `${padDisplay(text, width)} `;
  return { title: padded(title), cell: (place: number) => padded(texts[place] ?? '') };
}

function leftPart(sockets: UnixSockets, row: number): string {
  const references = String(sockets.references[row]).padEnd(6);
  const flags = (sockets.state[row] === LISTEN ? '[ ACC ]' : '[ ]').padEnd(11);
  const state = unixState(sockets, row).padEnd(13);
  return `unix  ${references} ${flags} ${unixType(sockets, row).padEnd(10)} ${state} ${String(sockets.inode[row]).padEnd(8)}`;
}
