// Owns: the settings of a run and its world as what looking at queues needs.
// Knows nothing of: queues.
import type { QueueThresholds } from '../../model/queue-row.ts';
import type { Addon } from '../../native/addon.ts';
import { readEtc } from '../../procfs/etc-files.ts';
import { parseListenOverflows } from '../../procfs/listen-overflows.ts';
import type { Settings } from '../config/option-table.ts';
import type { World } from '../world.ts';
import type { QueueLookerParts } from './looker.ts';
import { createUserNames } from './user-names.ts';

export function queueThresholds(settings: Settings): QueueThresholds {
  return {
    afterMs: settings['queue-after'] * 1000,
    delayMs: settings['queue-delay'] * 1000,
    unreadBytes: settings['queue-bytes'],
    lossShare: settings['queue-loss'] / 100,
  };
}

export function queueLookerParts(
  world: Pick<World, 'clock' | 'readProc'>,
  addon: Addon,
  settings: Settings,
  allNamespaces: boolean,
): QueueLookerParts {
  return {
    addon,
    clock: world.clock,
    thresholds: queueThresholds(settings),
    allNamespaces,
    readOverflows: (pid) => parseListenOverflows(world.readProc(`${pid ?? 'self'}/net/netstat`) ?? ''),
    userOf: createUserNames(() => readEtc('passwd')),
  };
}
