// Owns: what is worth a log line when one model follows another: devices that come and go, faults, losses.
// Knows nothing of: how a log line is written.
import type { InterfaceRow, Model } from '../model/model.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { queueSentence } from '../model/queue-texts.ts';

export interface Change {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** Describes what changed; `previous` is undefined for the first model. One line per change, none while it lasts. */
export function describeChanges(model: Model, previous: Model | undefined): readonly Change[] {
  return [
    ...model.interfaces.flatMap((row) =>
      describeInterface(
        row,
        previous?.interfaces.find((old) => old.slot === row.slot),
      ),
    ),
    ...newFaults(model, previous),
    ...newDrops(model, previous),
    ...newPileUps(model, previous),
  ];
}

/** What a refresh took, for -x. */
export function describeWork({ attribution, owners, self }: Model): string {
  const { flowsLive, flowsEvicted, lookups, lookupsDeferred, queue } = attribution;
  const cpu = self.cpu === undefined ? '' : `, ${(self.cpu * 100).toFixed(1)} % of a core`;
  return (
    `${owners.length} owners, ${flowsLive} flows (${flowsEvicted} evicted), ` +
    `${lookups} look-ups (${lookupsDeferred} deferred, ${queue} waiting)${cpu}, ${Math.round(self.rssBytes / 1e6)} MB`
  );
}

function describeInterface(row: InterfaceRow, old: InterfaceRow | undefined): readonly Change[] {
  const changes: Change[] = [];
  if (!row.decoded && row.linkType !== '' && old?.linkType !== row.linkType) {
    changes.push(warn(`${row.name}: link type ${row.linkType} is not decoded, its bytes are counted without an owner`));
  }
  if (row.state === old?.state) return changes;
  switch (row.state) {
    case 'capturing':
      return [...changes, { level: 'info', text: `${row.name}: capturing` }];
    case 'waiting':
      return changes;
    case 'down':
      return [...changes, { level: 'info', text: `${row.name}: the device is down` }];
    case 'gone':
      return [...changes, gone(row.name, old)];
    case 'failed':
      return [...changes, warn(`${row.name}: ${row.faultText || 'capturing failed'}`)];
  }
}

/** One that had an address or a link of its own is missed; not so the end of a container's veth. */
function gone(name: string, old: InterfaceRow | undefined): Change {
  const isMissed = old?.speed !== undefined || old?.addresses.some((address) => !address.startsWith('fe80:')) === true;
  return {
    level: isMissed ? 'warn' : 'info',
    text: `${name}: the device is gone; it is watched again when it comes back`,
  };
}

function newFaults(model: Model, previous: Model | undefined): readonly Change[] {
  const known = new Set(previous?.faults.map((fault) => fault.text));
  return model.faults.filter((fault) => !known.has(fault.text)).map((fault) => warn(fault.text));
}

/** More begin at once where a device goes down; each of them is on the screen. */
const MOST_PILE_UPS = 5;

function newPileUps({ queues }: Model, previous: Model | undefined): readonly Change[] {
  if (queues === undefined || queues === previous?.queues) return [];
  const keyOf = ({ kind, socket }: QueueRow) => `${kind} ${socket.key}`;
  const known = new Set(previous?.queues?.rows.filter((row) => row.raised).map(keyOf));
  const begun = queues.rows.filter((row) => row.raised && !known.has(keyOf(row)));
  const more = begun.length - MOST_PILE_UPS;
  return [
    ...begun.slice(0, MOST_PILE_UPS).map((row) => warn(`${ownerText(row)}${queueSentence(row)}`)),
    ...(more > 0 ? [warn(more === 1 ? '1 more queue piles up' : `${more} more queues pile up`)] : []),
  ];
}

function ownerText({ owners: [first] }: QueueRow): string {
  return first === undefined ? '' : `${first.name} ${first.pid}: `;
}

/** The first loss of each kind is a line; the figures are on every refresh. */
function newDrops(model: Model, previous: Model | undefined): readonly Change[] {
  const began = (kind: keyof Model['drops']) => model.drops[kind] > 0 && (previous?.drops[kind] ?? 0) === 0;
  const changes: Change[] = [];
  if (began('kernel')) {
    const why = wasStopped(model, previous) ? 'nettrace was stopped' : 'a larger --ring-size helps';
    changes.push(warn(`the kernel dropped packets before they were read; ${why}`));
  }
  if (began('interface')) changes.push(warn('a device dropped packets before they could be captured'));
  if (began('table'))
    changes.push(warn('the flow table is full: bytes are counted without connections; see --max-flows'));
  if (model.lost.records > 0 && (previous?.lost.records ?? 0) === 0)
    changes.push(warn("the kernel's count by socket had no room for some records: their bytes may have no owner"));
  return changes;
}

/** Samples came far apart just now or one before, when the ring's own count may not have been read yet. */
function wasStopped({ intervalMs }: Model, previous: Model | undefined): boolean {
  if (previous === undefined || previous.intervalMs === 0) return false;
  return Math.max(intervalMs, previous.intervalMs) > 2 * Math.min(intervalMs, previous.intervalMs) + 2000;
}

function warn(text: string): Change {
  return { level: 'warn', text };
}
