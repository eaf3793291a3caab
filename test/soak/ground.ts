// Owns: what every part of the soak stands on: a world, services in it, and what is compared: counters, ledger, history.
// Knows nothing of: the parts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import type { Counters, World } from '../e2e/world.ts';
import { type Service, type Setting, type Snapshot, startService } from './service.ts';

export interface Ground {
  readonly world: World;
  /** A service in the host's namespace. */
  start(words: readonly string[], more?: Partial<Setting>): Promise<Service>;
  /** Until the device is captured from. */
  counting(service: Service): Promise<void>;
  /** Until two refreshes in a row say the same of the device, with no traffic. */
  settled(service: Service): Promise<void>;
  /** What is wrong with the service's history file. */
  historyFaults(service: Service): Promise<readonly string[]>;
  remove(): void;
}

const PORT = 7373;

export function createGround(world: World): Ground {
  const folders: string[] = [];
  return {
    world,
    async start(words, more = {}) {
      const folder = more.folder ?? mkdtempSync(join(tmpdir(), 'nettrace-soak-'));
      if (more.folder === undefined) folders.push(folder);
      return startService(world.host, { port: PORT, ...more, folder, words });
    },
    async counting(service) {
      while (!/"state":"capturing"/.test((await service.get('/api/v1/interfaces')).text)) await sleep(200);
    },
    async settled(service) {
      for (let last = -1; ; ) {
        await sleep(1500);
        const { sentBytes, receivedBytes } = ledgerOf(await service.snapshot(), world.host.device);
        if (sentBytes + receivedBytes === last) return;
        last = sentBytes + receivedBytes;
      }
    },
    async historyFaults({ folder }) {
      const db = new Database(join(folder, 'history.db'), { readonly: true });
      try {
        const rows = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
        const said = rows.map((row) => row.integrity_check).join(', ');
        return said === 'ok' ? [] : [`integrity_check of the history: ${said}`];
      } finally {
        db.close();
      }
    },
    remove() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function ledgerOf(
  { interfaces }: Snapshot,
  device: string,
): { readonly sentBytes: number; readonly receivedBytes: number } {
  return interfaces.find(({ name }) => name === device)?.ledger.wire ?? { sentBytes: 0, receivedBytes: 0 };
}

/** Bytes that the interface counted and the service did not. */
export function loss(before: Counters, after: Counters, ledger: ReturnType<typeof ledgerOf>): number {
  const real = after.sentBytes - before.sentBytes + after.receivedBytes - before.receivedBytes;
  return real - ledger.sentBytes - ledger.receivedBytes;
}
