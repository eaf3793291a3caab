// Owns: which sockets are shown: by -a and -l as net-tools chooses, and by a filter expression.
// Knows nothing of: how they are shown.
import { isUnspecified } from '../base/ip-text.ts';
import type { SocketTable, UnixSockets } from '../native/socket-table.ts';
import type { Matcher } from './filter.ts';

export const PROTOCOL = { tcp: 6, udp: 17, sctp: 132, udplite: 136, raw: 255 } as const;
const LISTEN = 10;
const BOUND = 13;

/** `all` wins over `listening`; neither: what is connected. */
export interface Choice {
  readonly all: boolean;
  readonly listening: boolean;
}

/** Rows of the internet table in the order in which they are shown. */
export function chooseInet({ inet }: SocketTable, choice: Choice, matches: Matcher | undefined): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < inet.state.length; row++) {
    if (inet.state[row] === BOUND) continue;
    if (!choice.all) {
      const byPort = inet.protocol[row] === PROTOCOL.tcp || inet.protocol[row] === PROTOCOL.sctp;
      const serves = byPort ? inet.remotePort[row] === 0 : isUnspecified(inet.remote, row * 16);
      if (serves !== choice.listening) continue;
    }
    if (matches === undefined || matches(row)) rows.push(row);
  }
  return rows;
}

export function chooseUnix(sockets: UnixSockets, choice: Choice): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < sockets.state.length; row++) {
    if (choice.all || (sockets.state[row] === LISTEN) === choice.listening) rows.push(row);
  }
  return rows;
}

/** net-tools' title: `-a` wins over `-l` in it, too. */
export function choiceTitle(choice: Choice): string {
  if (choice.all) return '(servers and established)';
  return choice.listening ? '(only servers)' : '(w/o servers)';
}
