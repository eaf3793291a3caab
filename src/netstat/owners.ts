// Owns: who holds a socket, as the column PID/Program name says it.
// Knows nothing of: how holders are found.
import { type SocketOwners, textAt } from '../native/socket-table.ts';

export interface Owner {
  readonly pid: number;
  /** argv[0] as net-tools shows it: its last part where it is a path. Safe to show; may be empty. */
  readonly program: string;
  readonly fd: number;
}

export interface OwnerIndex {
  /** All holders, each process once, in the order of their pids. Empty: nobody, or nobody who may be seen. */
  ownersOf(inode: number): readonly Owner[];
  /** The column. Compat: the first holder alone, cut to 19 characters. */
  columnOf(inode: number, compat: boolean): string;
}

const COMPAT_WIDTH = 19;

export function indexOwners(found: SocketOwners): OwnerIndex {
  const { holders, processes } = found;
  /** First row of each inode, plus one; further rows of a shared socket hang on `next`, the last known on `last`. */
  const first = new Map<number, number>();
  const next = new Int32Array(holders.inode.length + 1);
  const last = new Int32Array(holders.inode.length + 1);
  for (let row = 1; row <= holders.inode.length; row++) {
    const inode = holders.inode[row - 1] ?? 0;
    const head = first.get(inode);
    if (head === undefined) {
      first.set(inode, row);
    } else {
      next[last[head] || head] = row;
      last[head] = row;
    }
  }
  const programs: string[] = [];
  const programOf = (process: number): string => {
    programs[process] ??= shortProgram(textAt(processes.programBytes, processes.programEnds, process));
    return programs[process];
  };
  const ownersOf = (inode: number): readonly Owner[] => {
    const owners: Owner[] = [];
    let before = -1;
    for (let row = first.get(inode) ?? 0; row !== 0; row = next[row] ?? 0) {
      const process = holders.process[row - 1] ?? 0;
      if (process !== before) {
        owners.push({ pid: processes.pid[process] ?? 0, program: programOf(process), fd: holders.fd[row - 1] ?? 0 });
      }
      before = process;
    }
    return owners;
  };
  const columns: string[] = [];
  /** Of one process's own sockets, which nearly all are: made once. */
  const ownColumn = (process: number): string => {
    columns[process] ??= `${processes.pid[process]}/${programOf(process)}`;
    return columns[process];
  };
  return {
    ownersOf,
    columnOf(inode, compat) {
      const row = inode === 0 ? 0 : (first.get(inode) ?? 0);
      if (row === 0) return '-';
      const own = ownColumn(holders.process[row - 1] ?? 0);
      if (compat) return own.slice(0, COMPAT_WIDTH);
      return next[row] !== 0 ? joinOwners(ownersOf(inode)) : own;
    },
  };
}

/** `501/python3`; `501,502/nginx` for one program; `501/nginx,977/curl` for several. */
function joinOwners(owners: readonly Owner[]): string {
  const groups: { program: string; pids: number[] }[] = [];
  for (const { pid, program } of owners) {
    const group = groups.find((known) => known.program === program);
    if (group) group.pids.push(pid);
    else groups.push({ program, pids: [pid] });
  }
  return groups.map(({ program, pids }) => `${pids.join(',')}/${program}`).join(',');
}

function shortProgram(text: string): string {
  return text.startsWith('/') ? text.slice(text.lastIndexOf('/') + 1) : text;
}
