// Owns: telling readers of metrics apart, by the connections on which they come back.
// Knows nothing of: what they read.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LONGEST_WAIT_MS, type MetricsReader } from '../export/metric-readers.ts';

/** One that comes seldom has read nothing for longer than others wait: what is new to it is not new to them. */
export interface Scrape extends MetricsReader {
  readonly seldom: boolean;
}

export interface Scrapers {
  /** The same name for each request of a connection, and for later ones from the same place once that one is closed. */
  readerOf(request: Pick<IncomingMessage, 'socket' | 'headers'>): Scrape;
  /** After an answer: the connection may wait for the next scrape. */
  keep(connection: Socket): void;
}

const MOST_SCRAPERS = 16;
const LONGEST_FROM = 300;
/** Prometheus, vmagent and all that are made of them send it. */
const OF_SERVERS = 'x-prometheus-scrape-timeout-seconds';
/** Longer than most intervals: who has a connection of its own is told apart from others of the same address. */
const KEPT_MS = 130_000;

interface Scraper {
  readonly name: string;
  readonly from: string;
  /** Undefined: it is closed. */
  connection: Socket | undefined;
  /** When it read last; undefined: it has not. */
  readMs: number | undefined;
}

/** Two servers on one host differ in nothing but their connections: a second one while the first is open is another reader. */
export function createScrapers(now: () => number = performance.now.bind(performance)): Scrapers {
  /** Who came last is at the end. */
  let all: Scraper[] = [];
  let made = 0;
  const found = (connection: Socket, from: string): Scraper | undefined =>
    all.find((each) => each.connection === connection) ??
    all.find((each) => each.connection === undefined && each.from === from);
  const create = (from: string): Scraper => ({
    name: `scraper ${++made}`,
    from,
    connection: undefined,
    readMs: undefined,
  });
  return {
    readerOf({ socket: connection, headers }) {
      const from = `${connection.remoteAddress ?? 'unix'} ${headers['user-agent'] ?? ''}`.slice(0, LONGEST_FROM);
      const scraper = found(connection, from) ?? create(from);
      if (scraper.connection !== connection) {
        scraper.connection = connection;
        connection.once('close', () => {
          if (scraper.connection === connection) scraper.connection = undefined;
        });
      }
      all = [...all.filter((each) => each !== scraper), scraper].slice(-MOST_SCRAPERS);
      const seldom = scraper.readMs !== undefined && now() - scraper.readMs > LONGEST_WAIT_MS;
      scraper.readMs = now();
      return { name: scraper.name, returns: OF_SERVERS in headers, seldom };
    },
    keep(connection) {
      if (all.some((each) => each.connection === connection)) connection.setTimeout(KEPT_MS);
    },
  };
}
