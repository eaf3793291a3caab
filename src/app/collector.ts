// Owns: the engine and what one sample after the other needs: every call of sample() is one refresh of the model.
// Knows nothing of: when it is called and who shows the model.
import { createModelBuilder } from '../model/build-model.ts';
import type { Model } from '../model/model.ts';
import type { QueueModel } from '../model/queue-row.ts';
import type { RouteModel } from '../model/route-model.ts';
import type { Sample, SampleNames } from '../model/sample.ts';
import type { Addon, EngineOptions } from '../native/addon.ts';
import { ENGINE_STATES, type EngineState } from '../native/schema.ts';
import { viewSnapshot } from '../native/snapshot-view.ts';
import type { Ancestor } from '../procfs/ancestors.ts';
import type { HostReading } from '../procfs/host.ts';
import type { ProcessReader } from '../procfs/process-reader.ts';
import type { ProtocolReading } from '../procfs/protocol-reader.ts';
import { requestProcesses } from './process-requests.ts';

export interface Collector {
  /** Opens devices or the file and starts counting. Throws NativeError. */
  start(): void;
  /** What the engine is doing, without the cost of a sample; `ended`: a file has been read to its end. */
  state(): EngineState;
  /** One refresh: rates are since the sample before. `withFlows`: with the live flows too. Works after stop(). */
  sample(withFlows: boolean): Model;
  /** Nobody will look at this model any more: frees what its rows are read from, without waiting for the next collection. */
  release(model: Model): void;
  /** What the last model was made from; undefined before the first. */
  latest(): Sample | undefined;
  /** Takes what is left in the capture rings and stops counting. Idempotent. */
  stop(): void;
}

export interface CollectorParts {
  readonly addon: Addon;
  readonly options: EngineOptions;
  readonly readHost: () => HostReading;
  /** What processes use; absent where they are not of this host, as in a file. */
  readonly processes?: ProcessReader | undefined;
  /** What names addresses and ports besides the engine; left out where numbers are wanted. */
  readonly names?: SampleNames | undefined;
  /** The last look at the queues of sockets. */
  readonly readQueues?: () => QueueModel | undefined;
  readonly readProtocols?: () => ProtocolReading | undefined;
  readonly readRoutes?: () => RouteModel | undefined;
  readonly readAncestor?: (pid: number) => Ancestor | undefined;
  /** Last change to a model before it is shown, e.g. only some processes. */
  readonly select?: (model: Model) => Model;
  /** Hears of every model, e.g. to log what changed. */
  readonly observe?: (model: Model) => void;
}

/** Opens nothing; throws NativeError where the engine does not accept the options. */
export function createCollector(parts: CollectorParts): Collector {
  const { addon } = parts;
  const engine = new addon.Engine(parts.options);
  const labels = { reasons: addon.reasons, outcomes: addon.outcomes };
  const buildModel = createModelBuilder();
  let stopped = false;
  let last: Sample | undefined;
  const buffers = new WeakMap<Model, ArrayBuffer>();
  return {
    start: () => engine.start(),
    state: () => ENGINE_STATES[viewSnapshot(engine.snapshot(false)).meta.state[0] ?? 0] ?? 'idle',
    sample(withFlows) {
      const snapshot = viewSnapshot(engine.snapshot(withFlows));
      const processes = parts.processes?.read(requestProcesses(snapshot));
      last = {
        snapshot,
        withFlows,
        ...(processes === undefined ? {} : { processes }),
        ...(parts.readAncestor === undefined ? {} : { ancestorOf: onceEach(parts.readAncestor) }),
        host: parts.readHost(),
        queues: parts.readQueues?.(),
        protocols: parts.readProtocols?.(),
        routes: parts.readRoutes?.(),
        labels,
        names: parts.names,
        self: addon.selfUsage(),
      };
      const built = buildModel(last);
      const model = parts.select?.(built) ?? built;
      parts.observe?.(model);
      // Those without flows are small, and the next rates are made of them.
      if (withFlows) buffers.set(model, snapshot.buffer);
      return model;
    },
    release(model) {
      const buffer = buffers.get(model);
      if (buffer !== undefined) addon.releaseBuffer(buffer);
      buffers.delete(model);
    },
    latest: () => last,
    stop() {
      if (stopped) return;
      stopped = true;
      engine.stop();
    },
  };
}

/** A frame for every key asks again: the answers of one sample stay. */
function onceEach(read: (pid: number) => Ancestor | undefined): (pid: number) => Ancestor | undefined {
  const answers = new Map<number, Ancestor | undefined>();
  return (pid) => {
    if (!answers.has(pid)) answers.set(pid, read(pid));
    return answers.get(pid);
  };
}
