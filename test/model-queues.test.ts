// Tests: queues over time: causes within three refreshes, no alarm where queues move.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueCause, QueueModel, QueueRow } from '../src/model/queue-row.ts';
import type { SocketReading } from '../src/model/socket-reading.ts';
import { listenerOf, type SocketParts, type StoryOptions, socketOf, watchStory } from './support/socket-story.ts';

/** The rows of one socket that tells its story over `count` looks. */
function storyOf(tell: (look: number) => SocketParts, count = 3, options: StoryOptions = {}): readonly QueueModel[] {
  return watchStory(
    Array.from({ length: count }, (_, look) => ({ sockets: [socketOf(tell(look))] })),
    options,
  );
}

function last(models: readonly QueueModel[]): QueueRow {
  const row = models.at(-1)?.rows[0];
  assert.ok(row);
  return row;
}

function assertRaised(models: readonly QueueModel[], cause: QueueCause, text: string): void {
  const row = last(models);
  assert.deepEqual([row.cause, row.causeText, row.raised], [cause, text, true]);
}

function assertQuiet(models: readonly QueueModel[]): void {
  assert.deepEqual(
    models.map(({ raised, rows }) => [raised, ...rows.filter((row) => row.raised).map((row) => row.causeText)]),
    models.map(() => [0]),
  );
}

test('a peer that does not read is named at the third refresh, and not before', () => {
  const models = storyOf((look) => ({
    sendQueue: 621_192,
    timer: 'probe',
    tcp: { bytesAcked: 127_481, bytesSent: 128_608, backoff: look + 1, ackedAgoMs: 400 + 100 * look },
  }));
  assertQuiet(models.slice(0, 2));
  assertRaised(models, 'peer-not-reading', 'the peer does not read (zero window)');
  assert.equal(last(models).forMs, 2000);
  assert.equal(last(models).trend, 'steady');
});

test('a peer that reads slowly is told from one that does not, with its rate', () => {
  const models = storyOf((look) => ({
    sendQueue: 1_500_000,
    timer: look === 1 ? 'probe' : 'retransmit',
    tcp: { bytesAcked: 200_000 * look, busyUs: 1_000_000 * look, windowLimitedUs: 980_000 * look },
  }));
  const text = 'the peer reads slowly, 200 kB/s (its window held us back 98 % of the time)';
  assertRaised(models, 'peer-not-reading', text);
});

/** A peer that takes `gulp` bytes each `each` looks, and nothing after `until`. */
function gulping(gulp: number, each: number, until = Number.POSITIVE_INFINITY, sendQueue = 1_500_000) {
  return (look: number): SocketParts => ({
    sendQueue,
    timer: 'probe',
    tcp: {
      bytesAcked: gulp * Math.floor(Math.min(look, until) / each),
      busyUs: 750_000 * look,
      windowLimitedUs: 740_000 * look,
    },
  });
}

