// Owns: the settings of a run as thresholds of what piles up.
// Knows nothing of: queues.
import type { QueueThresholds } from '../model/queue-row.ts';
import type { Settings } from './option-table.ts';

export function queueThresholds(settings: Settings): QueueThresholds {
  return {
    afterMs: settings['queue-after'] * 1000,
    delayMs: settings['queue-delay'] * 1000,
    unreadBytes: settings['queue-bytes'],
    lossShare: settings['queue-loss'] / 100,
  };
}
