// Owns: `nettrace attach`: the live program on a running service: its refreshes come over a socket, also after a restart.
// Knows nothing of: how the service counts, and the words that were typed.
import { existsSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { sanitize } from '../../base/sanitize.ts';
import { createModelBuilder } from '../../model/build-model.ts';
import { withCarry } from '../../model/carry.ts';
import type { Model } from '../../model/model.ts';
import type { SampleNames } from '../../model/sample.ts';
import { createFeedDecoder } from '../../store/feed-codec.ts';
import { createRecordSplitter, type FeedRecord } from '../../store/feed-record.ts';
import { FeedError, readHead, unpackSample } from '../../store/feed-refresh.ts';
import type { Settings } from '../config/option-table.ts';
import { findInvokingUser } from '../invoking-user.ts';
import { FLOWS_OFF, FLOWS_ON, type ServiceHead } from '../serve/feed-server.ts';
import { feedSocketOf } from '../serve/plan.ts';
import type { Shutdown } from '../shutdown.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { type ChangeLog, createChangeLog } from './change-log.ts';

export interface AttachRequest {
  /** undefined: where services have it. */
  readonly socket: string | undefined;
  readonly settings: Settings;
  readonly configFile: string | undefined;
  readonly names: SampleNames | undefined;
}

const AGAIN_MS = 500;
/** A service that has sent nothing for so long beyond its interval is said to be away. */
const SILENT_MS = 3000;
/** A service that has answered once is waited for so long, also before its first refresh. */
const PATIENCE_MS = 5000;

/** Runs until it is left. Throws UserError where there is no service to begin with. */
export async function runAttach(world: World, request: AttachRequest, shutdown: Shutdown): Promise<void> {
  const path = request.socket ?? findSocket(world);
  const log = createChangeLog();
  const feed = createFeed(world, path, request, log);
  try {
    await feed.first;
    await world.runLive({
      collector: { sample: feed.sample },
      settings: request.settings,
      clock: world.clock,
      recentLog: log,
      shutdown,
      user: findInvokingUser(world.env, world.credentials),
      configFile: request.configFile,
      count: 0,
      pace: { onRefresh: feed.onRefresh, origin: feed.origin },
    });
  } finally {
    feed.close();
  }
}

function findSocket(world: World): string {
  const places = [true, false].map((root) => feedSocketOf(world.env, root, undefined));
  return places.find((path) => existsSync(path)) ?? (places[0] as string);
}

/** The refreshes of a service, the last one kept; the connection is made anew as long as it is not closed. */
function createFeed(world: World, path: string, { names }: AttachRequest, log: ChangeLog) {
  const shown = sanitize(path, 200);
  let model: Model | undefined;
  let socket: Socket | undefined;
  let changed = () => {};
  let seenMs = world.clock.now();
  let awaySince: number | undefined;
  let gap: string | undefined;
  let isClosed = false;
  let withFlows = false;
  let intervalMs = 1000;
  let refused: string | undefined;
  let patientUntil = 0;
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const first = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });

  const connect = () => {
    const reader = createReader(names, (made, head) => {
      if (awaySince !== undefined) {
        const seconds = Math.round((world.clock.now() - awaySince) / 1000);
        log.say({ timeMs: made.timeMs, level: 'warn', text: `the service was away for ${seconds} s` });
      }
      // What was not counted before this program came is not its matter.
      if (model !== undefined && head.gap !== undefined && head.gap !== gap) {
        log.say({ timeMs: made.timeMs, level: 'warn', text: head.gap });
      }
      gap = head.gap;
      log.add(made);
      model = made;
      intervalMs = head.intervalMs;
      seenMs = world.clock.now();
      awaySince = undefined;
      settle?.resolve();
      changed();
    });
    const current = createConnection(path);
    socket = current;
    let failure: Error | undefined;
    current.on('connect', () => {
      patientUntil ||= world.clock.now() + PATIENCE_MS;
      if (withFlows) current.write(FLOWS_ON);
    });
    current.on('data', (chunk: Buffer) => {
      reader.take(chunk).catch((error: Error) => {
        failure ??= error;
        current.destroy();
      });
    });
    current.on('error', (error) => {
      failure ??= error;
    });
    current.on('close', () => {
      reader.close();
      refused = failure instanceof FeedError ? failure.message : undefined;
      const patient = refused === undefined && world.clock.now() < patientUntil;
      if (model === undefined && !patient) settle?.reject(new UserError(refused ?? noService(shown, failure)));
      awaySince ??= world.clock.now();
      changed();
      if (!isClosed) again = setTimeout(connect, AGAIN_MS);
    });
  };
  let again: NodeJS.Timeout | undefined;
  connect();
  const watch = setInterval(() => {
    if (awaySince === undefined && world.clock.now() - seenMs > intervalMs + SILENT_MS) awaySince = seenMs;
    if (awaySince !== undefined) changed();
  }, 1000);
  return {
    first,
    sample(flows: boolean): Model {
      if (flows !== withFlows) {
        withFlows = flows;
        socket?.write(flows ? FLOWS_ON : FLOWS_OFF);
      }
      return model as Model;
    },
    onRefresh(callback: () => void) {
      changed = callback;
    },
    origin() {
      if (awaySince === undefined) return { text: 'attached', isBad: false };
      const seconds = Math.round((world.clock.now() - awaySince) / 1000);
      return { text: refused ?? `the service is away for ${seconds} s`, isBad: true };
    },
    close() {
      isClosed = true;
      clearTimeout(again);
      clearInterval(watch);
      socket?.destroy();
    },
  };
}

/** Bytes of the socket as models, in their order. */
function createReader(names: SampleNames | undefined, onModel: (model: Model, head: ServiceHead) => void) {
  const split = createRecordSplitter();
  const decoder = createFeedDecoder();
  const build = createModelBuilder();
  let head: ServiceHead | undefined;
  let work: Promise<void> = Promise.resolve();
  const take = async (record: FeedRecord) => {
    if (record.kind === 'end') throw new FeedError(sanitize(Buffer.from(record.body).toString('utf8'), 200));
    if (record.kind === 'head') {
      head = readHead(record, 'the service');
      return;
    }
    if (head === undefined) throw new FeedError('what answers there is no service of nettrace');
    const model = build(unpackSample(await decoder.decode(record), head.labels, names));
    const { carry } = head;
    onModel(carry === undefined ? model : withCarry(model, carry, (pid) => existsSync(`/proc/${pid}`)), head);
  };
  return {
    take(chunk: Buffer): Promise<void> {
      work = work.then(async () => {
        for (const record of split(chunk)) await take(record);
      });
      return work;
    },
    close: decoder.close,
  };
}

function noService(path: string, error: Error | undefined): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EACCES' || code === 'EPERM')
    return `no right to open ${path}: run "sudo nettrace attach", or as the user of the service`;
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || error === undefined)
    return `no service answers at ${path}: start one with "sudo nettrace serve", or name its socket`;
  return `cannot attach to ${path}: ${describeErrno(error)}`;
}