test('a peer that reads steadily, but little, reads slowly at each refresh, though its window opens in gulps', () => {
  const models = storyOf(gulping(95_000, 4), 30, { intervalMs: 750 });
  assert.ok(models.slice(4).every((model) => /^the peer reads slowly, [1-9]/.test(last([model]).causeText)));
  for (const { causeText } of models.slice(11).map((model) => last([model]))) {
    const rate = Number(
      /^the peer reads slowly, ([\d.]+) kB\/s \(its window held us back 99 % of/.exec(causeText)?.[1],
    );
    assert.ok(rate >= 22 && rate <= 36, causeText);
  }
});

test('a peer that stops reading is named within three refreshes where it was fast, and where it was slow after a while', () => {
  const saidAt = (models: readonly QueueModel[], look: number) => models[look]?.rows[0]?.causeText;
  const dead = 'the peer does not read (zero window)';
  const fast = storyOf(gulping(9_000_000, 1, 5), 9);
  assert.deepEqual([fast[5]?.raised, fast[6]?.raised, saidAt(fast, 7)], [0, 0, dead]);
  const slow = storyOf(gulping(20_000, 1, 5), 15);
  assert.match(saidAt(slow, 8) ?? '', /^the peer reads slowly, 12.5 kB/);
  assert.equal(saidAt(slow, 13), dead);
  assert.ok(slow.slice(2).every((model) => last([model]).cause === 'peer-not-reading'));
});

test('a rate of nothing is never said: a full window through which nothing goes is a peer that does not read', () => {
  const full = (look: number): SocketParts => ({ ...gulping(0, 1)(look), timer: 'none' });
  assertRaised(storyOf(full, 4), 'peer-not-reading', 'the peer does not read (its window is full)');
});

test('an application that reads in gulps reads slowly between them too', () => {
  const models = storyOf(
    (look) => ({ receiveQueue: 98_176, tcp: { bytesReceived: 98_176 + 60_000 * Math.floor(look / 4) } }),
    20,
  );
  const texts = models.slice(4).map((model) => last([model]).causeText);
  assert.deepEqual(
    texts.map((text) => text.replace(/[\d.]+ k/, 'N k')),
    texts.map(() => 'the application reads slowly, N kB/s'),
  );
  assert.deepEqual([...new Set(texts.slice(4))], ['the application reads slowly, 15.0 kB/s']);
});

test('a window that is small for its round trip is the way there, not a peer that reads slowly', () => {
  const models = storyOf((look) => ({
    sendQueue: 2_500_000,
    tcp: {
      bytesAcked: 320_000 * look,
      busyUs: 1_000_000 * look,
      windowLimitedUs: 990_000 * look,
      peerWindow: 65_536,
      minRttUs: 190_000,
    },
  }));
  const text = "the peer's window of 65.5 kB is small for a round trip of 190 ms: 320 kB/s";
  assert.deepEqual([last(models).causeText, last(models).raised], [text, false]);
});

test('a peer that is gone is told from loss by its silence', () => {
  const gone = (look: number): SocketParts => ({
    sendQueue: 4_138_760,
    timer: 'retransmit',
    tcp: {
      bytesAcked: 113_180_673,
      bytesSent: 114_652_216,
      bytesRetransmitted: 2896,
      retransmits: 1 + look,
      backoff: 1 + look,
      ackedAgoMs: 1016 + 1000 * look,
    },
  });
  assertRaised(storyOf(gone), 'peer-dead', 'the peer is gone: no answer for 3 s, sent again 3 times');
  const lossy = (look: number): SocketParts => ({ ...gone(look), tcp: { ...gone(look).tcp, bytesRetransmitted: 9e6 } });
  assertRaised(storyOf(lossy), 'network-loss', 'packets are lost: sent again 3 times, no answer for 3 s');
});

test('a short connection whose only packets are sent again is to a peer that is gone, not over a lossy link', () => {
  const models = storyOf((look) => ({
    sendQueue: 1000 + 1000 * look,
    timer: 'retransmit',
    tcp: { bytesSent: 2448, bytesRetransmitted: 400, retransmits: 2, backoff: 2, bytesAcked: 201, ackedAgoMs: 3200 },
  }));
  assert.equal(last(models).cause, 'peer-dead');
  assert.equal(last(models).trend, 'growing');
});

test('a host that answers on another connection is not dead', () => {
  const silent = socketOf({
    key: 'silent',
    sendQueue: 3000,
    timer: 'retransmit',
    tcp: { bytesSent: 3000, bytesAcked: 1, retransmits: 3, ackedAgoMs: 3000 },
  });
  const alive = (look: number) => socketOf({ key: 'alive', sendQueue: 9000, tcp: { bytesAcked: 50_000 * look } });
  const rows = watchStory([0, 1, 2].map((look) => ({ sockets: [silent, alive(look)] }))).at(-1)?.rows;
  assert.deepEqual(
    rows?.map((row) => [row.socket.key, row.cause]),
    [
      ['silent', 'network-loss'],
      ['alive', undefined],
    ],
  );
});

test('a closed window whose probes are not answered any more belongs to a peer that is gone', () => {
  const models = storyOf((look) => ({
    sendQueue: 9000,
    timer: 'probe',
    tcp: { bytesAcked: 1, probes: 2 + look, ackedAgoMs: 20_000 },
  }));
  assertRaised(models, 'peer-dead', 'the peer is gone: no answer for 20 s, window closed');
});

test('loss is the share of the bytes that was sent again over the last samples, not over the whole life', () => {
  const lossy = storyOf((look) => ({
    sendQueue: 1_500_000,
    tcp: { bytesSent: 2_000_000 * look, bytesRetransmitted: 400_000 * look, bytesAcked: 1_600_000 * look },
  }));
  assertRaised(lossy, 'network-loss', 'packets are lost: 20 % had to be sent again');
  const recovered = storyOf((look) => ({
    sendQueue: 1_500_000,
    tcp: { bytesSent: 5e6 + 2_000_000 * look, bytesRetransmitted: 4e6, bytesAcked: 1_600_000 * look },
  }));
  assertQuiet(recovered);
});

test('a window filled by what came after lost packets is loss, a window of zero is a peer that does not read', () => {
  const lossy = (look: number): SocketParts => ({
    sendQueue: 1_500_000,
    timer: 'retransmit',
    tcp: {
      bytesSent: 2_000_000 * look,
      bytesRetransmitted: 300_000 * look,
      bytesAcked: 1_700_000 * look,
      busyUs: 1_000_000 * look,
      windowLimitedUs: 600_000 * look,
    },
  });
  assertRaised(storyOf(lossy), 'network-loss', 'packets are lost: 15 % had to be sent again');
  const zero = storyOf((look) => ({ ...lossy(look), sendQueue: 4_000_000, timer: 'probe' }));
  assert.equal(last(zero).cause, 'peer-not-reading');
});

test('an application that does not read is named, whatever comes in', () => {
  const full = storyOf(() => ({ receiveQueue: 127_480, tcp: { bytesReceived: 127_480 } }));
  assertRaised(full, 'not-reading', 'the application does not read');
  const filling = storyOf((look) => ({ receiveQueue: 500 + 500 * look, tcp: { bytesReceived: 7000 + 500 * look } }));
  assertRaised(filling, 'not-reading', 'the application does not read');
  assert.equal(last(filling).trend, 'growing');
});

test('an application that reads slowly is named with its rate', () => {
  const models = storyOf((look) => ({ receiveQueue: 98_176, tcp: { bytesReceived: 98_176 + 20_000 * look } }));
  assertRaised(models, 'not-reading', 'the application reads slowly, 20.0 kB/s');
});

test('a little that nobody reads, and the end of a connection that nobody has noticed, are no alarm', () => {
  assertQuiet(storyOf(() => ({ receiveQueue: 500, tcp: { bytesReceived: 500 } }), 20));
  const closed = storyOf(() => ({ state: 'close-wait', receiveQueue: 1, tcp: { bytesReceived: 9000 } }), 20);
  assertQuiet(closed);
  assert.deepEqual(closed.at(-1)?.rows, [], 'a FIN is no unread byte');
});

test('a busy server whose queues move raises nothing, however full they are', () => {
  const busy = (look: number): SocketReading[] => [
    socketOf({
      key: 'bulk',
      sendQueue: 4_177_480,
      timer: look === 1 ? 'probe' : 'retransmit',
      tcp: {
        bytesAcked: 900e6 * look,
        bytesSent: 900e6 * look,
        bytesRetransmitted: 500_000 * look,
        busyUs: 990_000 * look,
        windowLimitedUs: 900_000 * look,
      },
    }),
    socketOf({
      key: 'upload',
      receiveQueue: 1_893_056 + 1000 * look,
      tcp: { bytesReceived: 1_893_056 + 1000 * look + 900e6 * look },
    }),
    socketOf({ key: 'slow line', sendQueue: 2_000_000, tcp: { bytesAcked: 125_000 * look, busyUs: 1_000_000 * look } }),
    listenerOf(look === 1 ? 129 : 90, 128),
    socketOf({ key: `fresh ${look}`, inode: 0 }),
  ];
  const models = watchStory(
    [0, 1, 2, 3, 4, 5].map((look) => ({ sockets: busy(look), listenOverflows: look < 2 ? 7 : 9 })),
  );
  assertQuiet(models);
  const slow = models.at(-1)?.rows.find((row) => row.socket.key === 'slow line');
  assert.deepEqual([slow?.cause, slow?.causeText], ['slow-path', 'the way there carries 125 kB/s']);
});

test('a backlog that is full at every look is an application that does not accept, with what is dropped', () => {
  const models = watchStory([10, 22, 34].map((listenOverflows) => ({ sockets: [listenerOf(3, 2)], listenOverflows })));
  const text = 'the application does not accept, the backlog is full, 12 a second are dropped';
  assertRaised(models, 'not-accepting', text);
  assert.deepEqual([last(models).size, last(models).limit], [3, 2]);
  const atLimit = [10, 22, 34].map((listenOverflows) => ({ sockets: [listenerOf(2, 2)], listenOverflows }));
  assertQuiet(watchStory(atLimit));
});

test('connections that nobody accepts are found long before the backlog is full', () => {
  const child = (key: string) => socketOf({ key, inode: 0, receiveQueue: 77 });
  const looks = [[child('a')], [child('a'), child('b')], [child('a'), child('b')]];
  const models = watchStory(
    looks.map((children) => ({
      sockets: [listenerOf(children.length, 128, { localAddress: '0.0.0.0' }), ...children],
    })),
  );
  assertRaised(models, 'not-accepting', 'the application does not accept: 2 wait, the first for 2 s');
  assert.equal(models.at(-1)?.rows.length, 1, 'what they have sent is not a queue of its own');
  const turning = [0, 1, 2, 3].map((look) => ({ sockets: [listenerOf(1, 128), child(`each ${look}`)] }));
  assertQuiet(watchStory(turning));
});

test('a unix listener, of which nobody knows who waits, is given five seconds', () => {
  const looks = Array.from({ length: 7 }, () => ({
    sockets: [listenerOf(1, 511, { protocol: 'unix', localAddress: '/run/redis.sock', localPort: 0 })],
  }));
  const models = watchStory(looks);
  assert.deepEqual(
    models.map((model) => model.raised),
    [0, 0, 0, 0, 0, 1, 1],
  );
  assert.equal(last(models).causeText, 'the application does not accept: somebody waits for 6 s');
});

test('children of another listener on the same port are not counted', () => {
  const child = socketOf({ key: 'child', inode: 0, localAddress: '10.0.0.2' });
  const listener = listenerOf(1, 128, { localAddress: '10.0.0.1' });
  assertQuiet(watchStory([0, 1, 2].map(() => ({ sockets: [listener, child] }))));
});

test('datagrams without room are an application that reads too slowly', () => {
  const udp = (drops: number) =>
    socketOf({ protocol: 'udp', state: 'close', remotePort: 0, receiveQueue: 212_000, drops });
  const looks = [0, 40, 90].map((drops) => ({ sockets: [{ ...udp(drops), tcp: undefined }] }));
  assertRaised(watchStory(looks), 'not-reading', 'the application reads too slowly: 45 a second are dropped');
  const standing = [7, 7, 7].map((drops) => ({ sockets: [{ ...udp(drops), tcp: undefined }] }));
  assertRaised(watchStory(standing), 'not-reading', 'the application does not read');
});

test('a queue that was empty at one look begins anew', () => {
  const models = storyOf((look) => ({ receiveQueue: look === 2 ? 0 : 9000, tcp: { bytesReceived: 9000 } }), 5);
  assertQuiet(models);
  assert.equal(last(models).forMs, 1000);
});

test('what is read in gulps stays raised between them, and no longer than two refreshes after', () => {
  const gulps = [0, 0, 0, 900e6, 1800e6, 2700e6, 3600e6, 4500e6];
  const models = storyOf((look) => ({ sendQueue: 900_000, timer: 'probe', tcp: { bytesAcked: gulps[look] ?? 0 } }), 8);
  assert.deepEqual(
    models.map((model) => model.raised),
    [0, 0, 1, 1, 1, 0, 0, 0],
  );
});

test('fast refreshes are judged over the same time as slow ones', () => {
  const stands = () => ({ receiveQueue: 9000, tcp: { bytesReceived: 9000 } });
  const fast = storyOf(stands, 17, { intervalMs: 100 });
  assert.deepEqual([fast[14]?.raised, fast[15]?.raised], [0, 1]);
  const slow = storyOf(stands, 3, { intervalMs: 10_000 });
  assert.deepEqual(
    slow.map((model) => model.raised),
    [0, 0, 1],
  );
});

test('what a program has let go of is explained and raises nothing', () => {
  const models = storyOf(() => ({
    inode: 0,
    state: 'fin-wait-1',
    sendQueue: 4000,
    timer: 'retransmit',
    tcp: { retransmits: 4, ackedAgoMs: 9000, bytesSent: 4000 },
  }));
  assert.deepEqual([last(models).cause, last(models).raised], ['peer-dead', false]);
});

test('what is raised comes first, then listeners, then the largest queue', () => {
  const sockets = (look: number) => [
    socketOf({ key: 'small', sendQueue: 10, tcp: { bytesAcked: 1e6 * look } }),
    socketOf({ key: 'large', sendQueue: 900_000, tcp: { bytesAcked: 1e9 * look } }),
    listenerOf(0, 128, { localPort: 443 }),
    listenerOf(4, 128, { localPort: 8080, key: 'waiting' }),
    socketOf({ key: 'unread', receiveQueue: 50_000, tcp: { bytesReceived: 50_000 } }),
  ];
  const { rows, raised } = watchStory([0, 1, 2].map((look) => ({ sockets: sockets(look) }))).at(-1) as QueueModel;
  assert.equal(raised, 1);
  assert.deepEqual(
    rows.map((row) => row.socket.key),
    ['unread', 'waiting', 'listener', 'large', 'small'],
  );
});

test('thresholds are those that were set', () => {
  const tell = (look: number): SocketParts => ({
    receiveQueue: 300,
    tcp: { bytesReceived: 300, bytesSent: 100_000 * look, bytesRetransmitted: 6000 * look },
  });
  assertQuiet(storyOf(tell));
  assert.equal(last(storyOf(tell, 3, { thresholds: { unreadBytes: 100 } })).raised, true);
  assertQuiet(storyOf(tell, 3, { thresholds: { unreadBytes: 100, afterMs: 5000 } }));
});
