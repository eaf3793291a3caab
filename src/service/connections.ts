// Owns: how many connections there are at once, and who makes room: whoever has shown no token, the oldest first.
// Knows nothing of: requests and tokens.
import type { Socket } from 'node:net';

export interface Connections {
  /** A connection came. It, or one that makes room for it, is closed where there are too many. */
  admit(socket: Socket): void;
  /** It has shown a token: it makes room for nobody. */
  trust(socket: Socket): void;
}

/** Somebody without a token who takes every place, and says nothing on any, must not keep out those who have one. */
export function createConnections(most: number): Connections {
  const places = new Map<unknown, { readonly socket: Socket; trusted: boolean }>();
  return {
    admit(socket) {
      const key = keyOf(socket);
      if (places.size >= most) {
        const oldest = [...places].find(([, entry]) => !entry.trusted);
        (oldest?.[1].socket ?? socket).destroy();
        if (oldest === undefined) return;
        places.delete(oldest[0]);
      }
      const entry = { socket, trusted: false };
      places.set(key, entry);
      socket.once('close', () => {
        if (places.get(key) === entry) places.delete(key);
      });
    },
    trust(socket) {
      const entry = places.get(keyOf(socket));
      if (entry !== undefined) entry.trusted = true;
    },
  };
}

/** The same for a TLS socket and for what carries it. A unix socket has no port, and carries no TLS here. */
function keyOf(socket: Socket): unknown {
  return socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;
}
