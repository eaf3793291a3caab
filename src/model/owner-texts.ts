// Owns: the texts of processes, decoded once and kept from sample to sample as long as their bytes stay the same.
// Knows nothing of: counters and rates.
import { sanitize, sanitizeCommandLine } from '../base/sanitize.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';

/** Sanitised texts of a process. */
export interface OwnerTexts {
  readonly user: string;
  readonly name: string;
  readonly executable: string;
  readonly commandLine: string;
  readonly program: string;
}

/** Texts by owner id. Belongs to one engine, whose ids never name another owner. */
export interface TextCache {
  /** The texts of the process in this row of `owners`. */
  get(snapshot: SnapshotView, row: number): OwnerTexts;
  /** Forgets the owners that were not asked for since the last sweep. */
  sweep(): void;
}

interface Entry {
  readonly texts: OwnerTexts;
  readonly uid: number;
  readonly user: string;
  readonly name: Uint8Array;
  readonly executable: Uint8Array;
  readonly commandLine: Uint8Array;
  /** The process has ended: its texts will not change any more. */
  readonly final: boolean;
  round: number;
}

export function createTextCache(): TextCache {
  const entries = new Map<number, Entry>();
  let round = 0;
  let used = 0;

  function get(snapshot: SnapshotView, row: number): OwnerTexts {
    const id = snapshot.owners.id[row] ?? 0;
    const known = entries.get(id);
    if (known !== undefined && (known.final || isSame(known, snapshot, row))) {
      if (known.round !== round) used++;
      known.round = round;
      if (known.final || snapshot.owners.exited[row] === 0) return known.texts;
    }
    const entry = readEntry(snapshot, row, round);
    if (known?.round !== round) used++;
    entries.set(id, entry);
    return entry.texts;
  }

  function sweep(): void {
    if (entries.size > used) {
      for (const [id, entry] of entries) if (entry.round !== round) entries.delete(id);
    }
    round++;
    used = 0;
  }

  return { get, sweep };
}

function isSame(entry: Entry, snapshot: SnapshotView, row: number): boolean {
  const { owners } = snapshot;
  return (
    entry.uid === owners.uid[row] &&
    snapshot.isBytes(owners.commandLine[row] ?? 0, entry.commandLine) &&
    snapshot.isBytes(owners.name[row] ?? 0, entry.name) &&
    snapshot.isBytes(owners.executable[row] ?? 0, entry.executable) &&
    entry.user === snapshot.text(owners.user[row] ?? 0)
  );
}

function readEntry(snapshot: SnapshotView, row: number, round: number): Entry {
  const { owners } = snapshot;
  const uid = owners.uid[row] ?? 0;
  const user = snapshot.text(owners.user[row] ?? 0);
  const commandLine = snapshot.bytes(owners.commandLine[row] ?? 0).slice();
  const name = snapshot.text(owners.name[row] ?? 0);
  const texts: OwnerTexts = {
    user: user === '' ? String(uid) : user,
    name,
    executable: snapshot.text(owners.executable[row] ?? 0),
    commandLine: sanitizeCommandLine(commandLine),
    program: programOf(commandLine, name),
  };
  return {
    texts,
    uid,
    user,
    name: snapshot.bytes(owners.name[row] ?? 0).slice(),
    executable: snapshot.bytes(owners.executable[row] ?? 0).slice(),
    commandLine,
    final: owners.exited[row] !== 0,
    round,
  };
}

/** argv[0]; where there is none the name in brackets, as ps(1) shows kernel threads and zombies. */
function programOf(commandLine: Uint8Array, name: string): string {
  const end = commandLine.indexOf(0);
  const first = sanitize(end < 0 ? commandLine : commandLine.subarray(0, end));
  return first.trim() === '' ? `[${name}]` : first;
}
