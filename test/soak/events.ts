// Owns: a reader of events as a page is one: connects again when it is cut off, counts snapshots.
// Knows nothing of: what is in them.
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import type { Service } from './service.ts';

export interface Events {
  snapshots(): number;
  /** Lines `event: event` that tell of a gap. */
  gaps(): number;
  /** How often it had to connect. */
  connections(): number;
  close(): void;
}

const AGAIN_MS = 500;

export function openEvents({ folder, token }: Service): Events {
  let [snapshots, gaps, connections, closed] = [0, 0, 0, false];
  let lastId = '0';
  let asked: ClientRequest | undefined;
  const open = () => {
    if (closed) return;
    connections++;
    let over = false;
    const again = () => {
      if (!over) setTimeout(open, AGAIN_MS).unref();
      over = true;
    };
    const headers = { Host: 'localhost', Authorization: `Bearer ${token}`, 'Last-Event-ID': lastId };
    asked = request({ socketPath: join(folder, 'http.sock'), path: '/api/v1/events', headers, agent: false });
    asked.on('response', (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        snapshots += text.split('event: snapshot\n').length - 1;
        gaps += text.split('"kind":"gap"').length - 1;
        lastId = /^id: (\d+)$/m.exec(text)?.[1] ?? lastId;
      });
      response.on('close', again);
      response.on('error', again);
    });
    asked.on('error', again);
    asked.end();
  };
  open();
  return {
    snapshots: () => snapshots,
    gaps: () => gaps,
    connections: () => connections,
    close() {
      closed = true;
      asked?.destroy();
    },
  };
}
